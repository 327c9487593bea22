"""What source code says of the environment: reads of variables, and places where a name is typed."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Point(NamedTuple):
    """A place in a source text: line from 0, and UTF-8 bytes before it on that line."""

    row: int
    column: int


class Form(Enum):
    """How a name stands in the text, which decides how it can be replaced."""

    STRING = auto()
    """Inside quotes: `os.environ["NAME"]`, `process.env["NAME"]`."""
    PROPERTY = auto()
    """A bare identifier: `process.env.NAME`, `{ NAME: local } = process.env`."""
    SHORTHAND = auto()
    """A bare identifier that is also a local's name: `{ NAME } = process.env`."""


class Read(NamedTuple):
    """One place where a variable is read (or set) by name."""

    name: str
    start: Point
    end: Point
    """Just the name: no quotes."""
    form: Form
    has_default: bool = False
    """Whether the code says what to use without it: a softer complaint."""
    is_write: bool = False
    """Whether the code gives the variable a value: `os.environ["NAME"] = …`."""


class Site(NamedTuple):
    """A place where the name of a variable is being typed."""

    start: Point
    end: Point
    """What is there of the name so far, to be replaced."""
    form: Form
    taken: frozenset[str] = frozenset()
    """Names that stand there already: in the same destructuring."""
