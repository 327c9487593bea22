"""A source file looked at once: its reads, the places of names, and what its local names mean.

Looks only where one of the language's words stands, then where the local names stand that
were bound there: most of a file is never visited. Knows no language; see `syntax`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from envlsp.code.paths import BINDINGS_MAX, LONGEST_BYTES, Binding, Bindings, dotted, innermost
from envlsp.code.reads import Form, Point, Read
from envlsp.code.syntax import Flags, Member, Syntax
from envlsp.code.trees import (
    PLACES_MAX,
    Budget,
    ancestors,
    children_of,
    places_of,
    spans_of,
    text_of,
    way_to,
    with_plain_lines,
)

if TYPE_CHECKING:
    from envlsp.code.trees import Captures, Node, Tree

ROUNDS = 4
"""How often aliases of aliases are followed."""

FEW = 8
"""How many parts an expression with two sides has, comments and errors among them."""
PART_STEPS = 50
"""What a part of a pattern costs."""

_NAMES = {
    Form.STRING: re.compile(rb"[A-Za-z_][\w.-]*"),
    Form.PROPERTY: re.compile(rb"[A-Za-z_]\w*"),
    Form.SHORTHAND: re.compile(rb"[A-Za-z_]\w*"),
}
_PART = re.compile(rb"[\w.-]*")
"""What may become a name as it is typed on."""


class Spot(NamedTuple):
    """A place of a name, finished or not."""

    text: bytes
    start: Point
    end: Point
    form: Form
    flags: Flags
    taken: frozenset[str] = frozenset()
    """Names of the same pattern, this one too."""

    def is_name(self) -> bool:
        """Return whether it can be the name of a variable."""
        return _NAMES[self.form].fullmatch(self.text) is not None


@dataclass(slots=True)
class Look:
    """What was found in a file."""

    syntax: Syntax
    source: bytes = field(repr=False)
    """With plain lines."""
    tree: Tree
    bindings: Bindings = field(default_factory=Bindings)
    spots: dict[int, Spot] = field(default_factory=dict)
    """By where they start."""
    patterns: dict[int, Node] = field(default_factory=dict)
    """Those that take the environment apart, by where they start."""
    budget: Budget = field(default_factory=Budget)
    code_end: int = sys.maxsize
    """Where a comment begins that is not closed: to the parser it is code."""

    def reads(self) -> list[Read]:
        """Return the reads, in text order."""
        return [
            Read(spot.text.decode(), spot.start, spot.end, spot.form, *spot.flags[:2])
            for _, spot in sorted(self.spots.items())
            if spot.is_name()
        ]

    def resolved(self, node: Node) -> str | None:
        """Return which path that matters an expression stands for."""
        inner = self.syntax.unwrapped(node)
        if inner.end_byte - inner.start_byte > LONGEST_BYTES:
            return None
        path = dotted(text_of(inner, self.source)) or self.syntax.path(inner, self.source)
        return None if path is None else self.meaning(path, inner)

    def meaning(self, path: str, node: Node) -> str | None:
        """Return what a path stands for at a place, local names considered."""
        paths = self.syntax.paths
        path = paths.bare(path)
        root, dot, rest = path.partition(".")
        bound = self.bindings.at(root, node.start_byte) if root in self.bindings else None
        if bound is not None:
            if bound.path is None:
                return None
            path = paths.bare(bound.path + dot + rest)
        if path not in paths.known or self._is_parameter(root, node, bound):
            return None
        return path

    def _is_parameter(self, root: str, node: Node, bound: Binding | None) -> bool:
        name = root.encode()
        for above in ancestors(node):
            if bound is not None and (above.start_byte, above.end_byte) == bound[2:]:
                return False
            if above.type in self.syntax.functions and _binds(above, name, self.source):
                return True
        return False


def look(syntax: Syntax, source: bytes) -> Look:
    """Parse a text and find all there is in it."""
    source = with_plain_lines(source)
    found = Look(syntax, source, syntax.grammar.parse(source))
    seen: list[Captures] = []
    places, known = places_of(syntax.words, source), set[str]()
    for _ in range(ROUNDS):
        near = found.budget.reachable(found.tree, sorted(places))
        matches = list(syntax.grammar.matches(found.tree, spans_of(near)))
        seen += matches
        for captures in matches:
            _bind(found, captures)
        new = found.bindings.of_ours() - known
        if not new:
            break
        known |= new
        places = identifiers(new, source)
    for captures in seen:
        _note(found, captures)
    found.code_end = _code_end(found)
    found.spots = {start: spot for start, spot in found.spots.items() if start < found.code_end}
    return found


def _code_end(found: Look) -> int:
    """Return where a comment begins that is not closed."""
    if found.syntax.comment is None or not found.tree.root_node.has_error:
        return sys.maxsize
    opening, closing = found.syntax.comment
    start = found.source.find(opening, max(0, found.source.rfind(closing)))
    is_text = start < 0 or any(node.type in found.syntax.strings for node in way_to(found.tree, start))
    return sys.maxsize if is_text else start


def identifiers(names: Iterable[str], source: bytes) -> Iterator[tuple[int, int]]:
    """Return where some names stand as whole words; `e` is in every other word."""
    words = b"|".join(re.escape(name.encode()) for name in names) or b"(?!)"
    return (match.span() for match in islice(re.finditer(rb"\b(?:" + words + rb")\b", source), PLACES_MAX))


def _bind(found: Look, captures: Captures) -> None:
    """Note what a match says of local names."""
    if "local" in captures:
        local, value = captures["local"][0], captures["value"][0]
        _bind_name(found, local, found.resolved(value))
    elif "pattern" in captures:
        path = found.resolved(captures["value"][0])
        if path is not None:
            _take_apart(found, captures["pattern"][0], path)
    elif "import" in captures:
        node = captures["import"][0]
        for name, path in islice(found.syntax.imported(node, found.source), BINDINGS_MAX):
            _bind_text(found, name, path if path in found.syntax.paths.known else None, node)


def _bind_name(found: Look, local: Node, path: str | None) -> None:
    _bind_text(found, text_of(local, found.source).decode("utf-8", "replace"), path, local)


def _bind_text(found: Look, name: str, path: str | None, node: Node) -> None:
    # A name that is bound to something else matters only where it would be taken for ours.
    if path is not None or name in found.syntax.paths.known or name in found.bindings:
        scope = innermost(node, found.syntax.scopes)
        found.bindings.add(name, Binding(node.start_byte, path, *scope))


def _take_apart(found: Look, pattern: Node, path: str) -> None:
    """Note the reads of `{ NAME } = process.env`, and the names of `{ env } = process`."""
    members, rest = found.syntax.parts(pattern)
    if not found.budget.spend(PART_STEPS * len(members)):
        return
    if path not in found.syntax.paths.environments:
        for member in members:
            _take_part(found, member, path)
        return
    found.patterns[pattern.start_byte] = pattern
    spots = [spot for member in members for spot in _member_spots(found, member)]
    names = frozenset(spot.text.decode() for _, spot in spots if spot.is_name())
    for start, spot in spots:
        found.spots[start] = spot._replace(taken=names)
    if rest is not None:
        _bind_name(found, rest, path)


def _take_part(found: Look, member: Member, path: str) -> None:
    inner = f"{path}.{text_of(member.key, found.source).decode('utf-8', 'replace')}"
    if inner not in found.syntax.paths.known:
        return
    value = member.value or member.key
    if found.syntax.parts(value).members:
        _take_apart(found, value, inner)
    else:
        _bind_name(found, value, inner)


def _member_spots(found: Look, member: Member) -> Iterator[tuple[int, Spot]]:
    spot = _spot(found, member.key, member.form, Flags(has_default=member.has_default))
    if spot is not None:
        yield spot


def _note(found: Look, captures: Captures) -> None:
    """Note the place of a name that a match has found."""
    if "name" in captures:
        name, form = captures["name"][0], Form.STRING
    elif "property" in captures:
        name, form = captures["property"][0], Form.PROPERTY
        if not _follows_its_dot(name, found.source):
            return
    else:
        return
    flags = _use(found, captures)
    spot = _spot(found, name, form, flags) if flags is not None and flags.is_read else None
    if spot is not None:
        found.spots.setdefault(*spot)


def _use(found: Look, captures: Captures) -> Flags | None:
    """Return how the match uses a variable; None if it is none of ours."""
    if "reader" in captures:
        path = found.resolved(captures["reader"][0])
        reader = found.syntax.paths.readers.get(path or "")
        if reader is None:
            return None
        around = _flags(found, captures["read"][0])
        given = captures["name"][0].parent
        count = 0 if given is None else given.named_child_count
        has_default = reader.has_default or (reader.default_at is not None and count > reader.default_at)
        return Flags(has_default or around.has_default, reader.is_write)
    if found.resolved(captures["environment"][0]) not in found.syntax.paths.environments:
        return None
    # Code that asks whether a variable is there knows what to do without it.
    return Flags(has_default=True) if "asked" in captures else _flags(found, captures["read"][0])


def _flags(found: Look, read: Node) -> Flags:
    around = read.parent
    if around is not None and around.has_error and any(child.is_error for child in children_of(around, FEW)):
        return Flags()  # the next statement, taken for the other side of this one
    return found.syntax.flags(read, found.source)


def _spot(found: Look, node: Node, form: Form, flags: Flags) -> tuple[int, Spot] | None:
    start, end = node.start_byte, node.end_byte
    if form is Form.STRING:
        inside = found.syntax.content(node, found.source)
        if inside is None:
            return None
        start, end = inside
    text = found.source[start:end]
    if _PART.fullmatch(text) is None:
        return None
    row, column = node.start_point
    column += start - node.start_byte
    return start, Spot(text, Point(row, column), Point(row, column + len(text)), form, flags)


def _follows_its_dot(name: Node, source: bytes) -> bool:
    """Return whether a property stands on the line of its dot.

    While `process.env.` is being typed, the parser takes the first word of the next line
    for the property.
    """
    return b"\n" not in source[source.rfind(b".", 0, name.start_byte) : name.start_byte]


_PARAMETERS = ("parameters", "parameter")
_PARAMETERS_BYTES = 20_000
"""Who takes more has not written them down one by one."""
_BINDING_FIELDS = frozenset((None, "name", "pattern", "left"))
"""Where names are bound: not the types and default values of parameters."""


def _binds(function: Node, name: bytes, source: bytes) -> bool:
    """Return whether one of a function's parameters has this name."""
    todo = [part for word in _PARAMETERS if (part := function.child_by_field_name(word)) is not None]
    while todo:
        node = todo.pop()
        if node.end_byte - node.start_byte > _PARAMETERS_BYTES:
            continue
        text = text_of(node, source)
        if text == name and "identifier" in node.type:
            return True
        if name in text:
            todo += [
                child
                for at, child in enumerate(node.children)
                if node.field_name_for_child(at) in _BINDING_FIELDS
            ]
    return False
