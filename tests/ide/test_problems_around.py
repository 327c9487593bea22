"""Files around an env file: the example, and git."""

from __future__ import annotations

from dataclasses import replace

from envlsp.ide.snapshot import GitFacts
from tests.support.cursor import Scene, read_scene
from tests.support.problems import check_problems, problem, problems_of


def with_git(text: str, facts: GitFacts, place: str = "/shop/.env") -> Scene:
    scene = read_scene(text)
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, git={place: facts}))
    return scene


def test_names_of_the_example_that_the_file_lacks_are_one_problem() -> None:
    scene = check_problems(
        """
A=1
#- .env.example
A=
B=
# Optional.
C=
D=
""",
        at_top="missing-name",
    )
    assert problem(scene, "missing-name").message == "2 names of .env.example missing here: B, D"


def test_names_that_the_example_lacks() -> None:
    scene = check_problems("""
A=1
  NEW=1
# ^^^ not-in-example
#- .env.example
A=
""")
    assert problem(scene, "not-in-example").message == "NEW is not in .env.example"


def test_every_environment_is_held_against_the_example() -> None:
    check_problems("""
A=1
#- .env.staging
  B=1
# ^ not-in-example
A=1
#- .env.example
A=
""")


def test_an_example_itself_may_have_empty_names() -> None:
    check_problems("""
A=1
#- .env.example
# Required.
A=
#- app.ts
process.env.A
""")


def test_a_file_that_git_tracks_is_an_error_with_its_fix() -> None:
    scene = with_git("A=1\n", GitFacts(is_tracked=True))
    assert "git rm --cached .env" in problem(scene, "git-tracked").message


def test_a_file_that_git_does_not_ignore_is_a_warning() -> None:
    scene = with_git("# A note.\nA=1\n", GitFacts(is_exposed=True))
    found = problem(scene, "git-exposed")
    assert (found.range.start, found.range.end) == ((0, 0), (0, 1))


def test_a_comment_at_the_top_silences_what_is_said_of_the_file() -> None:
    scene = with_git("# Shared on purpose.\n# envlsp-ignore: git-tracked\nA=1\n", GitFacts(is_tracked=True))
    assert problems_of(scene) == ()


def test_an_example_is_meant_to_be_in_git() -> None:
    example = "/shop/.env.example"
    scene = with_git("#- .env.example\nA=\n", GitFacts(is_tracked=True), example)
    assert problems_of(scene, place=example) == ()


def test_an_empty_file_has_a_first_line_too() -> None:
    scene = with_git("#- .env\n\n", GitFacts(is_exposed=True))
    found = problem(scene, "git-exposed")
    assert (found.range.start, found.range.end) == ((0, 0), (0, 0))
