"""The result of a command as rows to look through: cells of words, which the editor lays out.

Pure. What a result has is in `service.verbs.shapes`; no value of a secret is in one, and what
somebody else wrote passes through `plain`. A field that has no words of its own here is
shown by its name, so that a new one is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from envlsp.ide.ages import ago, counted
from envlsp.ide.words import plain

Json: TypeAlias = "Mapping[str, Any]"

UNSAID: Final = frozenset({"schema", "uri", "id", "text"})
"""For programs, not for people."""
_TIMES: Final = frozenset({"ts", "last_seen", "last_met", "not_after", "as_of", "backup_ts"})
_MARKS: Final[Mapping[str, str]] = {"added": "+", "changed": "~", "removed": "-"}


class Row(NamedTuple):
    """One row, and the thing of the result that it is about."""

    cells: tuple[str, ...]
    of: str = ""
    """The list of the result that has the thing; empty: the row is about all of it."""
    at: int = 0


def rows(verb: str, result: Json, now: int) -> list[Row]:
    """Return a result as rows, what is about all of it first.

    Args:
        verb: without `envlsp.`.
        result: its result.
        now: seconds since 1970, for ages.
    """
    head = _HEADS.get(verb, _fields)(result, now)
    found = [Row(cells) for cells in head if cells[1:] != ("",)]
    for name, things in _lists(result):
        cells_of = _COLUMNS.get(name, _thing)
        found += [Row(_filled(cells_of(thing, now)), name, at) for at, thing in enumerate(things)]
    return found


def place(one: Json) -> str:
    """Return an environment as people type it: `web:dev`, or `dev`."""
    return f"{one['app']}:{one['env']}" if one.get("app") else str(one["env"])


def counts(change: Json) -> str:
    """Return `+1 ~2 -0`: names added, changed, removed."""
    return f"+{len(change['added'])} ~{len(change['changed'])} -{len(change['removed'])}"


def when(then: int | None, now: int) -> str:
    """Return how long ago, or how soon, something is; nothing where nobody knows."""
    if then is None:
        return ""
    return ago(then, now) if then <= now else f"in {ago(2 * now - then, now).removesuffix(' ago')}"


# --- lists --------------------------------------------------------------------------------------


def _release(one: Json, now: int) -> Sequence[str]:
    void = "void" if one["void"] else ""
    said = (plain(one["message"]), one.get("why", ""), void)
    return one["release"], plain(one["author"]), when(one["ts"], now), counts(one), *said


def _change(one: Json, _now: int) -> Sequence[str]:
    return _MARKS[one["change"]], one["name"], one["old_mark"] or "", one["new_mark"] or ""


def _secret(one: Json, _now: int) -> Sequence[str]:
    return one["name"], one["mark"]


def _member(one: Json, _now: int) -> Sequence[str]:
    devices = ", ".join(plain(device["label"]) for device in one.get("devices", ()))
    note = "you" if one.get("you") else "" if one.get("trusted", True) else "to be confirmed"
    return plain(one["name"]), plain(one["address"]), one["role"], devices, note


def _environment(one: Json, _now: int) -> Sequence[str]:
    archived = "archived" if one["archived"] else ""
    return (
        place(one),
        one["release"] or "no release yet",
        counted(one["names"], "name"),
        one["role"],
        archived,
    )


def _peer(one: Json, now: int) -> Sequence[str]:
    seen = "" if one["state"] == "online" else when(one["last_seen"], now)
    path = f"{one['path']} ({one['via']})" if one["via"] else one["path"]
    return plain(one["name"]), one["state"], path, "in step" if one["in_sync"] else "", seen


def _invitation(one: Json, now: int) -> Sequence[str]:
    used = f"{one['uses']} of {one['max_uses']} used"
    return (
        one["id"],
        one["status"],
        one["role"],
        plain(one["address"] or ""),
        used,
        when(one["not_after"], now),
    )


def _device(one: Json, now: int) -> Sequence[str]:
    standing = "this device" if one["this"] else "" if one["active"] else "removed"
    return plain(one["label"]), plain(one["owner"]["name"]), standing, when(one["last_seen"], now)


def _check(one: Json, _now: int) -> Sequence[str]:
    return one["status"], one["name"], one["says"], f"fix: {one['fix']}" if one["fix"] else ""


def _step(one: Json, now: int) -> Sequence[str]:
    where = plain(one["scope_name"] or "")
    return one["outcome"], one["act"], one["role"] or "", where, plain(one["by"] or ""), when(one["ts"], now)


def _exposed(one: Json, now: int) -> Sequence[str]:
    return one["name"], place(one), one["release"], plain(one["author"]), when(one["ts"], now)


def _thing(one: Any, now: int) -> Sequence[str]:
    if not isinstance(one, Mapping):
        return (plain(str(one)),)
    return tuple(f"{title} {text}" for title, text in _fields(one, now))


_COLUMNS: Final[Mapping[str, Callable[[Any, int], Sequence[str]]]] = {
    "releases": _release,
    "changes": _change,
    "secrets": _secret,
    "members": _member,
    "environments": _environment,
    "peers": _peer,
    "invitations": _invitation,
    "devices": _device,
    "checks": _check,
    "records": _step,
    "values": _exposed,
}


def _lists(result: Json) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield the lists of things; lists of names alone are fields."""
    for name, value in result.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield name, value


def _filled(cells: Sequence[str]) -> tuple[str, ...]:
    """Return cells without the empty ones at the end; an editor's columns stay where they are."""
    last = max((at for at, cell in enumerate(cells, 1) if cell), default=0)
    return tuple(cells[:last])


# --- what stands above them ----------------------------------------------------------------------


def _status(one: Json, now: int) -> Iterator[tuple[str, str]]:
    yield place(one), one["release"] or "no release yet"
    yield "file", one["file"] if one["exists"] else f"{one['file']}, which is not there yet"
    yield "based on", one["based_on"] or ""
    yield "behind", counted(one["behind"], "release") if one["behind"] else ""
    for title in ("added", "changed", "removed", "conflicts"):
        yield title, ", ".join(one[title])
    yield (
        "held by",
        f"{one['held_by']} of {counted(one['devices'], 'other device')}" if one["devices"] else "",
    )
    yield "confirmed", when(one["as_of"], now)
    yield "you", one["role"] if one["member"] else "no longer in the team"
    yield "device", f"{one['lock']['protection']}{', locked' if one['lock']['locked'] else ''}"


def _diff(one: Json, _now: int) -> Iterator[tuple[str, str]]:
    yield (
        f"{one['old']} → {one['new']}",
        counted(len(one["changes"]), "name differs", "names differ"),
    )


def _fields(one: Json, now: int) -> Iterator[tuple[str, str]]:
    """Yield what is no list of things: its name and its words."""
    for name, value in one.items():
        if name not in UNSAID and (text := _text(name, value, now)):
            yield name.replace("_", " "), text


def _text(name: str, value: Any, now: int) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case int() if name in _TIMES:
            return when(value, now)
        case Mapping():
            return " · ".join(f"{title} {text}" for title, text in _fields(value, now))
        case [*items]:
            return _listed(items)
    return _printable(value)


def _listed(items: Iterable[Any]) -> str:
    return ", ".join(_printable(item) for item in items if not isinstance(item, Mapping))


def _printable(value: object) -> str:
    """Return a value in full: paths and ids are of use whole only."""
    return "".join(char if char.isprintable() else " " for char in str(value))


_HEADS: Final[Mapping[str, Callable[[Json, int], Iterator[tuple[str, str]]]]] = {
    "status": _status,
    "diff": _diff,
}
