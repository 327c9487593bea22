"""Assignments that were commented out: old values that still need a mask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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


def continued(comments: Iterable[bytes | None]) -> Iterator[bool]:
    """Yield for each statement whether it is a comment that goes on with a commented-out value.

    Args:
        comments: the bytes of each statement that is a comment, None for any other one.
    """
    quote = b""
    for comment in comments:
        if comment is None:
            quote = b""
            yield False
        elif quote:
            yield True
            quote = b"" if quote in comment else quote
        else:
            yield False
            quote = _left_open(comment)


def _left_open(comment: bytes) -> bytes:
    """Return the quote that a commented-out value begins with and does not end with."""
    match = _ASSIGNMENT.fullmatch(comment.rstrip(b"\r\n"))
    first = match[2][:1] if match is not None else b""
    return first if match and first in (b"'", b'"', b"`") and first not in match[2][1:] else b""
