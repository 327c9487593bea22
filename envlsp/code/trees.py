"""Syntax trees: the one door to tree-sitter.

A grammar is loaded when a text is first parsed, its query compiled once. A parser is made
for every parse: it costs a third of a microsecond, and unlike grammars and queries,
parsers and query cursors must not be shared between threads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pkgutil import get_data
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import tree_sitter

    Node: TypeAlias = tree_sitter.Node
    Parser: TypeAlias = tree_sitter.Parser
    Tree: TypeAlias = tree_sitter.Tree
    Captures: TypeAlias = dict[str, list[tree_sitter.Node]]

CHUNK_BYTES = 8 << 10
"""A parse holds the interpreter's lock. Handed over in chunks it can let go in between, so
that a large file in the background does not stand in the way of a request."""
EDIT_BYTES = 1 << 10
"""Texts that differ in more than this, whole lines counted, are not of one document."""
WHOLE_BYTES = 16 << 10
"""Up to this a text is parsed in one go: it takes less than 10 ms."""
PARSE_STEPS = 7_000
"""Of a hundred moves of the parser each, some 15 µs: four hundred kilobytes of dense code."""
BROKEN_STEPS = 5
"""What a step counts for once there is an error: the parser then tries many ways at once."""
UNCLOSED_MAX = 1_000
"""A text with more open brackets is broken, however it looks to the parser."""
CHUNK_READS = 8
"""How often a text is handed over: comments in Python are read again from each of their lines."""
INDENTS_MAX = 200
"""Python's grammar writes past its memory somewhere above 500."""

SPAN_BYTES = 256
"""Places closer together than this are looked at in one go."""
SPAN_BYTES_MAX = 8 << 10
"""The interpreter's lock is held while a span is looked at."""
PLACES_MAX = 3_000
"""How often a word is looked at: people do not write files that name the environment so often."""
CHILDREN_MAX = 1_000
"""How many parts of a list are looked at."""
DEPTH_MAX = 100
"""People do not nest deeper, and finding a node's parent takes as long as the node is deep."""
LOOKING_STEPS = 250_000
"""What looking at a text may cost, see `Budget`: a tenth of a second."""

MATCHES_MAX = 256
"""Half-finished matches at a time; without an end, a chain of 20,000 calls takes half a minute."""

_DEEP = re.compile(rb"\n[ \t\f]{%d}" % INDENTS_MAX)
_INDENT = re.compile(rb"^[ \t\f]*", re.MULTILINE)
_LONE_RETURN = re.compile(rb"\r(?!\n)")


