"""What of a `.env` file nobody may see who only looks at it: values, and whatever may be one.

Only what is known to be harmless is left: names, blanks, separators, and what comments say
in plain words. Covered is all else: each value, one that was commented out, a line that no
loader reads, text after a quote; and in a comment what repeats a value, and what looks like a
token, a key or the password of an address. Refuses to go by names: a harmless name says
nothing about what stands behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envlsp.domain.dotenv.comments import LONG_MIXED_WORD, commented_out, continued
from envlsp.domain.dotenv.edit import Edit
from envlsp.domain.dotenv.tokens import BOM, NOWHERE, Document, Kind, Statement, line_end_at
from envlsp.domain.secret import MASK, is_secret_name

REPEATED_MIN_BYTES = 6
"""A shorter value in a comment is a word like any other: `true`, `3306`."""

_MASK = MASK.encode()
_BEFORE_NAME = re.compile(rb"\s*(?:export[ \t]+)?")
_BETWEEN = re.compile(rb"[ \t]*[=:][ \t]*")
_BLANKS = b" \t\r\n\f\v"
_SAID = re.compile(rb"[\w.-]+[ \t]*=[ \t]*(\S.*)", re.DOTALL)
"""An assignment in the middle of a comment: `# before the move: NAME=value`."""
_TOKEN = (
    rb"\beyJ[\w-]{4,}(?:\.[\w-]*)*"  # a JSON web token
    rb"|\b(?:sk|pk|rk|ghp|gho|ghs|ghu|glpat|xox[abprs]|npm|pypi|hf|dop_v1|shpat|whsec)[-_][\w-]{8,}"
    rb"|\b(?:AKIA|ASIA|AIza)[\w-]{12,}"
    rb"|(?=[^\s0-9]*[0-9])(?=[^\sA-Za-z]*[A-Za-z])(?<![\w+/=-])[\w+/=-]{32,}"  # a line of a key in PEM
    rb"|" + LONG_MIXED_WORD.encode()
)
_LOOKS_SECRET = re.compile(rb"(?<=:)[^/\s:@]+(?=@)|" + _TOKEN)
"""The password of an address, or a token: perhaps the value of last year."""
_TELLTALE = re.compile(rb"-----BEGIN |://[^/\s:@]*:[^/\s@]+@|[^\s/:.,]{24,}|" + _TOKEN)
"""And in a value any long word, and a key in PEM."""


def repeated(values: frozenset[bytes]) -> re.Pattern[bytes] | None:
    """Return what finds one of these values where it does not belong; None where none is long enough."""
    found = sorted((text for text in values if len(text) >= REPEATED_MIN_BYTES), key=len, reverse=True)
    return re.compile(b"|".join(map(re.escape, found))) if found else None


class Covering:
    """Finds what must not be seen of each statement of a file.

    Args:
        document: the file, or one statement of it.
        values: finds the file's values in its comments.
    """

    def __init__(self, document: Document, values: re.Pattern[bytes] | None = None) -> None:
        self._document = document
        self._data = document.data
        self._values = values
        self._old = {place.value_start: place.value_end for place in commented_out(document)}

    def all_edits(self) -> Iterator[Edit]:
        """Yield what is to stand instead of what must not be seen, in file order."""
        statements = self._document.statements
        comments = (
            self._data[one.start : one.end] if one.kind is Kind.COMMENT else None for one in statements
        )
        for statement, goes_on in zip(statements, continued(comments), strict=True):
            if goes_on:
                yield self.whole(statement)
            else:
                yield from self.edits(statement)

    def edits(self, statement: Statement) -> Iterator[Edit]:
        """Yield it for one statement by itself.

        An empty value has a mask too, so that nobody sees that it is empty.
        """
        match statement.kind:
            case Kind.BLANK:
                pass
            case Kind.COMMENT:
                yield from self._comment(statement)
            case Kind.ASSIGNMENT | Kind.BARE if is_secret_name(self._document.name_of(statement)):
                yield from self._assignment(statement)
            case _:
                yield self.whole(statement)

    def whole(self, statement: Statement) -> Edit:
        """Return the edit that leaves nothing of a statement."""
        return Edit(statement.start, line_end_at(self._data, statement.end), _MASK)

    def _comment(self, statement: Statement) -> Iterator[Edit]:
        start, end = statement.comment_start, statement.comment_end
        last: Edit | None = None
        for place, stop in self._old.items():
            if start <= place <= end:
                last = Edit(place, stop, _MASK)
                end = place
        yield from self._scrubbed(start, end)
        if last is not None:
            yield last

    def _assignment(self, statement: Statement) -> Iterator[Edit]:
        """Keep the name and what is plainly blank or a separator; all else goes."""
        before = self._data[statement.start : statement.name_start].removeprefix(BOM)
        if not _BEFORE_NAME.fullmatch(before):
            yield Edit(statement.start, statement.name_start, b"")
        stop = line_end_at(self._data, statement.end)
        at = statement.name_end
        if statement.kind is Kind.ASSIGNMENT:
            if not _BETWEEN.fullmatch(self._data, statement.name_end, statement.value_start):
                yield Edit(statement.name_end, statement.value_start, b"=")
            yield Edit(statement.value_start, statement.value_end, _MASK)
            at = statement.value_end
        if statement.comment_start == NOWHERE:
            yield from self._tail(at, stop)
        else:
            yield from self._tail(at, statement.comment_start)
            yield from self._scrubbed(statement.comment_start, statement.comment_end)
            yield from self._tail(statement.comment_end, stop)

    def _tail(self, start: int, end: int) -> Iterator[Edit]:
        if text := self._data[start:end].strip(_BLANKS):
            first = self._data.index(text, start)
            yield Edit(first, first + len(text), _MASK)

    def _scrubbed(self, start: int, end: int) -> Iterator[Edit]:
        """Mask the values that a comment repeats, what looks like one, and whatever it says to assign."""
        said = _SAID.search(self._data, start, end)
        if said is not None:
            end = said.start(1)
        seen = start
        for first, last in sorted(self._found(start, end)):
            if last > seen:
                yield Edit(max(first, seen), last, b"" if first < seen else _MASK)
                seen = last
        if said is not None:
            yield Edit(*said.span(1), _MASK)

    def _found(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the places in a comment that repeat a value, or look like one."""
        for pattern in filter(None, (self._values, _LOOKS_SECRET)):
            yield from (match.span() for match in pattern.finditer(self._data, start, end))


def looks_secret(value: bytes) -> bool:
    """Return whether a value looks like a secret, whatever its name: a token, a key, a password."""
    return _TELLTALE.search(value) is not None
