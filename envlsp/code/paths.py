"""What an expression stands for, as a dotted path: `os.environ`, `process.env`, `Deno.env.get`.

A language lists the paths that matter. Imports, aliases and destructuring bind local
names to them, so that `from os import environ as e` makes `e["NAME"]` a read like any.
Only what a file says itself is followed; other files are not looked into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from envlsp.code.trees import ancestors

if TYPE_CHECKING:
    from envlsp.code.trees import Node

_DOTTED = re.compile(rb"[A-Za-z_$][\w$]*(?:\s*[?!]{0,2}\.\s*[A-Za-z_$][\w$]*)*")
_NOISE = re.compile(rb"[\s?!]+")
LONGEST_BYTES = 200
"""No path that matters is longer, however many spaces and line ends are in it."""

BINDINGS_MAX = 100
"""How often one name is followed: every use of it looks at all of them."""


NAMES_MAX = 24
"""How many local names are followed: each place of a name is compared with all of them."""


class Reader(NamedTuple):
    """A function whose first argument is the name of a variable."""

    default_at: int | None = None
    """Which argument says what to use without it, counted from 0."""
    has_default: bool = False
    is_write: bool = False


@dataclass(frozen=True)
class Paths:
    """The paths that matter in a language."""

    environments: frozenset[str]
    """Things whose members are variables."""
    readers: Mapping[str, Reader]
    shells: tuple[str, ...] = ()
    """What may stand before a path without changing it: `globalThis.`."""
    known: frozenset[str] = field(init=False)
    """All of them and what leads to them: `os`, `os.environ`, `os.environ.get`."""

    def __post_init__(self) -> None:
        every = (*self.environments, *self.readers)
        object.__setattr__(self, "known", frozenset(lead for path in every for lead in _leads(path)))

    def bare(self, path: str) -> str:
        """Return a path without the shells around it."""
        for shell in self.shells:
            path = path.removeprefix(shell)
        return path


class Binding(NamedTuple):
    """A local name, and what it stands for in a part of the text."""

    start: int
    """Where it is bound: bytes from the beginning of the text, like all places in here."""
    path: str | None
    """None: something that is none of ours."""
    scope_start: int
    scope_end: int


class Bindings:
    """What the local names of a file stand for."""

    def __init__(self) -> None:
        self._found: dict[str, dict[int, Binding]] = {}

    def __contains__(self, local: object) -> bool:
        """Return whether anything is known of a local name."""
        return local in self._found

    def add(self, local: str, binding: Binding) -> None:
        """Note a binding; the same one twice is one."""
        found = self._found.setdefault(local, {})
        if len(found) < BINDINGS_MAX:
            found[binding.start] = binding

    def of_ours(self) -> set[str]:
        """Return the local names that stand for a path that matters, the first of them."""
        ours = (
            local
            for local, found in self._found.items()
            if any(binding.path is not None and binding.path != local for binding in found.values())
        )
        return {*islice(ours, NAMES_MAX)}

    def at(self, local: str, place: int) -> Binding | None:
        """Return what holds for a name: of the innermost scope, the last one before the place."""
        holding = [
            binding
            for binding in self._found.get(local, {}).values()
            if binding.scope_start <= place <= binding.scope_end
        ]
        if not holding:
            return None
        inner = max(binding.scope_start for binding in holding)
        near = [binding for binding in holding if binding.scope_start == inner]
        before = [binding for binding in near if binding.start <= place]
        return max(before, key=lambda found: found.start) if before else near[0]


def dotted(text: bytes) -> str | None:
    """Return an expression as a path, if it is nothing but names and dots."""
    if len(text) > LONGEST_BYTES or _DOTTED.fullmatch(text) is None:
        return None
    return _NOISE.sub(b"", text).decode()


def _leads(path: str) -> Iterator[str]:
    words = path.split(".")
    for length in range(1, len(words) + 1):
        yield ".".join(words[:length])


def innermost(node: Node, kinds: frozenset[str]) -> tuple[int, int]:
    """Return where the innermost of the given kinds that holds a node begins and ends."""
    above = node
    for above in ancestors(node):
        if above.type in kinds:
            break
    return above.start_byte, above.end_byte
