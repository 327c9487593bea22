"""An `ev.yaml` as a tree in which every word knows its place.

Refuses what `service.tables` refuses: tags, anchors, aliases, deep nesting, more than one
document, a name twice. Refusals are faults with a place, never exceptions, and do not
quote the text. Offsets count code points from the start of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

MAX_BYTES = 64 * 1024
"""As `service.config` has it: more is not a configuration."""
MAX_DEPTH = 6
"""As `service.tables` has it; the deepest place of the format is four."""
_BOM = "\ufeff"


class Fault(NamedTuple):
    """Something that keeps the file from being read."""

    message: str
    start: int
    end: int


Name: TypeAlias = "str | int"
Path: TypeAlias = tuple[Name, ...]
"""Names of tables and numbers in lists, from the top."""


@dataclass(slots=True)
class Node:
    """A word, a list or a table."""

    start: int
    end: int
    text: str | None = None
    """Of a word."""
    is_plain: bool = False
    """A word without quotes."""
    items: list[Node] | None = None
    table: dict[str, Entry] | None = None


class Entry(NamedTuple):
    """A name of a table, and what stands under it."""

    name: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Tree:
    """The file: its top, as far as it could be read, and what was in the way."""

    root: Node | None = None
    faults: list[Fault] = field(default_factory=list)

    def at(self, path: Iterable[Name]) -> Node:
        """Return the node at a path that exists."""
        node = self.root
        for name in path:
            assert node is not None
            node = _child(node, name)
        assert node is not None
        return node

    def name_at(self, path: Sequence[Name]) -> Node:
        """Return the name that leads to a path; the node itself in a list and at the top."""
        if not path or isinstance(path[-1], int):
            return self.at(path)
        table = self.at(path[:-1]).table
        assert table is not None
        return table[path[-1]].name


def read_tree(text: str) -> Tree:
    """Return the tree of a text. Never raises."""
    import yaml

    data = text.encode("utf-8", "replace")
    if len(data) > MAX_BYTES:
        return Tree(None, [Fault(f"larger than {MAX_BYTES // 1024} KiB", 0, 0)])
    builder = _Builder(text.startswith(_BOM))  # YAML takes one off, and does not count it
    try:
        for event in yaml.parse(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            builder.take(event)
    except (yaml.YAMLError, UnicodeDecodeError) as broken:
        at = _place_of(broken, text)
        return Tree(None, [*builder.faults, Fault("this is not YAML", at, at)])
    return builder.tree(len(text))


def _place_of(broken: Exception, text: str) -> int:
    """Return where the fault is; where it is only noticed at the end, where that began."""
    end = len(text.rstrip())
    marks = (getattr(broken, "problem_mark", None), getattr(broken, "context_mark", None))
    places = [min(mark.index, end) for mark in marks if mark is not None]
    return next((place for place in places if place < end), end)


def _child(node: Node, name: Name) -> Node:
    if isinstance(name, int):
        assert node.items is not None
        return node.items[name]
    assert node.table is not None
    return node.table[name].value


class _Builder:
    """Builds the tree from YAML's events: no recursion to exhaust, nothing made but text."""

    def __init__(self, offset: int) -> None:
        self.faults: list[Fault] = []
        self._offset = offset
        self._roots: list[Node] = []
        self._open: list[tuple[Node, list[Node]]] = []

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind in {"MappingEndEvent", "SequenceEndEvent"}:
            node, children = self._open.pop()
            node.end = event.end_mark.index + self._offset
            self._close(node, children)
        elif kind in {"AliasEvent", "ScalarEvent", "MappingStartEvent", "SequenceStartEvent"}:
            self._add(event, kind)

    def tree(self, end: int) -> Tree:
        """Return what was built."""
        if len(self._roots) == 1:
            return Tree(self._roots[0], self.faults)
        second = self._roots[1].start if self._roots else 0
        message = "the file must hold one document" if self._roots else "the file is empty"
        return Tree(None, [*self.faults, Fault(message, min(second, end), min(second, end))])

    def _add(self, event: Any, kind: str) -> None:
        start, end = (mark.index + self._offset for mark in (event.start_mark, event.end_mark))
        if kind == "AliasEvent" or event.anchor or getattr(event, "tag", None):
            self.faults.append(Fault("anchors, aliases and tags are not read", start, end))
        if kind in {"AliasEvent", "ScalarEvent"}:
            plain = getattr(event, "style", None) not in {"'", '"', "|", ">"}
            self._siblings().append(Node(start, end, getattr(event, "value", ""), plain))
            return
        if len(self._open) == MAX_DEPTH:
            self.faults.append(Fault("nested too deeply", start, end))
        is_table = kind == "MappingStartEvent"
        node = Node(start, end, None, False, None if is_table else [], {} if is_table else None)
        self._siblings().append(node)
        self._open.append((node, []))

    def _siblings(self) -> list[Node]:
        return self._open[-1][1] if self._open else self._roots

    def _close(self, node: Node, children: list[Node]) -> None:
        if node.items is not None:
            node.items.extend(children)
        elif node.table is not None:
            for name, value in _pairs(children):
                if name.text is None:
                    self.faults.append(Fault("a name must be a word", name.start, name.end))
                elif name.text in node.table:
                    self.faults.append(Fault(f"{name.text[:64]} stands twice", name.start, name.end))
                else:
                    node.table[name.text] = Entry(name, value)


def _pairs(children: list[Node]) -> Iterator[tuple[Node, Node]]:
    return zip(children[::2], children[1::2], strict=True)
