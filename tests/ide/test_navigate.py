"""From a name to its line, and to every place that uses it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.ide.navigate import definition, highlights, references
from envlsp.ide.positions import Encoding, Range
from envlsp.ide.results import Target
from tests.support.cursor import ROOT, Scene, make_document, read_scene

APP = """
A=1
B=${A}
#- .env.staging
A=2
#- .env.example
A=
#- app.ts
process.env.A; process.env.B
#- app.py
import os
os.getenv("A")
"""


def shown(targets: list[Target]) -> str:
    return "\n".join(
        f"{at.removeprefix(ROOT + '/')} {where.start.line}:{where.start.column}" for at, where in targets
    )


def check_definition(scene: str, expected: str, *, encoding: Encoding = Encoding.UTF16) -> None:
    """Compare `file line:column` of each target; marks of the scene cover the same ranges."""
    found = read_scene(scene, encoding=encoding)
    targets = definition(found.snapshot, found.place, found.caret)
    assert shown(targets) == expected.strip()
    for mark in found.marks:
        assert Target(mark.place, mark.range) in targets


def check_references(scene: str, expected: str, *, declaration: bool = True) -> None:
    found = read_scene(scene)
    targets = references(found.snapshot, found.place, found.caret, include_declaration=declaration)
    assert shown(targets) == expected.strip()


def at(place: str, before: str) -> str:
    """Return the scene of all files with the caret after some text of one of them."""
    head, _, tail = (
        APP.lstrip("\n").partition(f"#- {place}\n") if place != ".env" else ("", "", APP.lstrip("\n"))
    )
    marker = f"#- {place}\n" if place != ".env" else ""
    assert before in tail
    return head + marker + tail.replace(before, f"{before}<|>", 1)


def test_from_code_to_the_default_environment_first() -> None:
    check_definition(at("app.ts", "env.A"), ".env 0:0\n.env.staging 0:0\n.env.example 0:0")
    check_definition(at("app.ts", "env.B"), ".env 1:0")


def test_from_a_reference_to_its_line_in_the_same_file() -> None:
    check_definition("B=${A<|>}\nA=1\nA=2\n#- .env.staging\nA=3\n", ".env 2:0")
    check_definition("B=${A<|>}\n#- .env.staging\nA=3\n", ".env.staging 0:0")


def test_from_a_name_to_the_other_files() -> None:
    check_definition(at(".env", "A"), ".env.staging 0:0\n.env.example 0:0")
    check_definition("ALONE<|>=1\n", "")


def test_from_nothing_to_nowhere() -> None:
    check_definition("A=1<|>\n", "")
    check_definition("# A<|>\n", "")
    check_definition("A=1\n#- app.ts\nprocess.env.NEW<|>\n", "")


@pytest.mark.parametrize("encoding", tuple(Encoding))
def test_ranges_count_what_the_editor_counts(encoding: Encoding) -> None:
    check_definition(
        "X='😀e\u0301'\r\nAPI_URL=1\r\n#- app.ts\nf('😀', process.env.API<|>_URL)\n",
        ".env 1:0",
        encoding=encoding,
    )


EVERYWHERE = """
.env 0:0
.env 1:4
.env.staging 0:0
.env.example 0:0
app.py 1:11
app.ts 0:12
"""


@pytest.mark.parametrize(
    ("place", "before"),
    ((".env", "A"), (".env", "${A"), (".env.staging", "A"), ("app.ts", "env.A"), ("app.py", '("A')),
)
def test_references_are_the_same_from_every_side(place: str, before: str) -> None:
    check_references(at(place, before), EVERYWHERE)


def test_references_without_the_declarations() -> None:
    check_references(at("app.ts", "env.A"), ".env 1:4\napp.py 1:11\napp.ts 0:12", declaration=False)


def test_an_open_document_counts_as_it_is_in_the_editor() -> None:
    scene = read_scene(at(".env", "A"))
    place = f"{ROOT}/app.ts"
    text = scene.snapshot.documents[place].text
    start = text.end()
    edited = make_document(place, text.replaced(Range(start, start), "process.env.A\n"))
    snapshot = scene.snapshot.with_source(edited)
    found = references(snapshot, scene.place, scene.caret, include_declaration=False)
    assert shown(found) == ".env 1:4\napp.py 1:11\napp.ts 0:12\napp.ts 1:12"


def with_two_apps(scene: Scene) -> Scene:
    project = scene.snapshot.facts.projects[0]
    web = replace(project.apps[0], folder=f"{ROOT}/web", files={"dev": f"{ROOT}/web/.env"})
    api = replace(web, name="api", folder=f"{ROOT}/api", files={"dev": f"{ROOT}/api/.env"})
    project = replace(project, apps=(web, api))
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, projects=(project,)))
    return scene


TWO_APPS = """
#- web/.env
A=1
#- api/.env
A=2
#- {}/x.ts
process.env.A<|>
#- web/w.ts
process.env.A
#- api/a.ts
process.env.A
"""


@pytest.mark.parametrize(
    ("folder", "expected"),
    (
        ("web", "web/.env 0:0\nweb/w.ts 0:12\nweb/x.ts 0:12"),
        ("api", "api/.env 0:0\napi/a.ts 0:12\napi/x.ts 0:12"),
        # Code that no app holds is shared by all.
        ("lib", "web/.env 0:0\napi/.env 0:0\napi/a.ts 0:12\nlib/x.ts 0:12\nweb/w.ts 0:12"),
    ),
)
def test_apps_keep_to_themselves(folder: str, expected: str) -> None:
    scene = with_two_apps(read_scene(TWO_APPS.format(folder)))
    found = references(scene.snapshot, scene.place, scene.caret, include_declaration=True)
    assert shown(found) == expected


def test_highlights_stay_in_the_document() -> None:
    scene = read_scene(at(".env", "A"))
    assert [where.start for where in highlights(scene.snapshot, scene.place, scene.caret)] == [(0, 0), (1, 4)]
    scene = read_scene("A=1\n#- app.ts\nprocess.env.A; process.env.B; process.env.A<|>\n")
    assert [where.start for where in highlights(scene.snapshot, scene.place, scene.caret)] == [
        (0, 12),
        (0, 42),
    ]
    scene = read_scene("A=<|>1\n")
    assert highlights(scene.snapshot, scene.place, scene.caret) == []


@pytest.mark.slow
def test_ten_thousand_names() -> None:
    text = "".join(f"NAME_{number}=${{NAME_{number + 1}}}\n" for number in range(10_000))
    check_definition(f"{text}#- app.ts\nprocess.env.NAME_5<|>000\n", ".env 5000:0")
    check_references(f"{text}#- app.ts\nprocess.env.NAME_5<|>000\n", ".env 5000:0\n.env 4999:12\napp.ts 0:12")
