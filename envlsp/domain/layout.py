"""A file's own layout: taken out of a file, filled again, merged (PROTOCOL A3).

A layout comes from whoever made the release, so a rendering is never trusted:
it is parsed, and unless it has exactly the snapshot's entries the layout is
dropped for plain sorted lines. A literal that is not one value by itself is
never written. This is local and decides nothing about releases.

The merge works on lines of the layout, not on any dialect's statements, so that
every device gets the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from envlsp.domain.dotenv.edit import is_one_value, line_end_of
from envlsp.domain.dotenv.expand import NO_ENV, Evaluation, evaluate
from envlsp.domain.dotenv.parse import MESSAGES, entries, parse, winners
from envlsp.domain.dotenv.tokens import BOM, Document, Kind, Problem, Statement
from envlsp.domain.release import Layout, Snapshot
from envlsp.domain.secret import LITERAL_MAX_BYTES, SecretName, SecretText, is_secret_name
from envlsp.errors import BadText

ENTRIES_MAX = 2_000
"""How many names a release carries (PROTOCOL B.4)."""
LAYOUT_MAX_BYTES = 256 * 1024
"""How long an encoded layout may be (PROTOCOL A3)."""

_PART_OVERHEAD_BYTES = 5  # the longest msgpack header of a part; a name needs 1 more
_HEAD_OVERHEAD_BYTES = 64

_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_COMMENT = re.compile(rb"[ \t]*#")

Part = bytes | SecretName
Line = list[Part]


@dataclass(frozen=True, slots=True)
class FileReading:
    """What a file would be as a release, and why it may not become one."""

    snapshot: Snapshot
    refusals: tuple[Problem, ...]
    """Not empty: `push` must refuse the file."""
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Rendering:
    """The bytes of a file. `dropped_layout` wants a warning."""

    data: bytes = field(repr=False)
    dropped_layout: bool = False


WHOLE_FILE: Final = frozenset({"too-many-names", "layout-too-long"})
"""Codes of refusals that are about no line of the file."""


def snapshot_of(data: bytes, dialect: str) -> FileReading:
    """Take a file apart into literals and layout.

    Spec: docs/protocol.md, "B.8 Literals and layout".
    """
    document = parse(data, dialect)
    found = entries(document)
    layout = Layout(dialect, tuple(_parts_of(document, found)))
    snapshot = Snapshot({name: found[name] for name in sorted(found)}, layout)
    return FileReading(snapshot, tuple(_refusals(document, snapshot)), document.problems)


def render(snapshot: Snapshot, dialect: str) -> Rendering:
    """Return the file of a snapshot, parsed again before it is handed out.

    Args:
        snapshot: from a release, perhaps a malicious one.
        dialect: the one the app uses now, which may not be the layout's.

    Raises:
        BadText: literals that are not one value by themselves, by name.

    Spec: docs/protocol.md, "B.8 Literals and layout".
    """
    layout = snapshot.layout
    if layout is not None:
        filled = _filled(layout.parts, snapshot.entries)
        if filled is not None and _gives(filled, dialect, snapshot.entries):
            return Rendering(filled)
    line_end = b"\n" if layout is None else line_end_of(_verbatim(layout.parts))
    return Rendering(_plain(snapshot.entries, dialect, line_end), dropped_layout=layout is not None)


def values_of(snapshot: Snapshot, dialect: str, env: Mapping[str, str] = NO_ENV) -> Evaluation:
    """Return what a program sees that loads the snapshot's file.

    Order matters to some loaders, and lines that lose to a later one too: so it
    is the rendering that is evaluated.

    Raises:
        BadText: as `render`.
    """
    return evaluate(parse(render(snapshot, dialect).data, dialect), env)


def merge_layouts(heads: Sequence[Snapshot], names: Collection[SecretName]) -> Layout | None:
    """Return the layout of a merge without conflicts.

    Args:
        heads: greatest first by (height, id). One without a layout counts as
            sorted `NAME=literal` lines.
        names: the names of the merged map.

    Returns:
        A layout with one slot for each name, or None where no head has a layout.

    Spec: docs/protocol.md, "B.8 Literals and layout".
    """
    first = next((head.layout for head in heads if head.layout is not None), None)
    if first is None:
        return None
    texts = [_lines_of_head(head) for head in heads]
    line_end = line_end_of(_verbatim(first.parts))
    merge = _Merge(frozenset(names), line_end, texts[0])
    for lines in texts[1:]:
        merge.take_from(lines)
    merge.add_plain_lines()
    return Layout(first.dialect, tuple(_joined(merge.lines())))


def edit_layout(layout: Layout | None, names: Collection[SecretName]) -> Layout | None:
    """Return the layout of a snapshot that was made without a file.

    Lines of names that are gone go; new names come at the end, sorted. Nothing
    else moves.
    """
    return None if layout is None else merge_layouts([Snapshot({}, layout)], names)


def _parts_of(document: Document, found: Collection[SecretName]) -> Iterator[Part]:
    at = 0
    slots = [(s.value_start, s.value_end, name) for name, s in winners(document).items() if name in found]
    for start, end, name in sorted(slots):
        if start > at:
            yield document.data[at:start]
        yield SecretName(name)
        at = end
    if at < len(document.data):
        yield document.data[at:]


def _refusals(document: Document, snapshot: Snapshot) -> Iterator[Problem]:
    for name, statement in winners(document).items():
        literal = document.literal_of(statement)
        line = document.line_at(statement.start)
        if _smuggles(document, name, statement):
            yield Problem("bad-name", line, MESSAGES["bad-name"])
        elif statement.kind is Kind.ASSIGNMENT and b"\0" in literal:
            yield Problem("nul-byte", line, MESSAGES["nul-byte"])
        elif len(literal) > LITERAL_MAX_BYTES:
            yield Problem("value-too-long", line, f"a value of more than {LITERAL_MAX_BYTES // 1024} KiB")
    if len(snapshot.entries) > ENTRIES_MAX:
        yield Problem("too-many-names", 1, f"more than {ENTRIES_MAX} names")
    if snapshot.layout is not None and _encoded_bytes(snapshot.layout) > LAYOUT_MAX_BYTES:
        yield Problem("layout-too-long", 1, f"more than {LAYOUT_MAX_BYTES // 1024} KiB besides its values")


def _encoded_bytes(layout: Layout) -> int:
    """Return an upper bound of the layout's size in a release."""
    return _HEAD_OVERHEAD_BYTES + sum(len(part) + 1 + _PART_OVERHEAD_BYTES for part in layout.parts)


