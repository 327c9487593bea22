"""Problems against the marks of a scene: one to one."""

from __future__ import annotations

from dataclasses import replace

from envlsp.ide.problems import problems
from envlsp.ide.results import Problem
from envlsp.ide.snapshot import EnvironmentFacts, Snapshot
from tests.support.cursor import Scene, read_scene


def check_problems(
    text: str, *, ignore: frozenset[str] = frozenset({"unused-name"}), dialect: str = "node", at_top: str = ""
) -> Scene:
    """Check that the problems of all files of a scene stand where its marks say, and no others.

    Args:
        text: a scene; a mark's label is a code.
        ignore: codes that are switched off.
        dialect: which loader.
        at_top: codes on the first character of `.env`, where a mark would be in the way.
    """
    scene = read_scene(text, dialect=dialect)
    scene.snapshot = without(scene.snapshot, ignore)
    found = [(place, one) for place in scene.snapshot.documents for one in problems(scene.snapshot, place)]
    expected = [
        *((mark.place, mark.range, mark.label) for mark in scene.marks),
        *((scene.place, "top", code) for code in at_top.split()),
    ]
    wanted = sorted(map(str, expected))
    top = [code for _, where, code in expected if where == "top"]
    given: list[tuple[str, object, str]] = []
    for place, one in found:
        if one.code in top and one.range.start == (0, 0):
            top.remove(one.code)
            given.append((place, "top", one.code))
        else:
            given.append((place, one.range, one.code))
    assert sorted(map(str, given)) == wanted
    return scene


def without(snapshot: Snapshot, codes: frozenset[str]) -> Snapshot:
    """Return a snapshot in which some codes are switched off."""
    return replace(snapshot, settings=replace(snapshot.settings, ignore=codes))


def problem(scene: Scene, code: str, place: str = "/shop/.env") -> Problem:
    """Return the one problem of a code in a file."""
    (found,) = [one for one in problems(scene.snapshot, place) if one.code == code]
    return found


def problems_of(
    scene: Scene, ignore: frozenset[str] = frozenset(), place: str = "/shop/.env"
) -> tuple[Problem, ...]:
    """Return the problems of a file, some codes switched off."""
    return problems(without(scene.snapshot, ignore), place)


def of_environment(scene: Scene, **changes: object) -> Scene:
    """Return the scene with other facts about its environment `dev`."""
    facts = scene.snapshot.facts
    (project,) = facts.projects
    environment: EnvironmentFacts = replace(project.environments["web", "dev"], **changes)  # type: ignore[arg-type]
    projects = (replace(project, environments={("web", "dev"): environment}),)
    scene.snapshot = replace(scene.snapshot, facts=replace(facts, projects=projects))
    return scene
