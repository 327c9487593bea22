"""A masked file that somebody has edited, with what its masks stand for put back.

A mask that was not touched stands for what it stood for: found by the lines that stayed the
same, then by the name on the line, then, where lines were changed one for one, by their
order. Whatever cannot be told so is refused: a value is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import NamedTuple, TypeAlias

from envlsp.domain.dotenv.edit import Edit, apply
from envlsp.domain.secret import MASK
from envlsp.errors import BadText

_MASK = MASK.encode()
_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_NAME = re.compile(rb"\s*(?:export[ \t]+)?([A-Za-z0-9_.-]{1,128})[ \t]*[=:]")
_MAY_PRECEDE = (b"", b" ", b"\t", b"=", b":", b"#")
_MAY_FOLLOW = (b"", b" ", b"\t", b"\r", b"\n")


class _Behind(NamedTuple):
    """What one mask stands for, and the bytes around the mask."""

    value: bytes
    before: bytes
    after: bytes


_Line: TypeAlias = "tuple[_Behind, ...]"
"""What the masks of one line stand for."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A file as it is shown, and what each of its masks stands for, in order."""

    text: bytes
    behind: tuple[bytes, ...] = field(repr=False)


def masked(data: bytes, edits: Sequence[Edit]) -> Masked | None:
    """Return a file with edits made that put masks in place of what must not be seen.

    None where one of them takes something away and leaves no mask: it could not be put back.
    """
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    behind = []
    for edit in ordered:
        if edit.replacement == _MASK:
            behind.append(data[edit.start : edit.end])
        elif edit.end > edit.start:
            return None
    text = apply(data, ordered)
    return Masked(text, tuple(behind)) if text.count(_MASK) == len(behind) else None


def unmasked(before: Masked, after: bytes) -> bytes:
    """Return an edited file with its masks taken off.

    Args:
        before: as it was shown.
        after: as somebody left it.

    Raises:
        BadText: it cannot be told what a mask stands for; the line is named, counted from 1.
    """
    work = _Work.of(before, after)
    work.by_name()
    work.by_order()
    return b"".join(map(_put_back, range(1, len(work.new) + 1), work.new, work.found))


@dataclass(slots=True)
class _Work:
    """Both files as lines, and what is known of the new ones so far."""

    old: Sequence[bytes]
    new: Sequence[bytes]
    behind: Sequence[_Line]
    """Of each old line."""
    found: list[_Line | None]
    """Of each new line; None where nobody knows yet."""
    changed: list[tuple[range, range]]
    """Old lines, and the new ones that took their place."""

    @classmethod
    def of(cls, before: Masked, after: bytes) -> _Work:
        """Begin with the lines that stayed the same."""
        old, new = _LINES.findall(before.text), _LINES.findall(after)
        work = cls(old, new, list(_behind_lines(old, before.behind)), [None] * len(new), [])
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                work.found[j1:j2] = work.behind[i1:i2]
            else:
                work.changed.append((range(i1, i2), range(j1, j2)))
        return work

    def by_name(self) -> None:
        """Go on with lines that give a name which exactly one line gave that is gone."""
        gone = _named(self.old, (at for lines, _ in self.changed for at in lines))
        come = _named(self.new, (at for _, lines in self.changed for at in lines))
        for name, places in come.items():
            sources = gone.get(name, [])
            if len(places) == len(sources) == 1:
                self._fill(places[0], sources[0])

    def by_order(self) -> None:
        """Go on with lines that were changed one for one, such as one whose name is another now."""
        gone = _named(self.old, (at for lines, _ in self.changed for at in lines))
        come = _named(self.new, (at for _, lines in self.changed for at in lines))
        for before, after in self.changed:
            for source, at in zip(before, after, strict=False) if len(before) == len(after) else ():
                was, now = _name_of(self.old[source]), _name_of(self.new[at])
                is_elsewhere = was != now and (was in come or now in gone)
                if self.found[at] is None and not is_elsewhere:
                    self._fill(at, source)

    def _fill(self, at: int, source: int) -> None:
        if self.new[at].count(_MASK) == len(self.behind[source]):
            self.found[at] = self.behind[source]


def _behind_lines(lines: Sequence[bytes], behind: Sequence[bytes]) -> Iterator[_Line]:
    values = iter(behind)
    for line in lines:
        yield tuple(_Behind(next(values), *around) for around in _around(line))


def _around(line: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the bytes before and behind each mask of a line."""
    at = line.find(_MASK)
    while at >= 0:
        end = at + len(_MASK)
        yield line[max(at - 1, 0) : at], line[end : end + 1]
        at = line.find(_MASK, end)


def _named(lines: Sequence[bytes], places: Iterable[int]) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = {}
    for at in places:
        if name := _name_of(lines[at]):
            found.setdefault(name, []).append(at)
    return found


def _name_of(line: bytes) -> bytes:
    match = _NAME.match(line)
    return match[1] if match else b""


def _put_back(number: int, line: bytes, behind: _Line | None) -> bytes:
    if _MASK not in line:
        return line
    if behind is None or not all(map(_is_whole, behind, _around(line))):
        raise BadText(
            f"line {number}: nobody can tell which value stands behind that mask",
            fix="undo the change to that line, or type the whole value",
        )
    values = [one.value for one in behind]
    return b"".join(part + value for part, value in zip(line.split(_MASK), (*values, b""), strict=True))


def _is_whole(behind: _Behind, around: tuple[bytes, bytes]) -> bool:
    """Return whether nothing was typed right beside a mask, as if it were part of the value."""
    before, after = around
    return before in (behind.before, *_MAY_PRECEDE) and after in (behind.after, *_MAY_FOLLOW)