def _smuggles(document: Document, name: str, statement: Statement) -> bool:
    """Return whether the loader would set something that no entry could say."""
    return (
        statement.kind is Kind.ASSIGNMENT
        and not is_secret_name(name)
        and document.literal_of(statement) != b""
    )


def _filled(parts: Iterable[Part], values: Mapping[SecretName, SecretText]) -> bytes | None:
    """Return the layout with its literals, or None if it asks for one that is not there."""
    pieces = []
    for part in parts:
        if isinstance(part, bytes):
            pieces.append(part)
        elif part in values:
            pieces.append(values[part].reveal())
        else:
            return None
    return b"".join(pieces)


def _gives(data: bytes, dialect: str, wanted: Mapping[SecretName, SecretText]) -> bool:
    document = parse(data, dialect)
    if entries(document) != wanted:
        return False
    return not any(_smuggles(document, name, statement) for name, statement in winners(document).items())


def _plain(values: Mapping[SecretName, SecretText], dialect: str, line_end: bytes) -> bytes:
    """Return sorted `NAME=literal` lines, or raise BadText with the names that cannot be written."""
    names = sorted(values)
    bad = [
        name for name in names if not is_secret_name(name) or not is_one_value(name, values[name], dialect)
    ]
    if not bad:
        data = b"".join(name.encode() + b"=" + values[name].reveal() + line_end for name in names)
        found = entries(parse(data, dialect))
        # Each is one value alone, and some are not side by side: an open quote
        # in one and its end in another.
        bad = [name for name in names if found.get(name) != values[name]]
        if found == values:
            return data
    raise BadText(
        f"not one value by itself: {', '.join(map(ascii, bad))}",
        fix="ask its author to quote it and push again",
    )


def _verbatim(parts: Iterable[Part]) -> bytes:
    return b"".join(part for part in parts if isinstance(part, bytes))


