"""Many folders in one: apps side by side, code that they share, an env file above them all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.errors import Misuse
from envlsp.ide.completion import complete
from envlsp.ide.hover import hover
from envlsp.ide.navigate import definition, references
from envlsp.ide.problems import problems
from envlsp.ide.rename import prepare, rename
from envlsp.ide.snapshot import AppFacts
from tests.support.cursor import ROOT, Scene, read_scene


def read_apps(text: str, *folders: str) -> Scene:
    """Return a scene whose env files belong to the apps of these folders; `.` is the root."""
    scene = read_scene(text)
    (project,) = scene.snapshot.facts.projects
    apps = []
    for name in folders:
        folder = ROOT if name == "." else f"{ROOT}/{name}"
        files = {"dev": f"{folder}/.env"}
        if f"{folder}/.env.ci" in scene.snapshot.documents:
            files["ci"] = f"{folder}/.env.ci"
        apps.append(AppFacts("shop" if name == "." else name, folder, "node", files))
    facts = replace(scene.snapshot.facts, projects=(replace(project, apps=tuple(apps)),))
    scene.snapshot = replace(scene.snapshot, facts=facts)
    return scene


def found(scene: Scene) -> list[str]:
    """Return every problem as `folder/file: message`, by file."""
    return [
        f"{place.removeprefix(ROOT + '/')}: {one.message}"
        for place in sorted(scene.snapshot.documents)
        for one in problems(scene.snapshot, place)
    ]


APPS = """
#- apps/web/.env
API_URL=1
OLD=1
SHARED=1
#- services/worker/.env
QUEUE=1
#- apps/web/src/page.ts
fetch(process.env.API_URL); process.env.QUEUE
#- services/worker/main.py
import os
os.environ["QUEUE"]; os.environ["API_URL"]
#- packages/shared/index.ts
process.env.SHARED; process.env.NOWHERE
"""


def test_each_app_has_names_of_its_own_and_shared_code_those_of_all() -> None:
    assert found(read_apps(APPS, "apps/web", "services/worker")) == [
        "apps/web/.env: no code reads OLD",
        "apps/web/src/page.ts: QUEUE is in no env file of apps/web",
        "packages/shared/index.ts: NOWHERE is in no env file of any app",
        "services/worker/main.py: API_URL is in no env file of services/worker",
    ]


ABOVE = """
#- .env
# Where the database is.
DB_URL=1
OLD=1
#- apps/web/.env
API_URL=1
#- apps/web/page.ts
process.env.API_URL; process.env.DB_URL; process.env.NOWHERE
#- scripts/seed.ts
process.env.DB_URL; process.env.API_URL
"""


@pytest.mark.parametrize("folders", ((".", "apps/web"), ("apps/web",)))
def test_names_of_an_env_file_above_are_there_and_names_read_below_are_read(folders: tuple[str, ...]) -> None:
    """With or without an app at the root: nobody has to declare the file that all of them share."""
    told = found(read_apps(ABOVE, *folders))
    assert [line for line in told if not line.startswith(".env")] == [
        "apps/web/page.ts: NOWHERE is in no env file of apps/web",
    ]
    assert not any("DB_URL" in line for line in told)


def test_the_file_above_is_completed_hovered_and_found() -> None:
    scene = read_apps(ABOVE.replace("env.DB_URL;", "env.DB_U<|>RL;", 1), ".", "apps/web")
    items = complete(scene.snapshot, scene.place, scene.caret).items
    assert [(item.label, item.detail) for item in items] == [("DB_URL", ".env")]
    shown = hover(scene.snapshot, scene.place, scene.caret)
    assert shown is not None
    assert "Where the database is." in shown.markdown
    assert "**.env**" in shown.markdown
    (target,) = definition(scene.snapshot, scene.place, scene.caret)
    assert (target.place, target.range.start.line) == (f"{ROOT}/.env", 1)
    places = [
        target.place
        for target in references(scene.snapshot, scene.place, scene.caret, include_declaration=True)
    ]
    assert places == [f"{ROOT}/.env", f"{ROOT}/apps/web/page.ts"]


def test_a_name_that_others_share_is_not_renamed_from_one_app() -> None:
    scene = read_apps(ABOVE.replace("env.DB_URL;", "env.DB_U<|>RL;", 1), ".", "apps/web")
    with pytest.raises(Misuse, match="where other apps may read it as well"):
        prepare(scene.snapshot, scene.place, scene.caret)
    with pytest.raises(Misuse):
        rename(scene.snapshot, scene.place, scene.caret, "DATABASE_URL")


def test_code_with_a_nearer_file_reads_that_one() -> None:
    text = """
A<|>=1
#- apps/web/.env
A=2
#- apps/web/page.ts
process.env.A
#- apps/admin/page.ts
process.env.A
#- scripts/seed.ts
process.env.A
"""
    scene = read_apps(text, ".", "apps/web")
    places = [edit.place for edit in rename(scene.snapshot, scene.place, scene.caret, "B").edits]
    assert places == [f"{ROOT}/.env", f"{ROOT}/apps/admin/page.ts", f"{ROOT}/scripts/seed.ts"]


def test_the_file_beside_is_not_above() -> None:
    scene = read_apps(APPS.replace("env.QUEUE", "env.Q<|>"), "apps/web", "services/worker")
    assert complete(scene.snapshot, scene.place, scene.caret).items == ()


def test_a_folder_without_a_project_with_code_in_src() -> None:
    text = """
API_URL=1
EMPTY=
OLD=1
#- src/deep/app.ts
fetch(process.env.API_URL, process.env.EMPTY, process.env.API_ULR)
#- tests/test_app.py
import os
os.environ["API_URL"]
"""
    assert found(read_apps(text, ".")) == [
        ".env: EMPTY is empty, and app.ts reads it without a default",
        ".env: no code reads OLD",
        "src/deep/app.ts: API_ULR is in no env file of shop; did you mean API_URL?",
    ]
