"""Which parts of an env file an editor covers, line by line; and how the lines stand.

Columns and nothing else: an editor that shows exactly the rest shows no value. What is
covered is said by `domain.dotenv.covering`; here a person's settings let some values be
seen, and never one that looks like a secret: a name alone says nothing about a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
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

SEEN_AT_MOST: Final = r"^(?:export )?[A-Z][A-Z0-9_]{0,63}="
"""What an editor may show of a line before it was told: a name, as most are spelled. A regular
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
    rules = _rules(file, snapshot.settings, place)
    covered = _COVERED.of(place, file.blocks, rules)
    return _lines(file, covered)


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

_Covered: TypeAlias = "tuple[Line, ...]"
"""Of each line of a block, counted from its first byte."""


class _Rules(NamedTuple):
    """What decides over a block, besides its own bytes."""

    dialect: str
    encoding: Encoding
    is_example: bool
    show: frozenset[str]
    hide: frozenset[str]
    values: frozenset[bytes]
    """The values of the file that may be repeated in its comments."""


def _rules(file: EnvFile, settings: Settings, place: Place) -> _Rules:
    name = place.replace("\\", "/").rpartition("/")[2]
    is_example = any(fnmatchcase(name, pattern) for pattern in settings.masks_files)
    show = settings.masks_show | (_chosen(file) if settings.masks_choices else frozenset())
    has_words = any(block.statement.comment_start >= 0 for block in file.blocks)
    values = frozenset(_values(file)) if has_words else frozenset()
    return _Rules(file.dialect, file.text.encoding, is_example, show, settings.masks_hide, values)


def _values(file: EnvFile) -> Iterator[bytes]:
    for block in file.blocks:
        literal = block.literal if block.statement.kind is Kind.ASSIGNMENT else b""
        if len(literal) >= REPEATED_MIN_BYTES:
            yield literal.strip(b"'\"`")
            yield literal


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


def _covered(blocks: Sequence[Block], rules: _Rules) -> list[_Covered]:
    find = repeated(rules.values)
    return [_of_block(block, rules, Covering(as_document(block, rules.dialect), find)) for block in blocks]


def _of_block(block: Block, rules: _Rules, covering: Covering) -> _Covered:
    if block.statement.kind is Kind.BLANK:
        return ()
    spans = [(edit.start, edit.end) for edit in covering.edits(block.statement) if edit.end > edit.start]
    if _may_be_seen(block, rules):
        value = block.statement.value_start, block.statement.value_end
        spans = [span for span in spans if span != value]
    return _by_line(block.data, spans, rules.encoding)


def _may_be_seen(block: Block, rules: _Rules) -> bool:
    """Return whether a person lets this value be seen, and it does not look like a secret."""
    if block.statement.kind is not Kind.ASSIGNMENT or looks_secret(block.literal):
        return False
    fits = partial(fnmatchcase, block.name)
    return (rules.is_example or any(map(fits, rules.show))) and not any(map(fits, rules.hide))


def _by_line(data: bytes, spans: Sequence[tuple[int, int]], encoding: Encoding) -> _Covered:
    """Return spans of bytes as columns, cut at line ends."""
    if not spans:
        return ()
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


# --- the whole file -----------------------------------------------------------------------------


def _lines(file: EnvFile, covered: Sequence[_Covered]) -> list[Line]:
    found: list[Line] = [_NOTHING] * len(file.text.lines)
    comments = (block.data if block.statement.kind is Kind.COMMENT else None for block in file.blocks)
    goes_on = continued(comments)
    for index, (lines, first) in enumerate(zip(covered, file.first_lines, strict=False)):
        if next(goes_on) or _has_no_parts(file, index):
            _cover(file, index, found)
        elif lines:
            found[first : first + len(lines)] = lines
    return found


def _has_no_parts(file: EnvFile, index: int) -> bool:
    """Return whether it cannot be told here what of a block is a value.

    A comment below a quote that is never closed may be the rest of a value. And a few
    loaders begin a statement in the middle of a line.
    """
    block = file.blocks[index]
    if block.statement.kind is Kind.COMMENT and index > file.told_apart:
        return True
    return index > 0 and not file.blocks[index - 1].ends_line


def _cover(file: EnvFile, index: int, found: list[Line]) -> None:
    """Cover every line of a statement."""
    block, first = file.blocks[index], file.first_lines[index]
    for row in range(first, first + block.lines + (not block.ends_line)):
        width = units_of(file.text.line(row), file.text.encoding)
        found[row] = ((0, width),) if width else _NOTHING