def _lines_of_head(head: Snapshot) -> list[Line]:
    """Return a layout as lines; a slot is never cut, whatever its literal holds."""
    if head.layout is None:
        return [_plain_line(name, b"\n") for name in sorted(head.entries)]
    lines: list[Line] = [[]]
    for part in head.layout.parts:
        if not isinstance(part, bytes):
            lines[-1].append(part)
            continue
        for piece in _LINES.findall(part):
            lines[-1].append(piece)
            if piece[-1:] in (b"\n", b"\r"):
                lines.append([])
    return lines if lines[-1] else lines[:-1]


def _plain_line(name: SecretName, line_end: bytes) -> Line:
    return [name.encode() + b"=", name, line_end]


def _slots(line: Line) -> list[SecretName]:
    return [part for part in line if not isinstance(part, bytes)]


def _without_bom(line: Line) -> Line:
    first = line[0] if line else b""
    if isinstance(first, bytes) and first.startswith(BOM):
        return [first[len(BOM) :], *line[1:]]
    return line


def _is_comment(line: Line) -> bool:
    return len(line) == 1 and isinstance(line[0], bytes) and _COMMENT.match(line[0]) is not None


def _ended(line: Line, line_end: bytes) -> Line:
    """Return the line with a line ending, its own if it has one."""
    last = line[-1] if line else b""
    return line if isinstance(last, bytes) and last[-1:] in (b"\n", b"\r") else [*line, line_end]


def _joined(lines: Iterable[Line]) -> Iterator[Part]:
    """Yield the parts of lines, neighbouring bytes as one."""
    pending = b""
    pieces: list[bytes] = []
    for line in lines:
        for part in line:
            if isinstance(part, bytes):
                pieces.append(part)
                continue
            pending, pieces = b"".join(pieces), []
            if pending:
                yield pending
            yield part
    pending = b"".join(pieces)
    if pending:
        yield pending


class _Merge:
    """The result so far: the first head's lines, each with those inserted after it."""

    def __init__(self, names: frozenset[SecretName], line_end: bytes, lines: list[Line]) -> None:
        self._names = names
        self._line_end = line_end
        self._blocks: list[list[Line]] = []
        self._home: dict[SecretName, list[Line]] = {}
        for line in lines:
            slots = _slots(line)
            if self._names.issuperset(slots):
                block = [line]
                self._blocks.append(block)
                self._home.update(dict.fromkeys(slots, block))

    def take_from(self, lines: list[Line]) -> None:
        """Insert what is still missing and stands in another head, in that head's order."""
        anchor: SecretName | None = None
        for index, line in enumerate(lines):
            for name in _slots(line):
                if name in self._names and name not in self._home:
                    self._insert(self._chunk(lines, index, name), name, anchor)
                if name in self._home:
                    anchor = name

    def add_plain_lines(self) -> None:
        """Append a line for every name that no head has a slot for."""
        for name in sorted(self._names - self._home.keys()):
            self._insert([_plain_line(name, self._line_end)], name, None)

    def lines(self) -> Iterator[Line]:
        """Yield the result; only its last line may lack a line ending."""
        lines = [line for block in self._blocks for line in block]
        for line in lines[:-1]:
            yield _ended(line, self._line_end)
        yield from lines[-1:]

    def _chunk(self, lines: list[Line], index: int, name: SecretName) -> list[Line]:
        """Return the line of a slot with the comment lines directly above it."""
        line = _without_bom(lines[index])
        if _slots(line) != [name]:
            line = _plain_line(name, self._line_end)  # its other slots may be there already
        first = index
        while first and _is_comment(_without_bom(lines[first - 1])):
            first -= 1
        chunk = [*(_without_bom(comment) for comment in lines[first:index]), line]
        return [_ended(each, self._line_end) for each in chunk]

    def _insert(self, chunk: list[Line], name: SecretName, anchor: SecretName | None) -> None:
        if anchor is None:
            block = chunk
            self._blocks.append(block)
        else:
            block = self._home[anchor]
            place = next(i for i, line in enumerate(block) if anchor in _slots(line))
            block[place + 1 : place + 1] = chunk
        self._home[name] = block
