"""What features answer: values that `lsp.convert` turns into messages, and tests compare.

Nothing here holds a value of a secret, except `Hover.markdown` where the person asked to
see it. The text of an edit never holds one either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from envlsp.ide.positions import Position, Range

Place: TypeAlias = str
"""Which document: the absolute path of a file, or the URI `envlsp://…`."""
Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"


class Target(NamedTuple):
    """Somewhere in a document."""

    place: Place
    range: Range


class Edit(NamedTuple):
    """Put a text in place of a range."""

    place: Place
    range: Range
    new_text: str


@dataclass(frozen=True, slots=True)
class Command:
    """Something for the server to do, by one of the names in `lsp.commands`."""

    title: str
    name: str
    argument: Mapping[str, Json] = field(default_factory=dict)
    """One object: `{"uri": …, "name": …}`; a `place` in it becomes a `uri` on the way out."""


@dataclass(frozen=True, slots=True)
class Hover:
    """What is shown over a range."""

    markdown: str = field(repr=False)
    range: Range


class ItemKind(IntEnum):
    """What a completion stands for; LSP's own numbers."""

    VARIABLE = 6
    PROPERTY = 10
    VALUE = 12


class Item(NamedTuple):
    """One completion."""

    label: str
    edit: Edit
    kind: ItemKind = ItemKind.VARIABLE
    detail: str = ""
    sort: str = ""
    documentation: str = ""
    """Where it is empty, `completion.resolve` may have it."""
    data: Mapping[str, Json] = MappingProxyType({})
    """What `completion.resolve` needs to know besides the label."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand at a place."""

    items: tuple[Item, ...] = ()
    is_incomplete: bool = False
    """Whether more would fit: the list is cut at 100 and asked for again as one types."""


class Severity(IntEnum):
    """How bad a problem is; LSP's own numbers."""

    ERROR = 1
    WARNING = 2
    INFORMATION = 3
    HINT = 4


class Related(NamedTuple):
    """Another place that has to do with a problem."""

    target: Target
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a range."""

    code: str
    """Stable; every code has its line in docs/diagnostics.md, or in docs/ev-yaml.md."""
    range: Range
    message: str
    severity: Severity
    is_unnecessary: bool = False
    """Drawn faded, not underlined."""
    related: tuple[Related, ...] = ()
    data: Mapping[str, Json] = field(default_factory=dict)
    """What a fix needs to know; comes back with the request for actions."""


class ActionKind(Enum):
    """LSP's kinds of code action."""

    QUICK_FIX = "quickfix"
    REFACTOR = "refactor"
    SOURCE = "source"
    FIX_ALL = "source.fixAll.envlsp"


@dataclass(frozen=True, slots=True)
class Action:
    """Something offered at a range."""

    title: str
    kind: ActionKind
    edits: tuple[Edit, ...] = ()
    command: Command | None = None
    fixes: Problem | None = None
    is_preferred: bool = False
    creates: tuple[Place, ...] = ()
    """Files that do not exist yet and are made, empty, before the edits are."""


@dataclass(frozen=True, slots=True)
class Lens:
    """A line above a line."""

    range: Range
    command: Command
    """Without a name it is only text."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A word behind a line."""

    position: Position
    label: str
    tooltip: str = ""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A thing in the outline; names only, never values."""

    name: str
    detail: str
    range: Range
    selection: Range
    children: tuple[Symbol, ...] = ()


class Fold(NamedTuple):
    """Lines that can be folded away, the first stays."""

    start_line: int
    end_line: int
    is_comment: bool = False


class TokenKind(IntEnum):
    """Semantic token types, in the order of the legend."""

    VARIABLE = 0
    STRING = 1
    COMMENT = 2
    KEYWORD = 3
    OPERATOR = 4
    PARAMETER = 5  # a name inside ${…}


class Token(NamedTuple):
    """One coloured stretch of one line."""

    line: int
    column: int
    length: int
    kind: TokenKind


@dataclass(frozen=True, slots=True)
class Renaming:
    """What a rename would change."""

    edits: tuple[Edit, ...]
