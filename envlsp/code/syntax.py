"""What the engine has to know of a language, besides its query.

The query names what it finds by these words; one match has a few of them:

    @environment @name      a member by a string:      os.environ["NAME"], "NAME" in os.environ
    @environment @property  a member by its name:      process.env.NAME
    @reader @name           a call:                    os.getenv("NAME")
    @read                   the whole expression, where there is one around the name
    @asked                  instead of @read: the code only asks whether the variable is there
    @local @value           a local name is bound to an expression
    @pattern @value         an expression is taken apart: { NAME } = process.env
    @import                 anything else that binds names; `Syntax.imported` reads it
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from envlsp.code.paths import Paths
from envlsp.code.reads import Form

if TYPE_CHECKING:
    from envlsp.code.trees import Grammar, Node


class Flags(NamedTuple):
    """How the value is used."""

    has_default: bool = False
    is_write: bool = False
    is_read: bool = True
    """False where it only looks like one: `process.env.toString()`."""


class Member(NamedTuple):
    """One part of a pattern."""

    key: Node
    form: Form
    has_default: bool
    value: Node | None
    """What the part is bound to: a name, or another pattern. None: the key is the local name too."""


class Parts(NamedTuple):
    """A pattern taken apart."""

    members: list[Member]
    rest: Node | None
    """The name that gets what is left."""


class Syntax(Protocol):
    """A language, or a family of them with the same node types."""

    grammar: Grammar
    paths: Paths
    words: tuple[bytes, ...]
    """Only expressions with one of these in it can be reads, or bind names to one."""
    scopes: frozenset[str]
    """Node types in which a local name lives."""
    functions: frozenset[str]
    """Node types with a field `parameters`, or `parameter`."""
    strings: frozenset[str]
    """Node types of string literals, substitutions inside them excepted."""
    substitutions: frozenset[str]
    """Node types of code inside of strings."""
    quotes: bytes
    prefixes: bytes
    """Letters that may stand before a quote."""
    comment: tuple[bytes, bytes] | None
    """How a comment of many lines opens and closes."""
    has_properties: bool
    """Whether a member can be named without quotes: `process.env.NAME`."""

    def content(self, node: Node, source: bytes, /) -> tuple[int, int] | None:
        """Return where the text of a string is, if it is all literal and closed."""

    def unwrapped(self, node: Node, /) -> Node:
        """Return an expression without brackets, casts and the like."""

    def path(self, node: Node, source: bytes, /) -> str | None:
        """Return the path of an expression that is not just names and dots: `require("process")`."""

    def flags(self, read: Node, source: bytes, /) -> Flags:
        """Return how a read is used, by what stands around it."""

    def imported(self, node: Node, source: bytes, /) -> Iterator[tuple[str, str]]:
        """Return the local names of an import, and what they stand for."""

    def parts(self, pattern: Node, /) -> Parts:
        """Return what a pattern takes apart."""
