"""The result of a command as one line: what became of it.

Pure, and for every editor the same. What a result has is in `service.verbs.shapes`; no value
of a secret is in one. A command without words of its own is said by its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from envlsp.ide.ages import counted
from envlsp.ide.words import listed, plain, unlinked
from envlsp.lsp.rows import Json, Row, counts, place, rows


class Words(NamedTuple):
    """What to say of a result."""

    sentence: str
    rows: tuple[Row, ...]

    def lines(self) -> list[str]:
        """Return the rows for an editor that shows nothing but text."""
        return ["  ".join(filter(None, row.cells)) for row in self.rows] or [self.sentence]

    def fields(self) -> dict[str, Any]:
        """Return it as JSON (docs/lsp-extensions.md, "Words")."""
        return {"sentence": self.sentence, "rows": [row._asdict() for row in self.rows]}


def words(verb: str, result: Json, now: int) -> Words:
    """Return what to say of the result of a command.

    Args:
        verb: without `envlsp.`.
        result: its result.
        now: seconds since 1970, for ages.
    """
    found = tuple(rows(verb, result, now))
    said = _SENTENCES.get(verb)
    if said is not None:
        return Words(unlinked(said(result)), found)
    sentence = " · ".join(" ".join(filter(None, row.cells)) for row in found)
    return Words(unlinked(sentence) or "nothing to show", found)


def _made(one: Json) -> str:
    if not one["made"]:
        return f"nothing to do: {one['release']} is what this would be"
    return f"{one['release']}: {counts(one['changed'])}{_reached(one)}"


def _reached(one: Json) -> str:
    """Return who has it already; nobody is no news where the team has nobody else."""
    return f"; {counted(one['reached'], 'device')} reached" if one["reached"] else "; not delivered yet"


def _pulled(one: Json) -> str:
    kept = "; your edits stay" if any(one["kept"].values()) else ""
    if not one["written"]:
        return f"the file is at {one['release']}{kept}"
    return f"{one['release']}: {counts(one['changed'])}{kept}"


def _synced(one: Json) -> str:
    if not one["devices"]:
        return "there is no other device in this team yet"
    if not one["reached"]:
        return "nobody else is there now"
    return f"{counted(one['reached'], 'device')} reached, {counted(one['received'], 'record')} new"


def _switched(one: Json) -> str:
    return f"commands here are about {place(one)} now"


def _toggled(one: Json) -> str:
    if one["presenting"]:
        return "presenting: everything is covered, and nothing is revealed or copied"
    return "values are covered" if one["masked"] else "values are seen in this window"


def _let_in(one: Json) -> str:
    if "link" in one:
        return f"the invitation is made: {one['link']}"
    return f"{plain(one['joined'])} has joined" if one.get("joined") else "nobody has joined"


def _granted(one: Json) -> str:
    if "name" not in one:
        return _let_in(one)
    where = f" in {plain(one['scope'])}" if one.get("scope") else ""
    return f"{plain(one['name'])} is {one['role']}{where}{'' if one['changed'] else ' already'}"


def _revoked(one: Json) -> str:
    if one["removed"]:
        return f"{plain(one['name'])} is no longer in the team"
    return f"{plain(one['name'])} no longer reads {plain(one['scope'])}"


def _joined(one: Json) -> str:
    return f"{'you were' if one['already'] else 'you are'} in the team of {plain(one['inviter'])}"


def _founded(one: Json) -> str:
    return f"{one['project']}: {counted(one['secrets'], 'secret')} ready to be pushed"


def _created(one: Json) -> str:
    return f"{place(one)} is there: {one['file']}"


def _ignored(one: Json) -> str:
    return f"git leaves {one['file']} out{'' if one['added'] else ' already'}"


def _confirmed(one: Json) -> str:
    if one["confirmed"]:
        return f"{_names(one['confirmed'])} may get new keys again"
    if one["suspects"]:
        return f"{_names(one['suspects'])} may get no new key from this device"
    return "nobody waits to be confirmed"


def _names(some: Sequence[Json]) -> str:
    return listed(list(dict.fromkeys(plain(one["name"]) for one in some)))


def _rotated(one: Json) -> str:
    readers = counted(len(one["scopes"]), "group of readers", "groups of readers")
    return f"new keys for {readers}; {counted(one['encrypted_again'], 'environment')} encrypted again"


def _device_added(one: Json) -> str:
    return f"{plain(one['joined'])} is your device now"


def _device_revoked(one: Json) -> str:
    return f"{plain(one['name'])} reads nothing that is written from now on"


_SENTENCES: Final[Mapping[str, Callable[[Json], str]]] = {
    **dict.fromkeys(("push", "save", "set", "rollback", "resolve", "adopt"), _made),
    **dict.fromkeys(("mask.toggle", "presentation.toggle"), _toggled),
    **dict.fromkeys(("env.create", "env.clone"), _created),
    "pull": _pulled,
    "sync": _synced,
    "switch": _switched,
    "invite": _let_in,
    "access.grant": _granted,
    "access.revoke": _revoked,
    "access.rotate": _rotated,
    "access.confirm": _confirmed,
    "join": _joined,
    "team.create": _founded,
    "git.ignore": _ignored,
    "device.add": _device_added,
    "device.revoke": _device_revoked,
    "lock": lambda _one: "locked: nothing is read on this device until it is unlocked",
    "unlock": lambda _one: "unlocked",
}
