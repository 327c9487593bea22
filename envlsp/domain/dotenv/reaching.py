"""What one name comes to, without resolving the references of the whole file.

Two questions, answered for a file cut into blocks: which assignments does the value of a
name depend on, and is that certain? For `python` it always is: a reference is resolved
once, with what stands above it. For `node` one endless value changes how all others are
resolved, and a reference may be put together from pieces. So there it is certain only
where every `$` begins a plain `${NAME}`, or `${NAME:-text}`, nothing leads in a circle, and
the loader is sure not to reach its bound of work.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from envlsp.domain.dotenv.blocks import Block
from envlsp.domain.dotenv.dialects import Budget, Expansion, dialect_named
from envlsp.domain.dotenv.expand import NO_ENV, NODE_WORK_CHARS, PYTHON_REFERENCE
from envlsp.domain.dotenv.tokens import Kind

Places = Mapping[str, Sequence[int]]
Pair = tuple[str, str | None]

_PLAIN = re.compile(rb"\$\{[A-Za-z_][\w.]*(?::?-[^${}]*)?\}")
_PER_BLOCK = 48
"""Units of a budget for decoding a value and finding its references."""
_LAYERS_MAX = 64
"""Referenced names that refer to others; with more of them nothing is certain."""
_references_of = attrgetter("references")


def expand_all(blocks: Sequence[Block], dialect: str, budget: Budget) -> Expansion:
    """Return what all references of a file come to.

    Raises:
        OverBudget: that is too much work.
    """
    budget.spend(_PER_BLOCK * len(blocks) // 2)
    pairs = [_pair(block, dialect) for block in blocks if block.name]
    return dialect_named(dialect).expand(pairs, NO_ENV, budget)


def expand_one(
    name: str, blocks: Sequence[Block], by_name: Places, dialect: str, budget: Budget
) -> str | None:
    """Return the value of a name that the file has, from what it refers to alone.

    Exact for `python`, and for `node` where `is_certain`.

    Raises:
        OverBudget: that is too much work.
    """
    reach = _reach_python if dialect == "python" else _reach_node
    return dialect_named(dialect).expand(reach(name, blocks, by_name, budget), NO_ENV, budget).values[name]


def are_plain(blocks: Iterable[Block]) -> bool:
    """Return whether every `$` in values begins a reference with nothing unusual about it."""
    return all(map(_is_plain, blocks))


def _is_plain(block: Block) -> bool:
    if not block.references and b"$" not in block.data:
        return True
    literal = block.literal
    dollars = literal.count(b"$")
    # `${null}` is how the loader's own code comes to see another name than it says.
    return dollars == len(block.references) == len(_PLAIN.findall(literal)) and b"null" not in literal


def is_certain(blocks: Sequence[Block], by_name: Places, mentioned: Places) -> bool:
    """Return whether dotenv-expand resolves every value of a file, which `are_plain`, in one go."""
    referring = [block for block in blocks if block.references]
    sizes = _Sizes(blocks, by_name)
    try:
        grown = [sizes.of(name) for name in mentioned if name in by_name]
    except _TooDeep:
        return False
    deep = max((1 + steps for steps, _ in grown), default=1)
    size = max((size for _, size in grown), default=0)
    longest = max((len(block.data) for block in referring), default=0)
    work = 0
    for references, count in Counter(map(len, map(_references_of, referring))).items():
        # Each step rewrites the text as it is by then, into which all but the last value went.
        steps = references * deep
        work += count * (steps * longest + (steps - 1) * references * size)
    return work <= NODE_WORK_CHARS


class _TooDeep(Exception):
    """References go round in circles, or through too many names."""


class _Sizes:
    """How many steps it takes to resolve a name, and how long its text becomes at most."""

    def __init__(self, blocks: Sequence[Block], by_name: Places) -> None:
        self._blocks = blocks
        self._by_name = by_name
        self._known: dict[str, tuple[int, int]] = {}
        self._open: set[str] = set()
        self._layers = 0

    def of(self, name: str) -> tuple[int, int]:
        """Return (steps, bytes).

        Raises:
            _TooDeep: there may be no end to it.
        """
        places = self._by_name.get(name)
        if places is None:
            return 0, 0
        block = self._blocks[places[-1]]
        if not block.references:
            return 0, len(block.data)
        if name not in self._known:
            self._known[name] = self._layered(name, block)
        return self._known[name]

    def _layered(self, name: str, block: Block) -> tuple[int, int]:
        self._layers += 1
        if name in self._open or self._layers > _LAYERS_MAX:
            raise _TooDeep
        self._open.add(name)
        inner = [self.of(reference.name) for reference in block.references]
        self._open.discard(name)
        return sum(1 + steps for steps, _ in inner), len(block.data) + sum(size for _, size in inner)


def _reach_node(name: str, blocks: Sequence[Block], by_name: Places, budget: Budget) -> list[Pair]:
    """Return the assignments that count, in the order in which the names first stand there."""
    found, waiting = {name}, [name]
    while waiting:
        block = blocks[by_name[waiting.pop()][-1]]
        budget.spend(_PER_BLOCK)
        new = {reference.name for reference in block.references if reference.name in by_name} - found
        found |= new
        waiting += new
    order = sorted(found, key=lambda one: by_name[one][0])
    return [_pair(blocks[by_name[one][-1]], "node") for one in order]


def _reach_python(name: str, blocks: Sequence[Block], by_name: Places, budget: Budget) -> list[Pair]:
    """Return every assignment of the names: a reference takes the one that stands above it."""
    found, waiting, pairs = {name}, [name], dict[int, Pair]()
    while waiting:
        places = by_name[waiting.pop()]
        budget.spend(_PER_BLOCK * len(places))
        for index in places:
            pairs[index] = _pair(blocks[index], "python")
            text = pairs[index][1] or ""
            new = {match[1] for match in PYTHON_REFERENCE.finditer(text) if match[1] in by_name} - found
            found |= new
            waiting += new
    return [pairs[index] for index in sorted(pairs)]


def _pair(block: Block, dialect: str) -> Pair:
    is_assignment = block.statement.kind is Kind.ASSIGNMENT
    return block.name, dialect_named(dialect).decode(block.literal) if is_assignment else None
