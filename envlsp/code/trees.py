"""Syntax trees: the one door to tree-sitter.

A grammar is loaded when a text is first parsed, its query compiled once. A parser is made
for every parse: it costs a third of a microsecond, and unlike grammars and queries,
parsers and query cursors must not be shared between threads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pkgutil import get_data
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import tree_sitter

    Node: TypeAlias = tree_sitter.Node
    Tree: TypeAlias = tree_sitter.Tree
    Captures: TypeAlias = dict[str, list[tree_sitter.Node]]

CHUNK_BYTES = 8 << 10
"""A parse holds the interpreter's lock. Handed over in chunks it can let go in between, so
that a large file in the background does not stand in the way of a request."""
WHOLE_BYTES = 32 << 10
"""Up to this a text is parsed in one go: it takes less than 10 ms."""
SPAN_BYTES = 256
"""Places closer together than this are looked at in one go."""

DEPTH_MAX = 100
"""People do not nest deeper, and finding a node's parent takes as long as the node is deep."""

MATCHES_MAX = 1024
"""Half-finished matches at a time; without an end, a chain of 20,000 calls takes half a minute."""

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

    def parse(self, source: bytes) -> Tree:
        """Return the tree of a text, with error nodes where it is broken."""
        from tree_sitter import Parser

        parser = Parser(self._language)
        if len(source) <= WHOLE_BYTES:
            return parser.parse(source)
        return parser.parse(lambda offset, _: source[offset : offset + CHUNK_BYTES])

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


def places_of(words: Iterable[bytes], source: bytes) -> Iterator[tuple[int, int]]:
    """Return where some words stand, be it inside of other words; by word, not by place."""
    for word in words:
        at = source.find(word)
        while at >= 0:
            yield at, at + len(word)
            at = source.find(word, at + len(word))


def spans_of(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places in their order, neighbours put together."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if spans and start - spans[-1][1] < SPAN_BYTES:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return spans


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
