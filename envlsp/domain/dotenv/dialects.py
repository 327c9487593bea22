"""The dialects: one file each, found here by the name that `ev.yaml` uses.

A dialect is a loader's behaviour in five functions. To add one, write a module
with a `DIALECT` and give it a line in `_MODULES`. Modules are imported when
first asked for: compiling the patterns of all of them would cost every start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import NamedTuple, Protocol

from envlsp.domain.dotenv.tokens import Statement
from envlsp.domain.secret import is_secret_name
from envlsp.errors import BadConfig

_MODULES = {
    "node": "envlsp.domain.dotenv.node",
    "python": "envlsp.domain.dotenv.python",
}


class Scan(NamedTuple):
    """What a scanner found: statements that tile the file, and (code, offset) of what is wrong."""

    statements: list[Statement]
    faults: list[tuple[str, int]]


def note_bad_name(data: bytes, statement: Statement, found: Scan) -> None:
    """Add a fault if a release could not carry the name of an assignment."""
    name = data[statement.name_start : statement.name_end]
    if not is_secret_name(name.decode("utf-8", "replace")):
        found.faults.append(("bad-name", statement.name_start))


@dataclass(slots=True)
class Expansion:
    """What became of a file's references."""

    values: dict[str, str | None] = field(repr=False)
    undefined: list[tuple[str, str]] = field(default_factory=list)
    """(name of the variable, name it refers to), without those that have a default."""
    endless: list[str] = field(default_factory=list)
    """Names whose references never come to an end; their values stay as written."""


class OverBudget(Exception):
    """Resolving references takes more work than the one who asked has time for."""


@dataclass(slots=True)
class Budget:
    """How much work may go into references; a unit takes about 50 ns."""

    units: int

    def spend(self, units: int) -> None:
        """Note work that was done.

        Raises:
            OverBudget: there is none left.
        """
        self.units -= units
        if self.units < 0:
            raise OverBudget


class Expand(Protocol):
    """Resolves the references of decoded pairs, in file order, in a process environment."""

    def __call__(
        self, pairs: Sequence[tuple[str, str | None]], env: Mapping[str, str], budget: Budget | None = None, /
    ) -> Expansion:
        """Return what became of them; the same for every budget that suffices.

        Raises:
            OverBudget: it does not.
        """


class Reference(NamedTuple):
    """A name used inside a literal; offsets of that name in the literal."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Dialect:
    """A loader's behaviour."""

    name: str
    loader: str
    scan: Callable[[bytes], Scan]
    """Cut a file into statements. Never raises."""
    decode: Callable[[bytes], str]
    """Turn a literal into its value, references left alone."""
    expand: Expand
    candidates: Callable[[str], Iterable[bytes]]
    """Literals that might mean a value, the nicest first; each is tried before it is used."""
    references: Callable[[bytes], Iterator[Reference]]
    """Find the names a literal refers to."""
    refuses_bad_utf8: bool = False


def dialect_names() -> tuple[str, ...]:
    """Return the names of all dialects, sorted."""
    return tuple(sorted(_MODULES))


@cache
def dialect_named(name: str) -> Dialect:
    """Return a dialect.

    Raises:
        BadConfig: there is none of that name.
    """
    if name not in _MODULES:
        known = " or ".join(dialect_names())
        raise BadConfig(f"the dialect {name} cannot be read yet", fix=f"dialect: {known}, in ev.yaml")
    found: Dialect = import_module(_MODULES[name]).DIALECT
    return found
