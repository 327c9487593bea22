"""Which parts of an env file an editor covers, line by line; and how the lines stand.

Columns and nothing else: an editor that shows exactly the rest shows no value. What is
covered is said by `domain.dotenv.covering`; here a person's settings let some values be
seen, and never one that looks like a secret: a name alone says nothing about a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from envlsp.domain.dotenv.blocks import Block, as_document
from envlsp.domain.dotenv.comments import continued
from envlsp.domain.dotenv.covering import REPEATED_MIN_BYTES, Covering, looks_secret, repeated
from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.tokens import Kind
from envlsp.ide.documentation import choices
from envlsp.ide.drift import Stand, drift
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Encoding, to_column, to_utf8, units_of
from envlsp.ide.remembered import Remembered
from envlsp.ide.results import Place
from envlsp.ide.settings import Settings
from envlsp.ide.snapshot import Snapshot
from envlsp.ide.text import split_lines

Line: TypeAlias = "tuple[tuple[int, int], ...]"
"""The covered parts of one line: from one column up to another, in order, none of them empty."""

SEEN_AT_MOST: Final = r"^(?:export )?[A-Z][A-Z0-9_]{0,63}=(?!=|$)"
"""What an editor may show of a line before it was told: a name, as most are spelled, with
something after it; so it is not the padding that base32 and base64 end with. A regular
expression that means the same in Python, JavaScript and Oniguruma; where it does not match,
nothing of the line."""

_NOTHING: Final[Line] = ()
_CHANGES: Final[Mapping[Stand, str]] = {
    Stand.ADDED: "added",
    Stand.CHANGED: "changed",
    Stand.DIFFERS: "changed",
    Stand.BEHIND: "behind",
    Stand.REMOVED: "removed-there",
    Stand.DIVERGED: "diverged",
    Stand.CONFLICT: "conflicted",
}


class Change(NamedTuple):
    """How one line stands to the newest release."""

    line: int
    change: str
    """`added`, `changed`, `behind`, `removed-there`, `diverged` or `conflicted`."""


class Changes(NamedTuple):
    """How a file stands to the newest release."""

    lines: tuple[Change, ...] = ()
    removed: tuple[str, ...] = ()
    """Names that the release has and the file once had."""


def masks(snapshot: Snapshot, place: Place) -> list[Line] | None:
    """Return what is covered of each line of an env file; None for any other document.

    An editor's own document of a release is covered as well: what is typed into it is a value.
    """
    file = snapshot.readable(place)
    if file is None:
        return None
    covered = _COVERED.of(place, file.blocks, _rules(file, snapshot.settings, place))
    shared = [index for index, block in enumerate(file.blocks[:-1], 1) if not block.ends_line]
    lines = _placed(file, covered) if shared else list(chain.from_iterable(map(_LINES_OF, covered)))
    _cover_repeated(file, covered, lines)
    _cover_what_has_no_parts(file, covered, shared, lines)
    return lines


def changes(snapshot: Snapshot, place: Place) -> Changes:
    """Return how the lines of an env file stand to the newest release."""
    file, found = snapshot.env_file(place), drift(snapshot, place)
    if file is None or found is None:
        return Changes()
    lines = (
        Change(file.first_lines[file.by_name[name][-1]], _CHANGES[stand])
        for name, stand in found.stands.items()
    )
    return Changes(tuple(sorted(lines)), tuple(name for name in found.missing if name in found.taken_out))


# --- what a block covers ------------------------------------------------------------------------


class _Covered(NamedTuple):
    """What one block covers."""

    lines: tuple[Line, ...]
    """Of each line that ends in it, and of the last one of the file."""
    words: frozenset[bytes]
    """The words of its comment: one of them may begin a value that the file has."""
    begins: bytes
    """The first word of its value."""
    opens: bool
    """It is a commented-out value that goes on below."""


_LINES_OF = itemgetter(0)


class _Rules(NamedTuple):
    """What decides over a block, besides its own bytes."""

    dialect: str
    encoding: Encoding
    is_example: bool
    show: frozenset[str]
    hide: frozenset[str]


def _rules(file: EnvFile, settings: Settings, place: Place) -> _Rules:
    name = place.replace("\\", "/").rpartition("/")[2]
    is_example = any(fnmatchcase(name, pattern) for pattern in settings.masks_files)
    show = settings.masks_show | (_chosen(file) if settings.masks_choices else frozenset())
    return _Rules(file.dialect, file.text.encoding, is_example, show, settings.masks_hide)


def _chosen(file: EnvFile) -> frozenset[str]:
    """Return the names whose value is one of those that the comment above allows."""
    decode = dialect_named(file.dialect).decode
    return frozenset(
        block.name
        for index, block in enumerate(file.blocks)
        if block.statement.kind is Kind.ASSIGNMENT
        and file.blocks[index - 1].statement.kind is Kind.COMMENT
        and decode(block.literal) in choices(file.comment_above(index))
    )


_PLAIN = re.compile(rb"([A-Za-z0-9_.-]{1,128})=([^\s#'\"`\\$]+)\n", re.ASCII)
_PROSE = re.compile(rb"[ \t]*#(?:[ \t]*[^\s=:@#_-]{1,15}(?=[ \t\n]))*[ \t]*\n", re.ASCII)
"""Short words: no token, no address and no assignment."""
_UNSAID: frozenset[bytes] = frozenset()


def _covered(blocks: Sequence[Block], rules: _Rules) -> list[_Covered]:
    may_be_seen = rules.is_example or rules.show
    found = []
    for block in blocks:
        plain = None if may_be_seen else _PLAIN.fullmatch(block.data)
        if plain is not None and block.name and block.data.isascii():
            first = _WORD.search(plain[2])
            found.append(_Covered(((plain.span(2),),), _UNSAID, first[0] if first else b"", opens=False))
        elif block.statement.kind is Kind.COMMENT and _PROSE.fullmatch(block.data):
            found.append(_Covered((_NOTHING,), frozenset(_WORD.findall(block.data)), b"", opens=False))
        else:
            found.append(_of_block(block, rules))
    return found


def _of_block(block: Block, rules: _Rules) -> _Covered:
    statement, count = block.statement, block.lines + (not block.ends_line)
    if statement.kind is Kind.BLANK:
        return _Covered((_NOTHING,) * count, _UNSAID, b"", opens=False)
    covering = Covering(as_document(block, rules.dialect))
    spans = [(edit.start, edit.end) for edit in covering.edits(statement) if edit.end > edit.start]
    if _may_be_seen(block, rules):
        value = statement.value_start, statement.value_end
        spans = [span for span in spans if span != value]
    lines = _by_line(block.data, spans, rules.encoding) if spans else (_NOTHING,) * count
    is_comment = statement.kind is Kind.COMMENT
    comment = (
        block.data[statement.comment_start : statement.comment_end] if statement.comment_start >= 0 else b""
    )
    opens = is_comment and list(continued((block.data, b"#")))[1]
    first = _WORD.search(block.literal) if statement.kind is Kind.ASSIGNMENT else None
    return _Covered(lines, frozenset(_WORD.findall(comment)), first[0] if first else b"", opens)


def _may_be_seen(block: Block, rules: _Rules) -> bool:
    """Return whether a person lets this value be seen, and it does not look like a secret."""
    if block.statement.kind is not Kind.ASSIGNMENT or looks_secret(block.literal):
        return False
    fits = partial(fnmatchcase, block.name)
    return (rules.is_example or any(map(fits, rules.show))) and not any(map(fits, rules.hide))


def _by_line(data: bytes, spans: Sequence[tuple[int, int]], encoding: Encoding) -> tuple[Line, ...]:
    """Return spans of bytes as columns, cut at line ends."""
    found: list[Line] = []
    at = 0
    for line in split_lines(data.decode("utf-8", "replace")):
        text = line.rstrip("\r\n")
        stop = at + len(to_utf8(text))
        inside = [(max(first, at) - at, min(last, stop) - at) for first, last in spans]
        found.append(
            tuple(
                (to_column(text, first, encoding), to_column(text, last, encoding))
                for first, last in inside
                if first < last
            )
        )
        at += len(to_utf8(line))
    return tuple(found)


_COVERED: Remembered[_Covered, _Rules] = Remembered(_covered)


# --- what only the whole file tells --------------------------------------------------------------

_WORD = re.compile(rb"[A-Za-z0-9_]{3,}", re.ASCII)


def _placed(file: EnvFile, covered: Sequence[_Covered]) -> list[Line]:
    """Return the lines of a file in which statements share one."""
    lines: list[Line] = [_NOTHING] * len(file.text.lines)
    for one, first in zip(covered, file.first_lines, strict=False):
        lines[first : first + len(one.lines)] = one.lines
    return lines


def _cover_repeated(file: EnvFile, covered: Sequence[_Covered], lines: list[Line]) -> None:
    """Cover what comments repeat of the file's own values.

    A value is looked for where its first word stands; the words of comments were kept.
    """
    said = _UNSAID.union(*(one.words for one in covered if one.words))
    if not said:
        return
    values: dict[bytes, set[bytes]] = {}
    for index, one in enumerate(covered):
        if one.begins in said and len(literal := file.blocks[index].literal) >= REPEATED_MIN_BYTES:
            values.setdefault(one.begins, set()).update((literal, literal.strip(b"'\"`")))
    for index, one in enumerate(covered) if values else ():
        if one.words and (found := one.words & values.keys()):
            meant = repeated(frozenset(value for word in found for value in values[word]))
            _cover_in_comment(file, index, meant, lines)


def _cover_in_comment(file: EnvFile, index: int, meant: re.Pattern[bytes] | None, lines: list[Line]) -> None:
    statement = file.blocks[index].statement
    document = as_document(file.blocks[index], file.dialect)
    again = [
        (edit.start, edit.end)
        for edit in Covering(document, meant).edits(statement)
        if edit.end > edit.start and edit.start >= statement.comment_start
    ]
    first = file.first_lines[index]
    for row, more in enumerate(_by_line(document.data, again, file.text.encoding), first):
        lines[row] = tuple(sorted({*lines[row], *more}))


def _cover_what_has_no_parts(
    file: EnvFile, covered: Sequence[_Covered], shared: Sequence[int], lines: list[Line]
) -> None:
    """Cover whole lines where it cannot be told what of them is a value.

    Comments that go on with a commented-out value; those below a quote that is never closed,
    which may be the rest of a value; and a statement that begins in the middle of a line, as
    a few loaders have it.
    """
    blocks = file.blocks
    is_open = any(one.opens for one in covered)
    if not shared and not is_open and file.told_apart >= len(blocks):
        return
    comments = (block.data if block.statement.kind is Kind.COMMENT else None for block in blocks)
    for index, goes_on in enumerate(continued(comments)):
        is_below = blocks[index].statement.kind is Kind.COMMENT and index > file.told_apart
        if goes_on or is_below or index in shared:
            _cover(file, index, lines)


def _cover(file: EnvFile, index: int, lines: list[Line]) -> None:
    """Cover every line of a statement."""
    block, first = file.blocks[index], file.first_lines[index]
    for row in range(first, first + block.lines + (not block.ends_line)):
        width = units_of(file.text.line(row), file.text.encoding)
        lines[row] = ((0, width),) if width else _NOTHING
