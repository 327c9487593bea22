"""Which apps and files a place has to do with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.ide.scope import Scope, scope_of
from envlsp.ide.snapshot import Snapshot
from tests.support.cursor import ROOT, read_scene


def two_apps() -> Snapshot:
    snapshot = read_scene(
        "#- web/.env\nA=1\n#- web/.env.example\nA=\n#- web/.env.dev.local\nA=2\n"
        "#- api/.env\nA=3\n#- web/.env.prod\nA=4\n"
    ).snapshot
    project = snapshot.facts.projects[0]
    files = {"prod": f"{ROOT}/web/.env.prod", "dev": f"{ROOT}/web/.env"}
    web = replace(project.apps[0], folder=f"{ROOT}/web", files=files, others=(f"{ROOT}/web/.env.example",))
    api = replace(web, name="api", folder=f"{ROOT}/api", files={"dev": f"{ROOT}/api/.env"}, others=())
    return replace(snapshot, facts=replace(snapshot.facts, projects=(replace(project, apps=(web, api)),)))


def files_of(scope: Scope) -> list[str]:
    return [scope.shown(place) for place, _ in scope.files()]


def test_the_default_environment_comes_first_and_examples_last() -> None:
    scope = scope_of(two_apps(), f"{ROOT}/web/src/app.ts")
    assert files_of(scope) == ["web/.env", "web/.env.prod", "web/.env.example"]
    assert [slot.label for slot in scope.slots()] == ["dev", "prod"]


def test_a_file_of_no_environment_counts_for_itself() -> None:
    scope = scope_of(two_apps(), f"{ROOT}/web/.env.dev.local")
    assert files_of(scope)[-1] == "web/.env.dev.local"


def test_code_between_the_apps_belongs_to_all() -> None:
    scope = scope_of(two_apps(), f"{ROOT}/lib/shared.ts")
    assert [slot.label for slot in scope.slots()] == ["web:dev", "web:prod", "api:dev"]
    assert scope.covers(f"{ROOT}/web/a.ts")


@pytest.mark.parametrize(
    ("place", "covered"), (("web/a.ts", True), ("api/a.ts", False), ("webby/a.ts", False))
)
def test_an_app_covers_its_own_folder(place: str, covered: bool) -> None:
    assert scope_of(two_apps(), f"{ROOT}/web/.env").covers(f"{ROOT}/{place}") is covered


def test_an_app_alone_covers_the_whole_project() -> None:
    snapshot = two_apps()
    project = snapshot.facts.projects[0]
    alone = replace(project, apps=project.apps[:1])
    snapshot = replace(snapshot, facts=replace(snapshot.facts, projects=(alone,)))
    assert scope_of(snapshot, f"{ROOT}/web/.env").covers(f"{ROOT}/lib/a.ts")


def test_outside_every_project_a_file_stands_alone() -> None:
    scope = scope_of(replace(two_apps(), facts=replace(two_apps().facts, projects=())), f"{ROOT}/web/.env")
    assert list(scope.slots()) == []
    assert files_of(scope) == [".env"]
    assert not scope.covers(f"{ROOT}/web/a.ts")


@pytest.mark.parametrize(("name", "is_read_above"), (("prod.env", True), (".env", False)))
def test_code_beside_a_file_that_no_loader_takes_reads_the_one_above(name: str, is_read_above: bool) -> None:
    snapshot = read_scene(
        f"#- .env\nA=1\n#- fixtures/{name}\nA=2\n#- fixtures/a.py\nimport os\nos.environ['A']\n"
    ).snapshot
    assert bool(scope_of(snapshot, f"{ROOT}/.env").reads("A")) is is_read_above
