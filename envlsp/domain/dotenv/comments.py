"""Assignments that were commented out: old values that still need a mask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from envlsp.domain.dotenv.tokens import Document, Kind

LONG_MIXED_WORD = (
    r"(?<![A-Za-z0-9+=])(?=[A-Za-z+=]*[0-9][A-Za-z+=]*[0-9])(?=[0-9+=]*[A-Za-z])[A-Za-z0-9+=]{16,}"
)
"""A word, or a part of one, as keys and tokens are: long, with letters and several digits."""

_ASSIGNMENT = re.compile(rb"[#\s]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(.*)", re.DOTALL)


class CommentedOut(NamedTuple):
    """The places of a commented-out assignment in the file; the value ends with the comment."""

    name_start: int
    name_end: int
    value_start: int
    value_end: int


def commented_out(document: Document) -> Iterator[CommentedOut]:
    """Yield every whole-line comment that reads `NAME=value`, in any dialect."""
    for statement in document.statements:
        if statement.kind is Kind.COMMENT:
            match = _ASSIGNMENT.fullmatch(document.data, statement.comment_start, statement.comment_end)
            if match is not None:
                yield CommentedOut(*match.span(1), *match.span(2))
