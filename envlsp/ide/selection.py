"""What a selection grows to in an env file: a word, the value, its quotes, the statement, its part, all."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.ide.envfile import EnvFile
from envlsp.ide.headings import headings
from envlsp.ide.positions import Position, Range
from envlsp.ide.results import Place
from envlsp.ide.snapshot import Snapshot

_QUOTES = frozenset(b"'\"`")


def selections(snapshot: Snapshot, place: Place, position: Position) -> tuple[Range, ...]:
    """Return the ranges around a caret, the smallest first, each inside the next; empty elsewhere."""
    env = snapshot.env_file(place)
    if env is None or not env.blocks:
        return ()
    found: list[Range] = []
    for one in _around(env, place, position):
        if one.start <= position <= one.end and (not found or (_holds(one, found[-1]) and one != found[-1])):
            found.append(one)
    return tuple(found)


def _around(env: EnvFile, place: Place, position: Position) -> Iterator[Range]:
    index = env.block_at(position.line)
    block = env.blocks[index]
    if block.is_named:
        yield env.name_range(index)
        yield from (mention.range for mention in env.mentions(index))
        start, end = block.statement.value_start, block.statement.value_end
        if end - start >= 2 and block.data[start] in _QUOTES and block.data[end - 1] == block.data[start]:
            yield env.range_of(index, start + 1, end - 1)
        if start >= 0:
            yield env.value_range(index)
    stop = len(block.data.rstrip(b"\r\n"))
    yield env.range_of(index, 0, stop)
    top = Position(0, 0)
    for part in headings(place, env):
        if part.first <= index < part.end:
            after = env.first_lines[part.end]
            yield Range(Position(env.first_lines[part.first], 0), min(Position(after, 0), env.text.end()))
    yield Range(top, env.text.end())


def _holds(outer: Range, inner: Range) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
