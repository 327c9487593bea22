"""What the comment above a name says about it, without what looks like a value in it.

Documentation is shown in code, where nobody expects a secret: so an assignment that was
commented out is left out, with all its lines, and so is what looks like a token or a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from envlsp.domain.dotenv.blocks import Block
from envlsp.domain.dotenv.comments import LONG_MIXED_WORD
from envlsp.domain.dotenv.tokens import Kind

_ASSIGNMENT = re.compile(r"(?:export\s+)?[\w.-]+\s*=\s*(.*)", re.DOTALL)
_QUOTES = "'\"`"
_LOOKS_SECRET = re.compile(rf"[^\s:]{{24,}}|.*://[^/\s]*:[^/\s]*@.*|.*{LONG_MIXED_WORD}.*", re.DOTALL)
"""One long word (rulers say nothing either), an address with a password, or a token among words."""

_CHOICES = re.compile(r"\b(?:one of|either|allowed|choices|options)\b\s*:?\s*(.+)", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*[,|]\s*(?:or\s+)?|\s+or\s+")
_WORD = re.compile(r"[\w.-]{1,32}")


def documentation(blocks: Sequence[Block], index: int) -> list[str]:
    """Return the comment lines right above a block, without their marks."""
    first = index
    while first > 0 and blocks[first - 1].statement.kind is Kind.COMMENT:
        first -= 1
    return list(_without_values(_text(block) for block in blocks[first:index]))


def choices(lines: Sequence[str]) -> list[str]:
    """Return the words that a comment says a value is one of; none where it says no such thing."""
    for line in lines:
        found = _CHOICES.search(line)
        words = [word.strip(" .'\"`") for word in _BETWEEN.split(found[1])] if found is not None else []
        if len(words) > 1 and all(map(_WORD.fullmatch, words)):
            return words
    return []


def _text(block: Block) -> str:
    return block.data.decode("utf-8", "replace").strip("\ufeff \t\r\n").lstrip("#").strip()


def _without_values(lines: Iterator[str]) -> Iterator[str]:
    open_quote = ""
    for line in lines:
        if open_quote:
            open_quote = "" if open_quote in line else open_quote
        elif found := _ASSIGNMENT.fullmatch(line):
            value = found[1]
            if value[:1] and value[0] in _QUOTES and value[0] not in value[1:]:
                open_quote = value[0]
        elif not _LOOKS_SECRET.fullmatch(line):
            yield line
