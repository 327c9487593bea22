"""An environment as a document that is never on disk: its own layout, every value masked.

Only what is known to be harmless is shown: names, comments, blanks. Whatever else stands
in a file (a value, a commented-out one, a line no loader reads, text after a quote) is a
mask, and so is in a comment a repeated value, and what looks like a token or a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from envlsp.domain.dotenv.comments import LONG_MIXED_WORD, commented_out
from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.edit import Edit, apply, line_end_of
from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.tokens import BOM, NOWHERE, Document, Kind, Statement, line_end_at
from envlsp.domain.environment import Triple
from envlsp.domain.ids import RecordId
from envlsp.domain.layout import render
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import MASK, is_secret_name
from envlsp.errors import BadConfig
from envlsp.service.deriving import decoded, view_snapshot
from envlsp.service.history import EnvironmentHistory
from envlsp.service.reading import no_release
from envlsp.service.sides import sides_of
from envlsp.service.team import Team

_MASK = MASK.encode()
_REPEATED_MIN_BYTES = 6
"""A shorter value in a comment is a word like any other: `true`, `3306`."""
_BEFORE_NAME = re.compile(rb"\s*(?:export[ \t]+)?")
_SAID = re.compile(rb"[\w.-]+[ \t]*=[ \t]*(\S.*)", re.DOTALL)
"""An assignment in the middle of a comment: `# before the move: NAME=value`."""
_LOOKS_SECRET = re.compile(rb"(?<=:)[^/\s:@]+(?=@)|" + LONG_MIXED_WORD.encode())
"""The password of an address, or a token: perhaps the value of last year."""
_BETWEEN = re.compile(rb"[ \t]*[=:][ \t]*")


def masked_text(team: Team, triple: Triple, dialect: str, release: str | None = None) -> str:
    """Return an environment as a document, without any of its values.

    Args:
        team: opened.
        triple: which environment.
        dialect: the loader of its app; empty: the one its layout names.
        release: `v3` as people write it; None for what it holds now.

    Raises:
        NotFound, AmbiguousName, BadText: which release is meant; there is none.
        WaitingForKey: there are releases we hold no key to.
        BadText: literals that no file can hold, by name.
    """
    team.replica.refresh()
    found = team.releases.of(triple)
    heads = found.history.heads()
    if not heads or not team.releases.is_readable(triple):
        raise no_release(team, triple)
    if release is None:
        snapshot, shown = view_snapshot(found, found.view()), heads
    else:
        record = found.versions.find(release)
        snapshot, shown = found.snapshots[record], (record,)
    loader = dialect or _own_dialect(snapshot)
    data = render(snapshot, loader).data
    body = _masked(parse(data, loader), _repeatable(snapshot, loader))
    lines = [*_header(team, found, triple, shown)]
    if release is None:
        lines += _conflict_lines(team, found, loader)
    line_end = line_end_of(data).decode()
    return "".join(f"# {line}{line_end}" for line in lines) + line_end + body.decode("utf-8", "replace")


def date_of(ts: int) -> str:
    """Return the day and minute of a claimed time, in UTC."""
    try:
        return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "at no possible time"  # whoever made it claims the year 300 million


def _own_dialect(snapshot: Snapshot) -> str:
    name = snapshot.layout.dialect if snapshot.layout else "node"
    try:
        dialect_named(name)
    except BadConfig:
        return "node"  # a newer envlsp knows it; the values are masked either way
    return name


def _header(
    team: Team, found: EnvironmentHistory, triple: Triple, records: tuple[RecordId, ...]
) -> Iterator[str]:
    yield f"{triple}, values masked"
    for record in records:
        info = team.releases.info(found, record)
        void = ", void" if info.void else ""
        yield f"{info.label} by {info.author}, {date_of(info.ts)}{void}"


def _conflict_lines(team: Team, found: EnvironmentHistory, dialect: str) -> Iterator[str]:
    for name, sides in sides_of(team, found, dialect).items():
        yield f"in conflict: {name} ({', '.join(map(str, sides))})"


def _repeatable(snapshot: Snapshot, dialect: str) -> re.Pattern[bytes] | None:
    """Return what finds a value again where it does not belong."""
    texts = {literal.reveal() for literal in snapshot.entries.values()}
    texts |= {text.strip(b"'\"`") for text in texts}
    texts |= {value.reveal() for value in decoded(snapshot, dialect).values()}
    found = sorted((t for t in texts if len(t) >= _REPEATED_MIN_BYTES), key=len, reverse=True)
    return re.compile(b"|".join(map(re.escape, found))) if found else None


def _masked(document: Document, repeated: re.Pattern[bytes] | None) -> bytes:
    masker = _Masker(document, repeated)
    edits = [edit for statement in document.statements for edit in masker.edits(statement)]
    return apply(document.data, edits).removeprefix(BOM)


class _Masker:
    """Finds what must not be seen of each statement."""

    def __init__(self, document: Document, repeated: re.Pattern[bytes] | None) -> None:
        self._document = document
        self._data = document.data
        self._repeated = repeated
        self._old = {place.value_start: place.value_end for place in commented_out(document)}

    def edits(self, statement: Statement) -> Iterator[Edit]:
        """Yield the edits that leave nothing to see in one statement."""
        match statement.kind:
            case Kind.BLANK:
                pass
            case Kind.COMMENT:
                yield from self._comment(statement)
            case Kind.ASSIGNMENT | Kind.BARE if self._has_plain_name(statement):
                yield from self._assignment(statement)
            case _:
                yield self._whole(statement)

    def _has_plain_name(self, statement: Statement) -> bool:
        return is_secret_name(self._document.name_of(statement))

    def _whole(self, statement: Statement) -> Edit:
        return Edit(statement.start, line_end_at(self._data, statement.end), _MASK)

    def _comment(self, statement: Statement) -> Iterator[Edit]:
        start, end = statement.comment_start, statement.comment_end
        for place, stop in self._old.items():
            if start <= place <= end:
                yield Edit(place, stop, _MASK)
                end = place
        yield from self._scrubbed(start, end)

    def _assignment(self, statement: Statement) -> Iterator[Edit]:
        """Keep the name and what is plainly blank or a separator; all else goes."""
        before = self._data[statement.start : statement.name_start].removeprefix(BOM)
        if not _BEFORE_NAME.fullmatch(before):
            yield Edit(statement.start, statement.name_start, b"")
        stop = line_end_at(self._data, statement.end)
        at = statement.name_end
        if statement.kind is Kind.ASSIGNMENT:
            between = self._data[statement.name_end : statement.value_start]
            kept = between if _BETWEEN.fullmatch(between) else b"="
            yield Edit(statement.name_end, statement.value_end, kept + _MASK)
            at = statement.value_end
        if statement.comment_start == NOWHERE:
            yield from self._tail(at, stop)
        else:
            yield from self._tail(at, statement.comment_start)
            yield from self._scrubbed(statement.comment_start, statement.comment_end)
            yield from self._tail(statement.comment_end, stop)

    def _tail(self, start: int, end: int) -> Iterator[Edit]:
        if self._data[start:end].strip(b" \t\r\n\f\v"):
            yield Edit(start, end, b" " + _MASK)

    def _scrubbed(self, start: int, end: int) -> Iterator[Edit]:
        """Mask the values that a comment repeats, what looks like one, and whatever it says to assign."""
        if said := _SAID.search(self._data, start, end):
            yield Edit(*said.span(1), _MASK)
            end = said.start(1)
        seen = start
        for first, last in sorted(self._found(start, end)):
            if last > seen:
                yield Edit(max(first, seen), last, b"" if first < seen else _MASK)
                seen = last

    def _found(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the places in a comment that repeat a value, or look like one."""
        for pattern in filter(None, (self._repeated, _LOOKS_SECRET)):
            yield from (match.span() for match in pattern.finditer(self._data, start, end))
