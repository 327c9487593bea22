"""Lines that can be folded away: runs of comments, values of several lines, parts under a heading."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from envlsp.domain.dotenv.tokens import Kind as StatementKind
from envlsp.ide.envfile import EnvFile
from envlsp.ide.headings import headings
from envlsp.ide.results import Fold, Place
from envlsp.ide.snapshot import Kind, Snapshot
from envlsp.ide.symbols import last_line
from envlsp.ide.text import Text


def folds(snapshot: Snapshot, place: Place) -> list[Fold]:
    """Return what can be folded in an env file or in `ev.yaml`, by first line.

    One line folds one thing: a comment that heads a part folds the part.
    """
    env = snapshot.readable(place)
    if env is not None:
        found = {fold.start_line: fold for fold in (*_comments(env), *_values(env), *_parts(env, place))}
        return [found[line] for line in sorted(found)]
    document = snapshot.documents.get(place)
    if document is not None and document.kind is Kind.CONFIG:
        return _tables(document.text)
    return []


def _parts(env: EnvFile, place: Place) -> Iterator[Fold]:
    for part in headings(place, env):
        start, end = env.first_lines[part.first], last_line(env, part.end)
        if end > env.first_lines[part.at] and end > start:
            yield Fold(start, end)


def _values(env: EnvFile) -> Iterator[Fold]:
    for index, block in enumerate(env.blocks):
        if block.lines > block.ends_line and block.is_named:
            start, end = env.first_lines[index], env.value_range(index).end.line
            if end > start:
                yield Fold(start, end)


def _comments(env: EnvFile) -> Iterator[Fold]:
    kinds = enumerate(block.statement.kind for block in env.blocks)
    for is_comment, run in groupby(kinds, key=lambda one: one[1] is StatementKind.COMMENT):
        if is_comment:
            indexes = [index for index, _ in run]
            start, end = (env.first_lines[index] for index in (indexes[0], indexes[-1]))
            if end > start:
                yield Fold(start, end, is_comment=True)


def _tables(text: Text) -> list[Fold]:
    from envlsp.ide.evyaml.outline import names_in

    named = names_in(text)
    last: dict[int, int] = {}
    for at, one in enumerate(named):
        inner = (*one.path, one.name)
        for other in named[at + 1 :]:
            if other.path[: len(inner)] != inner:
                break
            last[one.line] = max(last.get(one.line, 0), other.line)
    return [Fold(start, end) for start, end in sorted(last.items()) if end > start]
