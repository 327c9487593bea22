"""What is under the caret: the one question that hover, navigation and rename begin with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from envlsp.domain.dotenv.tokens import Kind as StatementKind
from envlsp.domain.secret import is_secret_name
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Position, Range
from envlsp.ide.results import Place
from envlsp.ide.snapshot import Kind, Snapshot
from envlsp.ide.usages import Usage


class Under(Enum):
    """What a caret can be on."""

    NAME = auto()  # of an assignment
    VALUE = auto()
    REFERENCE = auto()  # `${NAME}` in a value
    COMMENT = auto()
    BLANK = auto()  # nothing that means something
    READ = auto()  # a variable's name in code


@dataclass(frozen=True, slots=True)
class Spot:
    """A thing under the caret."""

    under: Under
    range: Range
    """Of the name where there is one: without `${` and `}`, without quotes."""
    name: str = ""
    """Of the variable it is, belongs to, refers to or reads."""
    index: int = -1
    """The block of the env file."""
    usage: Usage | None = None
    """For `READ`."""

    @property
    def is_name(self) -> bool:
        """Whether it is the name of a variable, wherever that stands."""
        return self.under in (Under.NAME, Under.REFERENCE, Under.READ)


def locate(snapshot: Snapshot, place: Place, position: Position) -> Spot | None:
    """Return what is at a position of an env file, or the read at one in code; else None."""
    document = snapshot.documents.get(place)
    if document is None:
        return None
    position = document.text.nearest(position)
    env = snapshot.readable(place)
    if env is not None:
        return in_env(env, position)
    if document.kind is Kind.CODE:
        for usage in document.usages:
            if position in usage.range:
                return Spot(Under.READ, usage.range, usage.name, usage=usage)
    return None


def name_at(snapshot: Snapshot, place: Place, position: Position) -> str:
    """Return the name that somebody means who points at a place; empty where there is none.

    In an env file that is the name of the statement, wherever in it they point.
    """
    document = snapshot.documents.get(place)
    spot = locate(snapshot, place, position)
    if spot is None or document is None:
        return ""
    file = snapshot.readable(place)
    if file is None or spot.index < 0 or spot.under is Under.REFERENCE:
        return spot.name
    if _is_behind(file, spot.index, document.text.nearest(position)):
        return ""
    name = file.blocks[spot.index].name
    return name if is_secret_name(name) else ""


def in_env(file: EnvFile, position: Position) -> Spot:
    """Return what is at a position of an env file."""
    index = file.block_of(position)
    nothing = Spot(Under.BLANK, Range(position, position), index=index)
    if index < 0 or _is_behind(file, index, position):
        return nothing
    block = file.blocks[index]
    if block.is_named and is_secret_name(block.name):
        # Any other name may be a stray line of a value.
        found = _in_assignment(file, index, position)
        if found is not None:
            return found
    statement = block.statement
    if statement.comment_start >= 0:
        comment = file.range_of(index, statement.comment_start, statement.comment_end)
        if position in comment:
            return Spot(Under.COMMENT, comment, index=index)
    return nothing


def _in_assignment(file: EnvFile, index: int, position: Position) -> Spot | None:
    block = file.blocks[index]
    name = file.name_range(index)
    if position in name:
        return Spot(Under.NAME, name, block.name, index)
    if block.statement.kind is not StatementKind.ASSIGNMENT:
        return None
    value = file.value_range(index)
    if position not in value:
        return None
    for mention in file.mentions(index):
        if position in _with_marks(mention.range) and is_secret_name(mention.name):
            return Spot(Under.REFERENCE, mention.range, mention.name, index)
    return Spot(Under.VALUE, value, block.name, index)


def _with_marks(name: Range) -> Range:
    """Return the range of `${NAME}` around its name; `$NAME` is close enough."""
    start, end = name
    return Range(Position(start.line, max(0, start.column - 2)), Position(end.line, end.column + 1))


def _is_behind(file: EnvFile, index: int, position: Position) -> bool:
    """Return whether a position is on a line below a block that ended with its line."""
    block = file.blocks[index]
    return block.ends_line and position.line >= file.first_lines[index] + block.lines
