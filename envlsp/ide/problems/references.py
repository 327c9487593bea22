"""References inside values: to nothing, or round in circles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.expand import NO_ENV
from envlsp.ide.problems.codes import CODES
from envlsp.ide.problems.look import Finding, Look
from envlsp.ide.problems.notes import Mentioned
from envlsp.ide.problems.wellknown import is_given

_UPPER = re.compile(r"[A-Z_][A-Z0-9_]*")


def undefined(look: Look) -> Iterator[Finding]:
    """Yield the references to names that the file does not give."""
    code = "undefined-reference"
    for index, note in look.noted:
        for mentioned in note.mentions:
            message = _complaint(look, index, mentioned)
            if message:
                subject = mentioned.name if is_quotable(mentioned) else ""
                yield Finding(code, index, message, CODES[code].severity, name=subject)


def is_quotable(mentioned: Mentioned) -> bool:
    """Return whether a message may quote the name; `$tail` may be the tail of a password."""
    return mentioned.in_braces and _UPPER.fullmatch(mentioned.name) is not None


def _complaint(look: Look, index: int, mentioned: Mentioned) -> str:
    if mentioned.has_default or is_given(mentioned.name):
        return ""
    what = f"${{{mentioned.name}}}" if is_quotable(mentioned) else "a reference"
    places = look.env.by_name.get(mentioned.name)
    if places is None:
        return f"{what} refers to a name that is defined nowhere in this file"
    if look.env.dialect == "python" and places[0] > index:
        return f"{what} refers to a name that is assigned only further down; this loader reads in file order"
    return ""


def endless(look: Look) -> Iterator[Finding]:
    """Yield the names whose references never come to an end."""
    code = "endless-reference"
    graph = {
        look.env.blocks[index].name: {mentioned.name for mentioned in note.mentions}
        for index, note in look.noted
        if note.mentions and look.env.by_name[look.env.blocks[index].name][-1] == index
    }
    circle = _not_ending(graph)
    if not circle:
        return
    decode = dialect_named(look.env.dialect).decode
    used = circle.union(*(graph[name] for name in circle))
    pairs = [
        (name, decode(block.literal))
        for name in look.env.by_name
        if name in used and (block := look.env.winner(name)) is not None
    ]
    for name in dialect_named(look.env.dialect).expand(pairs, NO_ENV).endless:
        message = "its references never come to an end; the loader leaves them as written"
        yield Finding(code, look.env.by_name[name][-1], message, CODES[code].severity)


def _not_ending(graph: dict[str, set[str]]) -> set[str]:
    """Return the names from which following references leads into a circle."""
    left = {name: targets & graph.keys() for name, targets in graph.items()}
    while done := {name for name, targets in left.items() if not targets}:
        left = {name: targets - done for name, targets in left.items() if name not in done}
    return set(left)
