"""Fixes that add names where they are missing: `NAME=`, for a person to fill in."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.ide.actions.trying import appended
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Range
from envlsp.ide.problems import problems
from envlsp.ide.problems.around import missing_names
from envlsp.ide.problems.look import Look
from envlsp.ide.problems.names import example_of
from envlsp.ide.results import Action, ActionKind, Place, Problem
from envlsp.ide.snapshot import Snapshot, Where
from envlsp.ide.words import file_name, names_counted

_OF_CODE = ("undefined-name", "missing-in-environment")


def to_env_files(snapshot: Snapshot, place: Place, lines: Range) -> Iterator[Action]:
    """Offer to add what code reads to each env file of its app, the default one first."""
    where = snapshot.where(place)
    if where is None:
        return
    for problem in problems(snapshot, place):
        if problem.code in _OF_CODE and problem.range.overlaps(lines):
            name = str(problem.data["name"])
            files = list(_files_without(snapshot, where, name))
            for number, (file, env) in enumerate(files):
                edit = appended(file, env, [name])
                if edit is not None:
                    title = f"Add {name} to {file_name(file)}"
                    is_preferred = number == 0 and len(files) == 1
                    yield Action(title, ActionKind.QUICK_FIX, (edit,), None, problem, is_preferred)


def from_example(look: Look, problem: Problem) -> Iterator[Action]:
    """Offer to add all names of the example that the file lacks."""
    names, example = missing_names(look)
    edit = appended(look.place, look.env, names) if names else None
    if edit is not None:
        what = names[0] if len(names) == 1 else names_counted(len(names))
        title = f"Add {what} of {example}, without {'a value' if len(names) == 1 else 'values'}"
        yield Action(title, ActionKind.QUICK_FIX, (edit,), None, problem, is_preferred=True)


def to_example(look: Look, block: int, problem: Problem) -> Iterator[Action]:
    """Offer to add a name to the example: the name alone, since that file is committed.

    The comment above it stays here; whatever it says, it was written into a secret file.
    """
    example, name = example_of(look), look.env.blocks[block].name
    if example is None:
        return
    place, env = example
    edit = appended(place, env, [name])
    if edit is not None:
        yield Action(f"Add {name} to {file_name(place)}", ActionKind.QUICK_FIX, (edit,), None, problem)


def _files_without(snapshot: Snapshot, where: Where, name: str) -> Iterator[tuple[Place, EnvFile]]:
    default = where.project.default_env
    for _, file in sorted(where.app.files.items(), key=lambda item: (item[0] != default, item[0])):
        env = snapshot.env_file(file)
        if env is not None and name not in env.by_name:
            yield file, env