class Grammar:
    """A grammar and the query of a language."""

    def __init__(self, load: Callable[[], object], *queries: str) -> None:
        """Say where to find them; nothing is loaded yet.

        Args:
            load: imports the grammar's package and returns its pointer.
            queries: packages with a `reads.scm`, put together in this order.
        """
        self._load = load
        self._queries = queries
        self._last: tuple[bytes, Tree] | None = None

    def parse(self, source: bytes) -> Tree:
        """Return the tree of a text, with error nodes where it is broken.

        A text that takes too long ends where the parser is by then; one that takes too
        long to end has no tree to speak of.
        """
        from tree_sitter import Parser

        parser, source = Parser(self._language), _indented_sanely(source)
        if len(source) <= WHOLE_BYTES:
            return self._parse_whole(parser, source)
        meter = _Meter(source, CHUNK_READS * (len(source) // CHUNK_BYTES + 2), _steps_for(source))
        try:
            return parser.parse(meter.read, progress_callback=meter.is_over)
        except ValueError:
            return Parser(self._language).parse(b"")

    def _parse_whole(self, parser: Parser, source: bytes) -> Tree:
        """Return the tree of a short text; after a keystroke, most of it is that of the text before.

        What the parser makes of a broken text depends on where it comes from, and answers
        must not. So only trees without an error are gone on from, or come of it. They may
        still end a statement without a semicolon before the comment behind it or after.
        """
        tree = None
        if self._last is not None and (edited := edited_tree(*self._last, source)) is not None:
            tree = parser.parse(source, edited)
        if tree is None or tree.root_node.has_error:
            tree = parser.parse(source)
        if not tree.root_node.has_error:
            self._last = source, tree
        return tree

    def forget(self) -> None:
        """Parse the next text from scratch."""
        self._last = None

    def matches(self, tree: Tree, spans: Iterable[tuple[int, int]]) -> Iterator[Captures]:
        """Return what the query finds around the given places; the same thing may come twice."""
        from tree_sitter import QueryCursor

        for start, end in spans:
            cursor = QueryCursor(self._query, match_limit=MATCHES_MAX)
            cursor.set_byte_range(start, end)
            for _, captures in cursor.matches(tree.root_node):
                yield captures

    @cached_property
    def _language(self) -> tree_sitter.Language:
        from tree_sitter import Language

        return Language(self._load())

    @cached_property
    def _query(self) -> tree_sitter.Query:
        from tree_sitter import Query

        texts = (get_data(package, "reads.scm") or b"" for package in self._queries)
        return Query(self._language, b"\n".join(texts).decode())


def edited_tree(before: bytes, tree: Tree, after: bytes) -> Tree | None:
    """Return the tree of a text as one to parse another from; None where the two have little in common.

    Whole lines are replaced, so that no letter is cut in two.
    """
    most = min(len(before), len(after))
    start = before.rfind(b"\n", 0, _common(before, after, most)) + 1
    size = _common(before[::-1], after[::-1], most - start)
    end = before.find(b"\n", len(before) - size)
    size = len(before) - end - 1 if end >= 0 else 0
    old_end, new_end = len(before) - size, len(after) - size
    if max(old_end, new_end) - start > EDIT_BYTES:
        return None
    found = tree.copy()
    points = (_point(before, start), _point(before, old_end), _point(after, new_end))
    found.edit(start, old_end, new_end, *points)
    return found


def _common(one: bytes, other: bytes, most: int) -> int:
    """Return how many bytes two texts share at their start, of so many."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _point(source: bytes, place: int) -> tuple[int, int]:
    return source.count(b"\n", 0, place), place - source.rfind(b"\n", 0, place) - 1


_ENDING = b"\n" * 8
"""The parser crashes where a text ends within a letter."""


@dataclass(slots=True)
class _Meter:
    """A text handed to a parser, until it has taken too long: then it ends."""

    source: bytes
    reads_left: int
    steps_left: int
    is_cut: bool = False
    end_steps_left: int = PARSE_STEPS

    def read(self, offset: int, _point: object) -> bytes:
        """Return the next chunk, of a text that is shorter when time is up."""
        self.reads_left -= 1
        if not self.is_cut and (self.reads_left < 0 or self.steps_left < 0):
            self.source, self.is_cut = self.source[:offset] + _ENDING, True
        return self.source[offset : offset + CHUNK_BYTES]

    def is_over(self, _offset: int, has_error: bool, /) -> bool:  # noqa: FBT001 - as the parser calls it
        """Return whether the parser has not even come to an end after the end."""
        if self.steps_left >= 0:
            self.steps_left -= BROKEN_STEPS if has_error else 1
            return False
        self.end_steps_left -= 1
        return self.end_steps_left < 0


@dataclass(slots=True)
class Budget:
    """What may still be spent on looking at a text.

    A place costs about the square of its depth: its ancestors are asked for, and each is
    found from the root.
    """

    left: int = LOOKING_STEPS

    def spend(self, steps: int) -> bool:
        """Take some steps away; return whether there were any left."""
        self.left -= steps
        return self.left >= 0

    def reachable(self, tree: Tree, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Return those of some places that are neither too deep, nor too many."""
        for start, end in places:
            depth = depth_at(tree, end - 1)
            if not self.spend(50 + (50 + depth**2 // 2 if depth <= DEPTH_MAX else 0)):
                return
            if depth <= DEPTH_MAX:
                yield start, end


def depth_at(tree: Tree, place: int) -> int:
    """Return how deep the leaf at a place is; over `DEPTH_MAX` where it is not worth looking."""
    cursor, depth = tree.walk(), 0
    is_broken = tree.root_node.has_error
    while depth <= DEPTH_MAX:
        if is_broken and (node := cursor.node) and node.is_error and node.child_count > CHILDREN_MAX:
            return DEPTH_MAX + 1  # nothing was understood, and queries get lost in it
        if cursor.goto_first_child_for_byte(place) is None:
            return depth
        depth += 1
    return depth


def _steps_for(source: bytes) -> int:
    """Return how many steps a parse may take; the parser says late, or never, that a text is broken."""
    unclosed = sum(source.count(opening) for opening in (b"(", b"[", b"{"))
    unclosed -= sum(source.count(closing) for closing in (b")", b"]", b"}"))
    return PARSE_STEPS if unclosed < UNCLOSED_MAX else PARSE_STEPS // BROKEN_STEPS


def way_to(tree: Tree, place: int) -> Iterator[Node]:
    """Return what holds a place, outermost first, down to the leaf; at most `DEPTH_MAX` of it."""
    cursor = tree.walk()
    for _ in range(DEPTH_MAX):
        node = cursor.node
        if node is None or not node.start_byte <= place < node.end_byte:
            return
        yield node
        if cursor.goto_first_child_for_byte(place) is None:
            return


def _indented_sanely(source: bytes) -> bytes:
    """Return a text up to where it is indented in more ways than a parser can take."""
    deep = _DEEP.search(source)
    if deep is None or len({*_INDENT.findall(source)}) <= INDENTS_MAX:
        return source
    return source[: deep.start() + 1]


def places_of(words: Iterable[bytes], source: bytes) -> Iterator[tuple[int, int]]:
    """Return where some words stand, be it inside of other words; by word, not by place."""
    for word in words:
        at = source.find(word)
        for _ in range(PLACES_MAX):
            if at < 0:
                break
            yield at, at + len(word)
            at = source.find(word, at + len(word))


def spans_of(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return places that are in their order, neighbours put together."""
    spans: list[tuple[int, int]] = []
    for start, end in places:
        if spans and start - spans[-1][1] < SPAN_BYTES and end - spans[-1][0] < SPAN_BYTES_MAX:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((start, end))
    return spans


def children_of(node: Node, limit: int = CHILDREN_MAX) -> Iterator[Node]:
    """Return the first children of a node, of a very long list not all."""
    cursor = node.walk()
    has_next = cursor.goto_first_child()
    for _ in range(limit):
        if not has_next or cursor.node is None:
            return
        yield cursor.node
        has_next = cursor.goto_next_sibling()


def named_children_of(node: Node) -> list[Node]:
    """Return the first named children of a node."""
    if node.child_count <= CHILDREN_MAX:
        return node.named_children
    return [child for child in children_of(node) if child.is_named]


def with_plain_lines(source: bytes) -> bytes:
    r"""Return a text in which every line ends with "\n", as grammars count lines; all places stay."""
    if source.count(b"\r") == source.count(b"\r\n"):
        return source
    return _LONE_RETURN.sub(b"\n", source)


def ancestors(node: Node) -> Iterator[Node]:
    """Return what holds a node, innermost first; at most `DEPTH_MAX` of it."""
    above = node.parent
    for _ in range(DEPTH_MAX):
        if above is None:
            return
        yield above
        above = above.parent


def text_of(node: Node, source: bytes) -> bytes:
    """Return the text of a node; node.text knows nothing of a text that came in chunks."""
    return source[node.start_byte : node.end_byte]
