"""What may be a secret between the values of a file: comments, and lines that lost to later ones.

A layout keeps the text of a file around its values, and old values live there: in
`#TOKEN=...`, in a second assignment of a name, in a note. Such text has no name under which
it could be listed, so it is only told that there is some. Refuses to guess which of it is
a secret: an assignment counts, and so does a word of 16 letters or more.

Spec: docs/protocol.md, "D. Keys", point 5, and "B.8 Literals and layout".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from envlsp.domain.release import Layout
from envlsp.domain.secret import SecretText

LONG_BYTES: Final = 16
"""A word so long in a comment is no prose."""

_SLOT: Final = b"\0"
"""Stands for a value that was taken out; no layout holds a NUL of its own."""
_LINE: Final = re.compile(rb"[^\r\n]+")
_ASSIGNMENT: Final = re.compile(rb"[ \t#]*(?:export[ \t]+)?[A-Za-z0-9_.-]+[ \t]*[=:][ \t]*([^\s\0][^\0]*)")
_WORD: Final = re.compile(rb"[^\s\0]{%d,}+(?!\0)" % LONG_BYTES)  # not the name before a value


def hidden_texts(layout: Layout | None) -> frozenset[SecretText]:
    """Return what stands between the values of a file and may be one itself."""
    if layout is None:
        return frozenset()
    verbatim = b"".join(part if isinstance(part, bytes) else _SLOT for part in layout.parts)
    return frozenset(SecretText(text) for line in _LINE.findall(verbatim) for text in _suspects(line))


def _suspects(line: bytes) -> Iterator[bytes]:
    if assigned := _ASSIGNMENT.match(line):
        yield assigned[1].strip()
    yield from _WORD.findall(line)


def all_hidden_texts(layouts: Iterable[Layout | None]) -> frozenset[SecretText]:
    """Return what stands in any of these files; equal layouts are read once."""
    return frozenset(text for layout in {*layouts} for text in hidden_texts(layout))
