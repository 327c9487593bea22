"""Comments that head a part of a `.env` file: `# --- Database ---`, or a title between rules.

A title is shown in outlines, so it has to look like one: words, no `=`, nothing long
enough to be a key that somebody commented out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from envlsp.domain.dotenv.tokens import Kind
from envlsp.ide.envfile import Block, EnvFile
from envlsp.ide.remembered import Remembered
from envlsp.ide.results import Place

_RULES = r"[-=*#~_─═]"
_TITLE = r"[^\W_][\w &/,.()'+-]{0,59}?"
_HEADED = re.compile(rf"#+[ \t]*(?:{_RULES}{{2,}}[ \t]*)(?P<title>{_TITLE})[ \t]*{_RULES}*\s*")
_DOUBLED = re.compile(rf"##+[ \t]*(?P<title>{_TITLE})[ \t]*#*\s*")
_RULE = re.compile(rf"#+[ \t]*{_RULES}{{3,}}\s*|#{{4,}}\s*")
_PLAIN = re.compile(rf"#[ \t]*(?P<title>{_TITLE})[ \t]*#?\s*")
_WORD_MAX = 20
"""Letters of a word of a title; what is longer might be a key."""
_LINE_MAX = 120


class Heading(NamedTuple):
    """A title, and the statements that it heads."""

    title: str
    first: int
    """The first of its own comment lines: index of a block."""
    at: int
    """The block with the title."""
    end: int
    """The first block that is not its any more."""


class _Line(NamedTuple):
    """What a comment could be."""

    title: str = ""
    is_heading: bool = False
    is_rule: bool = False


_NOTHING = _Line()


def headings(place: Place, env: EnvFile) -> list[Heading]:
    """Return the headings of a file, in order; a part ends where the next heading begins."""
    lines = _LINES.of(place, env.blocks, None)
    starts: list[tuple[int, int, str]] = []
    for index, line in enumerate(lines[: env.told_apart]):
        if line is _NOTHING or not line.title:
            continue
        is_ruled = 0 < index < len(lines) - 1 and lines[index - 1].is_rule and lines[index + 1].is_rule
        if is_ruled or line.is_heading:
            starts.append((index - is_ruled, index, line.title))
    ends = [first for first, _, _ in starts[1:]] + [len(lines)]
    return [Heading(title, first, at, end) for (first, at, title), end in zip(starts, ends, strict=False)]


def _read(blocks: Sequence[Block], _: None) -> list[_Line]:
    comment = Kind.COMMENT
    return [_line(block.data) if block.statement.kind is comment else _NOTHING for block in blocks]


def _line(data: bytes) -> _Line:
    if len(data) > _LINE_MAX:
        return _NOTHING
    text = data.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    if _RULE.fullmatch(text):
        return _Line(is_rule=True)
    headed = _HEADED.fullmatch(text) or _DOUBLED.fullmatch(text)
    found = headed or _PLAIN.fullmatch(text)
    if found is None or any(len(word) > _WORD_MAX for word in found["title"].split()):
        return _NOTHING
    return _Line(found["title"].strip(), headed is not None)


_LINES: Remembered[_Line, None] = Remembered(_read)
