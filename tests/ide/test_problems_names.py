"""What names are for: who needs them, who sees them, and those that nobody reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.ide.usages import Usages
from tests.support.cursor import read_scene
from tests.support.problems import check_problems, problem, problems_of

NONE: frozenset[str] = frozenset()


def test_a_name_that_code_reads_without_a_default_wants_a_value() -> None:
    scene = check_problems("""
  API_URL=
# ^^^^^^^ empty-required-value
LEVEL=""
OTHER=
#- app.ts
fetch(process.env.API_URL)
log(process.env.LEVEL ?? "info")
""")
    message = problem(scene, "empty-required-value").message
    assert message == "API_URL is empty, and app.ts reads it without a default"


def test_a_name_that_the_example_calls_required_wants_a_value() -> None:
    scene = check_problems("""
  API_URL=
# ^^^^^^^ empty-required-value
LEVEL=
#- .env.example
# Required: ask the web team.
API_URL=
# This is not required.
LEVEL=
""")
    assert ".env.example says that it is required" in problem(scene, "empty-required-value").message


def test_a_name_with_a_value_in_the_newest_release_wants_one_here() -> None:
    check_problems(
        """
  API_URL=
# ^^^^^^^ empty-required-value
#- dev v1 by Alice
API_URL=https://api.test
""",
        ignore=frozenset({"differs-from-release"}),
    )


def test_secrets_under_a_public_prefix() -> None:
    scene = check_problems("""
  VITE_API_TOKEN=x
# ^^^^^^^^^^^^^^ public-secret
  NEXT_PUBLIC_DB_PASSWORD=x
# ^^^^^^^^^^^^^^^^^^^^^^^ public-secret
  REACT_APP_SIGNING_KEY=x
# ^^^^^^^^^^^^^^^^^^^^^ public-secret
VITE_API_URL=x
NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY=x
VITE_KEYBOARD=x
API_TOKEN=x
""")
    assert "VITE_" in problems_of(scene)[0].message


def test_names_that_no_code_reads_are_faded() -> None:
    scene = check_problems(
        """
USED=1
HOST=api.test
URL=https://${HOST}
  OLD=1
# ^^^ unused-name
NODE_ENV=test
#- app.py
import os
print(os.environ["USED"], os.environ["URL"])
""",
        ignore=NONE,
    )
    found = problem(scene, "unused-name")
    assert (found.message, found.is_unnecessary) == ("no code reads OLD", True)


def test_nothing_is_unused_before_all_code_was_looked_at() -> None:
    scene = read_scene("OLD=1\n#- app.ts\nprocess.env.NEW\n")
    scene.snapshot = replace(scene.snapshot, usages=replace(scene.snapshot.usages, is_complete=False))
    assert problems_of(scene) == ()


@pytest.mark.parametrize(("folder", "is_told"), (("/shop", True), ("/shop/web", False), ("/other", False)))
def test_nothing_is_unused_where_not_all_code_was_looked_at(folder: str, is_told: bool) -> None:
    scene = read_scene("OLD=1\n#- app.ts\nprocess.env.NODE_ENV\n")
    scene.snapshot = replace(scene.snapshot, usages=replace(scene.snapshot.usages, folders=(folder,)))
    assert bool(problems_of(scene)) is is_told


def test_nothing_is_unused_where_no_code_reads_variables() -> None:
    scene = read_scene("OLD=1\n")
    assert problems_of(scene) == ()
    scene.snapshot = replace(scene.snapshot, usages=Usages(is_complete=True))
    assert problems_of(scene) == ()


def test_unused_is_a_setting() -> None:
    scene = read_scene("OLD=1\n#- app.ts\nprocess.env.NODE_ENV\n")
    assert [one.code for one in problems_of(scene)] == ["unused-name"]
    settings = replace(scene.snapshot.settings, unused=False)
    scene.snapshot = replace(scene.snapshot, settings=settings)
    assert problems_of(scene) == ()
