"""What is wrong with an `ev.yaml`: by its schema, and by the rules a schema cannot say.

A file without an error here is one that `service.config` reads, and the other way round.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from envlsp.domain.dotenv.dialects import dialect_names
from envlsp.ide.evyaml.schema import Refusal, fields_of, refusals, rule_in_words, schema, schema_at
from envlsp.ide.evyaml.tree import Entry, Name, Node, Path, Tree, read_tree
from envlsp.ide.named import is_usual
from envlsp.ide.positions import Position, Range, units_of
from envlsp.ide.results import Problem, Related, Severity, Target
from envlsp.ide.snapshot import Document, Snapshot
from envlsp.ide.text import Text

CODES = {
    "config-syntax": "not YAML, or more of YAML than `ev.yaml` uses",
    "config-unknown-field": "a field that the format does not have",
    "config-missing-field": "a field that has to be there",
    "config-wrong-type": "a word where a table belongs, or the other way round",
    "config-bad-value": "a value that the field cannot have",
    "config-same-path": "two apps in one folder, or two environments in one file",
    "config-missing-folder": "(warning) the path of an app that is no folder on this machine",
    "config-late-cover": "(warning) the file of an environment whose name does not say to editors what it is",
    "config-unreadable-dialect": "a loader whose files are not read yet",
}
"""Codes of the problems; stable."""

_LATE = "editors cover this file only once the server told them of it; NAME.env is covered at once"
_SCHEMES = ("ws://", "wss://")
_MAX_NUMBER = 10**9


def problems(snapshot: Snapshot, document: Document) -> tuple[Problem, ...]:
    """Return what is wrong, by place; the text itself is never quoted, but for names of fields."""
    places = _Places(document.text)
    tree = read_tree(str(document.text))
    found = [
        Problem("config-syntax", places.range(fault.start, fault.end), fault.message, Severity.ERROR)
        for fault in tree.faults
    ]
    if tree.root is not None:
        check = _Check(tree, places, document.place)
        found += [*check.by_schema(), *check.by_rules(), *check.by_folders(snapshot)]
    ignored = snapshot.settings.ignore
    return tuple(sorted((one for one in found if one.code not in ignored), key=lambda one: one.range))


class _Places:
    """Ranges of a text by offsets in code points."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._starts = [0]
        for line in text.lines:
            self._starts.append(self._starts[-1] + len(line))

    def range(self, start: int, end: int) -> Range:
        """Return a range; one that goes over a line's end stops there, an empty one is widened."""
        number = max(0, min(bisect_right(self._starts, start) - 1, len(self._text.lines) - 1))
        line = self._text.line(number)
        first = min(start - self._starts[number], len(line))
        last = min(max(end - self._starts[number], first), len(line))
        if first == last:
            last = len(line)
        if first == last:
            first = len(line) - len(line.lstrip())
        return Range(self._position(number, first), self._position(number, last))

    def _position(self, number: int, index: int) -> Position:
        return Position(number, units_of(self._text.line(number)[:index], self._text.encoding))


