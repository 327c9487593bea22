"""Fixes that add names where they are missing: `NAME=`, for a person to fill in."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.ide.actions.trying import appended
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import line_range
from envlsp.ide.problems.around import missing_names
from envlsp.ide.problems.look import Look
from envlsp.ide.problems.names import example_of
from envlsp.ide.results import Action, ActionKind, Edit, Place, Problem
from envlsp.ide.snapshot import Snapshot, Standing, Where
from envlsp.ide.words import file_name, names_counted


def to_env_files(snapshot: Snapshot, place: Place, problem: Problem) -> Iterator[Action]:
    """Offer to add what code reads to each env file of its app, the default one first."""
    where = snapshot.where(place)
    if where is None:
        return
    name, kind = str(problem.data["name"]), ActionKind.QUICK_FIX
    files = list(_files_without(snapshot, where, name))
    # Where another name may have been meant, nothing is the obvious thing to do.
    is_sure = len(files) == 1 and "suggestions" not in problem.data
    for file, env in files:
        edit = appended(file, env, [name])
        if edit is not None:
            yield Action(f"Add {name} to {file_name(file)}", kind, (edit,), None, problem, is_sure)
    if (new := _file_to_make(snapshot, where)) is not None:
        edit = Edit(new, line_range(0, 0, 0), f"{name}=\n")
        title = f"Create {file_name(new)} with {name}"
        yield Action(title, kind, (edit,), fixes=problem, creates=(new,))


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


def _file_to_make(snapshot: Snapshot, where: Where) -> Place | None:
    """Return the file of the default environment where there is none, and nothing to pull into it.

    It is offered whether git ignores it or not: there is no value in it, and as soon as it
    is there, `git-exposed` tells, and offers to have it ignored.
    """
    if where.project.standing is Standing.NOT_JOINED:
        return None  # the team has one, most likely; a name without a value here would be in its way
    env = where.project.default_env
    file, facts = where.app.files.get(env), where.project.environments.get((where.app.name, env))
    if file is None or snapshot.env_file(file) is not None or file in snapshot.documents:
        return None
    return None if facts is not None and facts.releases else file


def _files_without(snapshot: Snapshot, where: Where, name: str) -> Iterator[tuple[Place, EnvFile]]:
    default = where.project.default_env
    for _, file in sorted(where.app.files.items(), key=lambda item: (item[0] != default, item[0])):
        env = snapshot.env_file(file)
        if env is not None and name not in env.by_name:
            yield file, env
