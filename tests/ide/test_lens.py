"""The line above an env file: release, author, age, what differs, and the buttons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.ide.lens import lenses
from envlsp.ide.results import Lens
from envlsp.ide.settings import Settings
from envlsp.ide.snapshot import CandidateFacts, EnvironmentFacts, Snapshot, Standing
from tests.support.cursor import ROOT, Scene, read_scene

DEV = f"{ROOT}/.env"


def shown(found: list[Lens]) -> list[str]:
    """Return each as `text` or `[button command]`; their places have the same order."""
    columns = [lens.range.start.column for lens in found]
    assert columns == sorted(set(columns))
    return [
        f"[{lens.command.title} {lens.command.name}]" if lens.command.name else lens.command.title
        for lens in found
    ]


def check(text: str, *expected: str) -> None:
    assert shown(lenses(read_scene(text).snapshot, DEV)) == list(expected)


def with_dev(scene: Scene, **changes: object) -> Snapshot:
    """Return the scene with other facts about its environment."""
    project = scene.snapshot.facts.projects[0]
    facts: EnvironmentFacts = replace(project.environments["web", "dev"], **changes)  # type: ignore[arg-type]
    return with_project(scene, environments={("web", "dev"): facts})


def with_project(scene: Scene, **changes: object) -> Snapshot:
    project = replace(scene.snapshot.facts.projects[0], **changes)  # type: ignore[arg-type]
    return replace(scene.snapshot, facts=replace(scene.snapshot.facts, projects=(project,)))


def test_a_store_that_cannot_be_read_is_told() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nA=1\n")
    assert lenses(with_project(scene, standing=Standing.LOADING), DEV) == []
    broken = with_project(scene, standing=Standing.LOADING, detail="the local store is damaged")
    assert shown(lenses(broken, DEV)) == ["[the team's store cannot be read… envlsp.status]"]


BUTTONS = ("[Push envlsp.push]", "[Pull envlsp.pull]")


def test_a_file_in_step_says_release_author_and_age() -> None:
    check("A=1\n#- dev v1 by Alice\nA=1\n", "v1 · Alice · 1 hour ago", *BUTTONS)


def test_the_newest_release_is_named_and_an_older_one_can_be_rolled_back_to() -> None:
    check(
        "A=2\n#- dev v1 by Alice\nA=1\n#- dev v2 by Bob\nA=2\n",
        "v2 · Bob · 1 hour ago",
        *BUTTONS,
        "[Roll back… envlsp.rollback]",
    )


def test_changes_here_are_counted_by_name() -> None:
    check(
        "A=2\nB=1\nB=2\n#- dev v1 by Alice\nA=1\nC=1\n",
        "v1 · Alice · 1 hour ago",
        "3 changes here",
        *BUTTONS,
    )


def test_an_environment_without_a_release_can_be_pushed() -> None:
    scene = read_scene("A=1\n#- .env.qa\nA=1\n#- dev v1 by Alice\nA=1\n")
    assert shown(lenses(scene.snapshot, f"{ROOT}/.env.qa")) == ["qa: not shared yet", "[Push envlsp.push]"]


def test_an_environment_without_a_release_is_not_for_viewers_nor_in_the_archive() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nA=1\n")
    bare = with_dev(scene, releases=(), heads=(), names={}, is_archived=True)
    assert shown(lenses(bare, DEV)) == ["dev: archived"]
    assert shown(lenses(with_project(scene, role="viewer", environments={}), DEV)) == ["dev: not shared yet"]


def test_releases_behind_and_lines_that_were_never_in_step() -> None:
    scene = read_scene("A=2\n#- dev v1 by Alice\nA=1\n")
    snapshot = with_dev(scene, base=None, behind=2)
    assert shown(lenses(snapshot, DEV))[1] == "1 line differs · 2 releases behind"


def test_conflicts_are_counted_and_can_be_resolved() -> None:
    scene = read_scene("A=2\n#- dev v1 by Alice\nA=1\n")
    sides = (CandidateFacts("v2-aa", "Alice", 0, b"1"), CandidateFacts("v2-bb", "Bob", 0, None))
    snapshot = with_dev(scene, conflicts={"A": sides}, names={}, heads=("v2-aa", "v2-bb"))
    assert shown(lenses(snapshot, DEV)) == [
        "v2-aa + v2-bb · Alice · 1 hour ago",
        "[1 conflict… envlsp.resolve]",
        *BUTTONS,
    ]


def test_many_releases_made_at_once_do_not_flood_the_line() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nA=1\n")
    snapshot = with_dev(scene, heads=tuple(f"v2-{number}" for number in range(9)))
    assert shown(lenses(snapshot, DEV))[0] == "v2-0 + v2-1 + v2-2 and 6 more · Alice · 1 hour ago"


def test_a_viewer_is_offered_no_push() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nA=0\n#- dev v2 by Alice\nA=1\n")
    assert shown(lenses(with_project(scene, role="viewer"), DEV))[1:] == ["[Pull envlsp.pull]"]


def test_an_archived_environment_has_no_buttons() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nA=1\n")
    snapshot = with_dev(scene, is_archived=True)
    assert shown(lenses(snapshot, DEV)) == ["v1 · Alice · 1 hour ago · archived"]


@pytest.mark.parametrize(
    ("standing", "expected"),
    (
        (Standing.LOCKED, ["[Unlock envlsp.unlock]"]),
        (Standing.UNOPENABLE, ["[the key of this device cannot be opened… envlsp.status]"]),
        (Standing.NOT_JOINED, ["[Join a team… envlsp.join]"]),
        (Standing.WAITING, ["waiting for a teammate's device to pass on the team's key"]),
        (Standing.REMOVED, ["this device is no longer in the team", "[Join a team… envlsp.join]"]),
        (Standing.BAD_CONFIG, ["ev.yaml is not valid"]),
        (Standing.NO_PROJECT, []),
        (Standing.LOADING, []),
    ),
)
def test_what_keeps_the_secrets_away_is_said(standing: Standing, expected: list[str]) -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nA=1\n")
    assert shown(lenses(with_project(scene, standing=standing), DEV)) == expected


def test_buttons_say_which_file() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nA=1\n")
    commands = [lens.command for lens in lenses(scene.snapshot, DEV) if lens.command.name]
    assert [command.argument for command in commands] == [{"place": DEV}] * 2


def test_only_files_of_environments_have_a_lens_and_only_when_it_is_on() -> None:
    scene = read_scene("A=1\n#- .env.example\nA=\n#- a.py\nimport os\n#- dev v1 by Alice\nA=1\n")
    assert lenses(scene.snapshot, f"{ROOT}/.env.example") == []
    assert lenses(scene.snapshot, f"{ROOT}/a.py") == []
    assert lenses(replace(scene.snapshot, settings=Settings(lens=False)), DEV) == []


def test_a_name_of_a_person_stays_one_short_line() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nA=1\n")
    newest = replace(
        scene.snapshot.facts.projects[0].environments["web", "dev"].releases[0], author="A\nB" * 99
    )
    title = lenses(with_dev(scene, releases=(newest,)), DEV)[0].command.title
    assert "\n" not in title
    assert len(title) < 100
