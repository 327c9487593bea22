"""Where a name is being typed: in whole code by the tree, in half-typed code by its line.

A quote that is not closed yet swallows what follows it, to the end of the line or of the
file, in a way that differs from grammar to grammar; after `process.env.` the parser takes
the next line's first word for the name. What stands before the caret on its line does not
change with any of that. So where the tree has no name at the caret, the line is read
backwards from it: what there is of a name, the quote, the bracket or the dot, the path.
Whether that is code at all, and no comment, the tree still says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from envlsp.code.looking import Look
from envlsp.code.paths import LONGEST_BYTES, dotted
from envlsp.code.reads import Form, Point, Site
from envlsp.code.trees import DEPTH_MAX, ancestors, children_of, depth_at

if TYPE_CHECKING:
    from envlsp.code.trees import Node

NEAR_BYTES = 1 << 10
"""What is read of a line, on either side of the caret."""

_WORD = re.compile(rb"\w*")
_STRING = re.compile(rb"[\w.-]*")
_PATH = re.compile(rb"[A-Za-z_$][\w$]*(?:\s*[?!]{0,2}\.\s*[A-Za-z_$][\w$]*)*\Z")
_OPENERS = b"{,"
"""After these a new part of a pattern begins."""


class _Caret(NamedTuple):
    """The line that the caret is in, cut in two."""

    before: bytes
    after: bytes
    point: Point
    offset: int
    """Bytes before the caret in the whole text."""

    def around(self, before: int, pattern: re.Pattern[bytes], form: Form) -> Site:
        """Return the site that begins some bytes before the caret and goes on while the pattern fits."""
        match = pattern.match(self.after)
        after = match.end() if match is not None else 0
        row, column = self.point
        return Site(Point(row, column - before), Point(row, column + after), form)


def site_at(found: Look, point: Point) -> Site | None:
    """Return the place where a name is being typed."""
    for spot in found.spots.values():
        if spot.start <= point <= spot.end:
            return Site(spot.start, spot.end, spot.form, spot.taken - {spot.text.decode()})
    caret = _caret(found.source, point)
    return None if caret is None else _in_pattern(found, caret) or _on_line(found, caret)


def typed_at(found: Look, place: int, point: Point) -> Site | None:
    """Return what the line alone says of a place, given in bytes and as a point."""
    return _on_line(found, _caret_at(found.source, place - point.column, point))


def _on_line(found: Look, caret: _Caret) -> Site | None:
    return _in_string(found, caret) or _after_dot(found, caret)


def _caret(source: bytes, point: Point) -> _Caret | None:
    start = 0
    for _ in range(point.row):
        start = source.find(b"\n", start) + 1
        if not start:
            return None
    end = source.find(b"\n", start)
    length = (len(source) if end < 0 else end) - start
    if point.row < 0 or not 0 <= point.column <= length:
        return None
    return _caret_at(source, start, point)


def _caret_at(source: bytes, start: int, point: Point) -> _Caret:
    offset = start + point.column
    end = source.find(b"\n", offset)
    around = max(start, offset - NEAR_BYTES), min(len(source) if end < 0 else end, offset + NEAR_BYTES)
    return _Caret(source[around[0] : offset], source[offset : around[1]], point, offset)


def _in_pattern(found: Look, caret: _Caret) -> Site | None:
    """Return the site of a part that nothing is typed of yet: `{ A, <|> } = process.env`."""
    for pattern in found.patterns.values():
        if not pattern.start_byte < caret.offset < pattern.end_byte:
            continue
        before = [child for child in children_of(pattern) if child.start_byte < caret.offset]
        if before and before[-1].end_byte <= caret.offset and before[-1].type.encode() in _OPENERS:
            taken = (spot for start, spot in found.spots.items() if _holds(pattern, start))
            names = frozenset(spot.text.decode() for spot in taken if spot.is_name())
            return Site(caret.point, caret.point, Form.SHORTHAND, names)
    return None


def _in_string(found: Look, caret: _Caret) -> Site | None:
    """Return the site of `os.environ["NA<|>`, whether the quote is closed or not."""
    syntax = found.syntax
    head, typed = _cut(caret.before, _STRING)
    if not head or head[-1] not in syntax.quotes:
        return None
    head = head[:-1]
    if head[-1:] in _single(syntax.prefixes) and head[-2:-1] in (b"[", b"("):
        head = head[:-1]
    head = head.rstrip()
    bracket, head = head[-1:], head[:-1].rstrip().removesuffix(b"?.")
    path = _path_before(found, caret, head)
    paths = syntax.paths
    if (bracket == b"[" and path in paths.environments) or (bracket == b"(" and path in paths.readers):
        return caret.around(typed, _STRING, Form.STRING)
    return None


def _after_dot(found: Look, caret: _Caret) -> Site | None:
    """Return the site of `process.env.NA<|>`."""
    head, typed = _cut(caret.before, _WORD)
    if not found.syntax.has_properties or not head.endswith(b"."):
        return None
    head = head[:-1].removesuffix(b"?").removesuffix(b"!")
    if _path_before(found, caret, head) in found.syntax.paths.environments:
        return caret.around(typed, _WORD, Form.PROPERTY)
    return None


def _path_before(found: Look, caret: _Caret, head: bytes) -> str | None:
    """Return which path that matters ends a line that is cut before the caret."""
    tail = head[-LONGEST_BYTES:].rstrip()
    match = _PATH.search(tail)
    if match is None or tail[: match.start()].rstrip().endswith((b".", b'"', b"'", b"`")):
        return None
    start = caret.offset - len(caret.before) + len(head.rstrip()) - len(match[0])
    path = dotted(match[0])
    if path is None or depth_at(found.tree, start) > DEPTH_MAX:
        return None
    node = found.tree.root_node.descendant_for_byte_range(start, start + 1)
    if node is None or not _is_code(found, node) or start >= found.code_end:
        return None
    return found.meaning(path, node)


def _is_code(found: Look, node: Node) -> bool:
    """Return whether a node is neither in a comment nor in a string.

    Where the text is broken, what the parser takes for a string may be what follows an
    unclosed quote, so there only comments count.
    """
    is_text = False
    for above in _with_ancestors(node):
        if "comment" in above.type:
            return False
        if above.type in found.syntax.substitutions and not is_text:
            return True
        is_text = is_text or above.type in found.syntax.strings
        if above.type == "ERROR":
            return True
    return not is_text


def _with_ancestors(node: Node) -> Iterator[Node]:
    yield node
    yield from ancestors(node)


def _holds(pattern: Node, place: int) -> bool:
    return pattern.start_byte <= place < pattern.end_byte


def _cut(before: bytes, pattern: re.Pattern[bytes]) -> tuple[bytes, int]:
    """Return what stands before the part of a name that ends a line, and how long that is."""
    start = len(before)
    while start and pattern.fullmatch(before[start - 1 : start]):
        start -= 1
    return before[:start], len(before) - start


def _single(letters: bytes) -> tuple[bytes, ...]:
    return tuple(letters[at : at + 1] for at in range(len(letters)))
