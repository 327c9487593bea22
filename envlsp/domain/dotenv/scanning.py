"""The loop that the scanners of all dialects share: common lines fast, the others one by one.

A dialect brings two things: an expression for the lines whose meaning is plain, and a
function for everything else. Groups of the expression, in this order: `export`, name,
value, trailing comment, whole comment, line end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from envlsp.domain.dotenv.dialects import Scan
from envlsp.domain.dotenv.tokens import BOM, Kind, Statement

ScanOne: TypeAlias = "Callable[[bytes, int, Scan], int]"
"""`scan_one(data, pos, found)` takes one statement and returns where it ends."""


class PlainLines(NamedTuple):
    """How a dialect's common lines look."""

    line: re.Pattern[bytes]
    not_in: re.Pattern[bytes]
    """A file in which this is found has no plain lines."""
    avoid: bytes = b""
    """A name that is not plain, if there is one."""


def scan_file(data: bytes, plain: PlainLines, scan_one: ScanOne) -> Scan:
    """Cut a file into statements that tile it."""
    found = Scan([], [])
    pos = len(BOM) if data.startswith(BOM) else 0
    is_plain = plain.not_in.search(data, pos) is None
    while pos < len(data):
        if is_plain:
            pos = _take_plain_lines(data, pos, found, plain)
            if pos == len(data):
                break
        pos = scan_one(data, pos, found)
    return found


def _take_plain_lines(data: bytes, pos: int, found: Scan, plain: PlainLines) -> int:
    """Take lines of the common kinds; return where another kind begins."""
    add, avoid = found.statements.append, plain.avoid
    new, kind, comment_kind = tuple.__new__, Kind.ASSIGNMENT, Kind.COMMENT
    for match in plain.line.finditer(data, pos):
        # All spans at once: asking for them one by one costs more than finding them.
        (_, end), (export, _), (name_start, name_end), value, comment, whole_comment, _ = match.regs
        if end == pos:
            break
        if name_start < 0:
            add(new(Statement, (comment_kind, pos, end, -1, -1, -1, -1, *whole_comment, -1)))
        elif name_end - name_start == len(avoid) and data[name_start:name_end] == avoid:
            break
        else:
            add(new(Statement, (kind, pos, end, name_start, name_end, *value, *comment, export)))
        pos = end
    return pos
