"""From a name to where it is given, and to everywhere it is used."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.ide.envfile import EnvFile
from envlsp.ide.locate import Under, locate
from envlsp.ide.positions import Position, Range
from envlsp.ide.results import Place, Target
from envlsp.ide.scope import scope_of
from envlsp.ide.snapshot import Snapshot


def definition(snapshot: Snapshot, place: Place, position: Position) -> list[Target]:
    """Return the lines that give the name at a position; the default environment's file first.

    Of `${NAME}` it is the line in the same file, where there is one. On a name in an env
    file it is the same name in the other files.
    """
    spot = locate(snapshot, place, position)
    if spot is None or not spot.is_name:
        return []
    scope = scope_of(snapshot, place)
    files = [*scope.files(), *scope.above()]
    own = snapshot.readable(place)
    if spot.under is Under.REFERENCE and own is not None and own.winner(spot.name) is not None:
        files = [(place, own)]
    elif spot.under is Under.NAME:
        files = [found for found in files if found[0] != place]
    return [
        Target(at, file.name_range(file.by_name[spot.name][-1]))
        for at, file in files
        if spot.name in file.by_name
    ]


def references(
    snapshot: Snapshot, place: Place, position: Position, *, include_declaration: bool
) -> list[Target]:
    """Return every use of the name at a position: reads in code and `${NAME}` in env files.

    Args:
        snapshot: what is known.
        place: the document.
        position: where in it.
        include_declaration: the lines that give the name are wanted too.
    """
    spot = locate(snapshot, place, position)
    if spot is None or not spot.is_name:
        return []
    scope = scope_of(snapshot, place)
    found: list[Target] = []
    for at, file in (*scope.files(), *scope.above()):
        if include_declaration:
            found += (Target(at, file.name_range(index)) for index in file.by_name.get(spot.name, ()))
        found += (Target(at, where) for where in mentions_of(file, spot.name))
    return found + [target for target, _ in scope.reads(spot.name)]


def highlights(snapshot: Snapshot, place: Place, position: Position) -> list[Range]:
    """Return where the name at a position stands in the same document."""
    spot = locate(snapshot, place, position)
    if spot is None or not spot.is_name:
        return []
    file = snapshot.readable(place)
    if file is None:
        return [usage.range for usage in snapshot.documents[place].usages if usage.name == spot.name]
    given = [file.name_range(index) for index in file.by_name.get(spot.name, ())]
    return sorted((*given, *mentions_of(file, spot.name)))


def mentions_of(file: EnvFile, name: str) -> Iterator[Range]:
    """Yield where a file refers to a name."""
    for index in file.mentioned.get(name, ()):
        for mention in file.mentions(index):
            if mention.name == name:
                yield mention.range
