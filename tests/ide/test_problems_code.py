"""Source code: names that it reads and nobody defines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.ide.problems import problems
from envlsp.ide.results import Severity
from envlsp.ide.snapshot import Standing
from tests.support.cursor import read_scene
from tests.support.problems import check_problems


def test_names_defined_nowhere_are_a_warning_and_with_a_default_a_hint() -> None:
    scene = check_problems("""
API_URL=https://api.test
#- app.ts
    fetch(process.env.API_URL + process.env.API_KEY)
//                                          ^^^^^^^ undefined-name
    log(process.env.LEVEL ?? "info", process.env.NODE_ENV)
//                  ^^^^^ undefined-name
""")
    first, second = problems(scene.snapshot, "/shop/app.ts")
    assert (first.severity, second.severity) == (Severity.WARNING, Severity.HINT)
    assert first.message == "API_KEY is in no env file of web"
    assert first.data == {"name": "API_KEY"}


def test_a_name_is_defined_by_any_env_file_the_example_or_a_release() -> None:
    check_problems(
        """
A=1
#- .env.staging
B=1
#- .env.example
A=
B=
C=
#- dev v1 by Alice
A=1
D=1
#- app.py
import os
print(os.environ["A"], os.environ["B"], os.environ["C"], os.environ["D"])
os.environ["E"] = "1"
""",
        ignore=frozenset(
            {"unused-name", "missing-here", "missing-name", "missing-in-environment", "not-in-example"}
        ),
    )


def test_nothing_is_undefined_where_nothing_is_defined() -> None:
    check_problems("""
#- app.ts
process.env.ANYTHING
""")


def test_what_systems_and_build_tools_set_is_never_missing() -> None:
    check_problems("""
A=1
#- app.ts
process.env.PATH; process.env.HOME; process.env.CI; process.env.GITHUB_SHA; process.env.npm_package_version
import.meta.env.MODE; import.meta.env.PROD; process.env.LC_ALL; process.env.XDG_CACHE_HOME
""")


def test_a_name_that_a_shared_environment_lacks_is_a_hint() -> None:
    scene = check_problems("""
A=1
#- staging v1 by Alice
B=1
#- dev v1 by Alice
A=1
#- app.ts
    process.env.A
//              ^ missing-in-environment
    process.env.A ?? "x"
""")
    (found,) = problems(scene.snapshot, "/shop/app.ts")
    assert found.message == "A is missing in staging"


@pytest.mark.parametrize(
    "standing", (Standing.LOADING, Standing.LOCKED, Standing.UNOPENABLE, Standing.WAITING)
)
def test_nothing_is_undefined_while_the_releases_cannot_be_read(standing: Standing) -> None:
    scene = read_scene("A=1\n#- app.ts\nprocess.env.B\n")
    (project,) = scene.snapshot.facts.projects
    facts = replace(scene.snapshot.facts, projects=(replace(project, standing=standing),))
    assert problems(replace(scene.snapshot, facts=facts), "/shop/app.ts") == ()


def test_an_open_file_is_read_as_it_is_in_the_editor() -> None:
    scene = read_scene("A=1\n#- app.ts\nprocess.env.B\n")
    scene.snapshot = replace(scene.snapshot, usages=scene.snapshot.usages.with_file("/shop/app.ts", ()))
    assert [one.code for one in problems(scene.snapshot, "/shop/app.ts")] == ["undefined-name"]