class _Check:
    """One look at one file."""

    def __init__(self, tree: Tree, places: _Places, place: str) -> None:
        assert tree.root is not None
        self._tree = tree
        self._top = tree.root
        self._places = places
        self._place = place

    def by_schema(self) -> Iterator[Problem]:
        """Yield what the schema refuses."""
        seen: set[tuple[object, ...]] = set()
        for refusal in refusals(plain(self._top, ())):
            kind = refusal.rule if refusal.rule in {"required", "additionalProperties"} else ""
            # One complaint per place: an empty word is neither long enough nor of the right form.
            about = (kind, refusal.path, refusal.name)
            if about not in seen:
                seen.add(about)
                yield from self._refused(kind, refusal)

    def by_rules(self) -> Iterator[Problem]:
        """Yield what no schema can say."""
        yield from self._urls()
        apps = _table(self._top, "apps")
        yield from self._same({name: _word(entry.value, "path") for name, entry in apps.items()}, "apps", ())
        for name, app in apps.items():
            files = _table(app.value, "files")
            words = {env: entry.value for env, entry in files.items()}
            yield from self._same(words, "environments", (name,))
            yield from self._late(files)
        yield from self._unprintable(apps)
        yield from self._dialects(apps)

    def by_folders(self, snapshot: Snapshot) -> Iterator[Problem]:
        """Yield the paths that lead to no folder; those that were typed since are not looked for."""
        root = PurePosixPath(self._place).parent
        missing = {
            app.name: PurePosixPath(app.folder).parts
            for project in snapshot.facts.projects
            if PurePosixPath(project.root) == root
            for app in project.apps
            if app.is_missing
        }
        for name, app in _table(self._top, "apps").items():
            node = _word(app.value, "path")
            parts = PurePosixPath(node.text or "").parts if node is not None else ()
            if node is not None and parts and missing.get(name, ())[-len(parts) :] == parts:
                where = self._places.range(node.start, node.end)
                message = "there is no such folder here: this app has no files until there is"
                yield Problem("config-missing-folder", where, message, Severity.WARNING)

    def _refused(self, kind: str, refusal: Refusal) -> Iterator[Problem]:
        if kind == "required":
            yield from self._missing(refusal)
        elif kind:
            yield from self._unknown(refusal.path)
        else:
            yield self._wrong(refusal)

    def _missing(self, refusal: Refusal) -> Iterator[Problem]:
        there = self._tree.at(refusal.path).table or {}
        for name in refusal.wanted:
            if name not in there:
                where = self._tree.name_at(refusal.path)
                yield self._problem("config-missing-field", where, f"{name} is missing")

    def _unknown(self, path: Path) -> Iterator[Problem]:
        part, table = schema_at(path), self._tree.at(path).table
        assert part is not None
        assert table is not None
        known = fields_of(part)
        for name, entry in table.items():
            if name not in known:
                near = get_close_matches(name, known, n=1)
                rest = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                where = self._places.range(entry.name.start, entry.name.end)
                yield Problem(
                    "config-unknown-field",
                    where,
                    f"{name[:64]} means nothing here; {rest}",
                    Severity.ERROR,
                    data={"suggestion": near[0]} if near else {},
                )

    def _wrong(self, refusal: Refusal) -> Problem:
        node, rule = self._tree.at(refusal.path), rule_in_words(refusal)
        if refusal.name is not None:
            assert node.table is not None
            return self._problem("config-bad-value", node.table[refusal.name].name, f"a name {rule}")
        named = next((name for name in reversed(refusal.path) if isinstance(name, str)), "the file")
        code = "config-wrong-type" if refusal.rule == "type" else "config-bad-value"
        return self._problem(code, node, f"{named} {rule}")

    def _urls(self) -> Iterator[Problem]:
        entry = (self._top.table or {}).get("signaling")
        if entry is None:
            return
        for node in entry.value.items if entry.value.items is not None else [entry.value]:
            # What does not begin so, the schema has refused.
            if node.text and node.text.lower().startswith(_SCHEMES) and not _is_url(node.text):
                yield self._problem("config-bad-value", node, "signaling must be a ws:// or wss:// URL")

    def _same(self, words: Mapping[str, Node | None], what: str, of: tuple[str, ...]) -> Iterator[Problem]:
        owners: dict[PurePosixPath, tuple[str, Node]] = {}
        for name, node in words.items():
            if node is None or not node.text:
                continue
            path = PurePosixPath(node.text)
            if of and path.name == "ev.yaml":
                yield self._problem("config-same-path", node, f"{name} must have a file of its own")
            other, first = owners.setdefault(path, (name, node))
            if other != name:
                where = self._places.range(node.start, node.end)
                message = f"{what} {other} and {name} have the same {'file' if of else 'path'}"
                target = Target(self._place, self._places.range(first.start, first.end))
                related = (Related(target, f"the path of {other}"),)
                yield Problem("config-same-path", where, message, Severity.ERROR, related=related)

    def _late(self, files: Mapping[str, Entry]) -> Iterator[Problem]:
        for entry in files.values():
            name = PurePosixPath(entry.value.text or "").name
            if name and name != "ev.yaml" and not is_usual(name):
                where = self._places.range(entry.value.start, entry.value.end)
                yield Problem("config-late-cover", where, _LATE, Severity.WARNING)

    def _unprintable(self, apps: Mapping[str, Entry]) -> Iterator[Problem]:
        for app in apps.values():
            files = [entry.value for entry in _table(app.value, "files").values()]
            for node in (_word(app.value, "path"), *files):
                if node is not None and node.text and not node.text.isprintable():
                    yield self._problem("config-bad-value", node, "a path must be printable")

    def _dialects(self, apps: Mapping[str, Entry]) -> Iterator[Problem]:
        readable = dialect_names()
        known = schema()["$defs"]["dialect"]["enum"]
        for table in (self._top, *(entry.value for entry in apps.values())):
            node = _word(table, "dialect")
            if node is not None and node.text in known and node.text not in readable:
                where = self._places.range(node.start, node.end)
                message = f"files of {node.text} are not read yet; {' and '.join(readable)} are"
                yield Problem("config-unreadable-dialect", where, message, Severity.INFORMATION)

    def _problem(self, code: str, node: Node, message: str) -> Problem:
        return Problem(code, self._places.range(node.start, node.end), message, Severity.ERROR)


def plain(node: Node, path: tuple[Name, ...]) -> Any:
    """Return a node as JSON: every word is a text, but for digits where a number belongs."""
    if node.table is not None:
        return {name: plain(entry.value, (*path, name)) for name, entry in node.table.items()}
    if node.items is not None:
        return [plain(item, (*path, number)) for number, item in enumerate(node.items)]
    text = node.text or ""
    part = schema_at(path) if node.is_plain and text.isascii() and text.isdigit() else None
    if part is not None and part.get("type") == "integer":
        return int(text) if len(text) < len(str(_MAX_NUMBER)) else _MAX_NUMBER
    return text


def _is_url(url: str) -> bool:
    if not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"ws", "wss"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _table(node: Node, name: str) -> Mapping[str, Entry]:
    entry = (node.table or {}).get(name)
    return (entry.value.table or {}) if entry is not None else {}


def _word(node: Node, name: str) -> Node | None:
    entry = (node.table or {}).get(name)
    return entry.value if entry is not None and entry.value.text is not None else None
