"""Source code that says itself where its reads are, and where a name is being typed.

os.environ["⟦NAME⟧"]          a read; ⟦NAME|default⟧, ⟦NAME|write⟧, ⟦NAME|default write⟧
os.environ["⟦NA<|>ME⟧"]       the caret, and the range of what is there of the name
os.environ[<|>"NAME"]          a caret where no name is typed
"""

from __future__ import annotations

import re

from envlsp.code.languages import Language, language_for
from envlsp.code.reads import Point, Read, Site

CARET = "<|>"
_MARK = re.compile(r"⟦([^⟧|]*(?:<\|>)?[^⟧|]*)(?:\|([^⟧]*))?⟧")


def language_of(file: str) -> Language:
    """Return the language of a file name."""
    language = language_for(file)
    assert language is not None
    return language


def check_reads(file: str, text: str) -> list[Read]:
    """Find exactly the reads that are marked, and return them."""
    plain, expected = "", list[tuple[str, Point, bool, bool]]()
    at = 0
    for mark in _MARK.finditer(text):
        plain += text[at : mark.start()]
        flags = (mark[2] or "").split()
        expected.append((mark[1], point_after(plain), "default" in flags, "write" in flags))
        plain += mark[1]
        at = mark.end()
    plain += text[at:]
    found = language_of(file).reads(plain.encode())
    assert [(read.name, read.start, read.has_default, read.is_write) for read in found] == expected
    for read in found:
        assert text_between(plain.encode(), read.start, read.end) == read.name
    return found


def check_site(file: str, text: str) -> Site | None:
    """Find the marked site at the caret, or none where nothing is marked."""
    before, _, after = text.partition(CARET)
    caret = point_after(before.replace("⟦", ""))
    source = (before + after).replace("⟦", "").replace("⟧", "").encode()
    site = language_of(file).site_at(source, caret)
    if "⟦" not in text:
        assert site is None
        return None
    assert site is not None
    assert site.start == point_after(text[: text.index("⟦")])
    marked = text[text.index("⟦") + 1 : text.index("⟧")].replace(CARET, "")
    assert text_between(source, site.start, site.end) == marked
    return site


def point_after(text: str) -> Point:
    """Return where a text ends."""
    lines = text.split("\n")
    return Point(len(lines) - 1, len(lines[-1].encode()))


def text_between(source: bytes, start: Point, end: Point) -> str:
    """Return what stands between two places of one line."""
    assert start.row == end.row
    return source.split(b"\n")[start.row][start.column : end.column].decode()
