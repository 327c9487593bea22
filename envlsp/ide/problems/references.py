"""References inside values: to nothing, or round in circles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from envlsp.ide.envfile import Block
from envlsp.ide.problems.codes import CODES
from envlsp.ide.problems.look import Finding, Look
from envlsp.ide.problems.notes import Mentioned
from envlsp.ide.problems.wellknown import is_given
from envlsp.ide.results import Severity
from envlsp.ide.similar import MEANT_MAX, Similar, or_listed

_VALUE_MAX_BYTES = 128 * 1024
"""What Linux passes to a process in one variable."""
_UPPER = re.compile(r"[A-Z_][A-Z0-9_]*")


def undefined(look: Look) -> Iterator[Finding]:
    """Yield the references to names that the file does not give."""
    code, asked = "undefined-reference", 0
    for index, note in look.noted:
        for mentioned in note.mentions:
            message = _complaint(look, index, mentioned)
            if message:
                subject = mentioned.name if is_quotable(mentioned) else ""
                meant: Sequence[str] = ()
                if subject and subject not in look.env.by_name and look.is_asked(index) and asked < MEANT_MAX:
                    asked += 1
                    meant = _meant(look, index, subject)
                    message += f"; did you mean {or_listed(meant)}?" if meant else ""
                yield Finding(code, index, message, CODES[code].severity, name=subject, meant=meant)


def is_quotable(mentioned: Mentioned) -> bool:
    """Return whether a message may quote the name; `$tail` may be the tail of a password."""
    return mentioned.in_braces and _UPPER.fullmatch(mentioned.name) is not None


def _meant(look: Look, index: int, name: str) -> Sequence[str]:
    """Return the names of the file that are close, and can be referred to from a block."""
    blocks, by_name = look.env.blocks, look.env.by_name
    found = Similar.among((look.env.sorted_names,)).to(name)
    is_in_order = look.env.dialect == "python"
    return [
        near
        for near in found
        if near != blocks[index].name and not (is_in_order and by_name[near][0] > index)
    ]


def _complaint(look: Look, index: int, mentioned: Mentioned) -> str:
    if mentioned.has_default or is_given(mentioned.name):
        return ""
    what = f"${{{mentioned.name}}}" if is_quotable(mentioned) else "a reference"
    places = look.env.by_name.get(mentioned.name)
    if places is None:
        return f"{what} refers to a name that is defined nowhere in this file"
    if look.env.dialect == "python" and places[0] >= index:
        return f"{what} refers to a name that has no value yet: this loader reads in file order"
    return ""


def endless(look: Look) -> Iterator[Finding]:
    """Yield the names whose references lead back to them, or multiply beyond all bounds."""
    code = "endless-reference"
    graph, circling = _graph(look), CODES[code].severity
    sizes = _sizes(look, graph)
    for name in graph:
        size = sizes.get(name)
        if size is None and look.env.dialect != "python":  # which reads in file order, and never circles
            message = "its references lead back to a name that is being resolved already"
            yield Finding(code, look.env.by_name[name][-1], message, circling)
        elif size is not None and size > _VALUE_MAX_BYTES:
            message = "its references multiply: the value would be too long for any process"
            yield Finding(code, look.env.by_name[name][-1], message, Severity.ERROR)


def _graph(look: Look) -> dict[str, set[str]]:
    """Return which names the value that counts refers to, for each name whose value refers to any."""
    found = {}
    blocks, by_name = look.env.blocks, look.env.by_name
    for index, note in look.noted:
        if note.mentions and by_name[name := blocks[index].name][-1] == index:
            targets = {mentioned.name for mentioned in note.mentions}
            found[name] = targets - {name} if is_given(name) else targets  # PATH=${PATH}:more
    return found


def _sizes(look: Look, graph: Mapping[str, set[str]]) -> dict[str, int]:
    """Return how many bytes values grow to; a name that leads into a circle has no size."""
    waiting: dict[str, int] = {}
    users: dict[str, list[str]] = {}
    for name, targets in graph.items():
        inner = [target for target in targets if target in graph]
        waiting[name] = len(inner)
        for target in inner:
            users.setdefault(target, []).append(name)
    sizes: dict[str, int] = {}
    ready = [name for name, count in waiting.items() if count == 0]
    while ready:
        name = ready.pop()
        sizes[name] = _size(look, name, sizes)
        for user in users.get(name, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    return sizes


def _size(look: Look, name: str, sizes: Mapping[str, int]) -> int:
    """Return the size of a value whose references all have theirs."""
    blocks, by_name = look.env.blocks, look.env.by_name
    block = blocks[by_name[name][-1]]
    size = _length(block)
    for target, start, end in block.references:
        size -= len("$") + end - start
        if target in sizes:
            size += sizes[target]
        elif target in by_name and target != name:
            size += _length(blocks[by_name[target][-1]])
    return size


def _length(block: Block) -> int:
    return block.statement.value_end - block.statement.value_start
