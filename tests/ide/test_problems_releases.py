"""The file against the newest release, and releases against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from envlsp.ide.drift import Stand, drift
from envlsp.ide.results import Severity
from envlsp.ide.snapshot import CandidateFacts
from tests.support.cursor import NOW, Scene, fingerprint, read_scene
from tests.support.problems import check_problems, of_environment, problem, problems_of

RELEASED = """
#- dev v1 by Alice
A=1
B=1
C=1
#- dev v2 by Bob
A=2
B=1
D=1
"""


def base(text: str) -> Mapping[str, bytes]:
    return {line[0]: fingerprint(line[2:].encode()) for line in text.split()}


def test_a_file_in_step_has_no_problems() -> None:
    check_problems("A=2\nB=1\nD=1\n" + RELEASED)


def test_what_was_changed_here_is_a_hint() -> None:
    scene = check_problems(
        """
  A=3
# ^ differs-from-release
  NEW=1
# ^^^ not-released
B=1
D=1
"""
        + RELEASED
    )
    assert problem(scene, "differs-from-release").message == "changed here since v2 and not pushed"
    assert problem(scene, "not-released").message == "new here; v2 does not have it"
    assert problem(scene, "not-released").severity is Severity.HINT


def test_what_was_taken_out_here_is_missing() -> None:
    scene = check_problems("A=2\n" + RELEASED, at_top="missing-here")
    assert problem(scene, "missing-here").message == "2 names of v2 taken out here and not pushed: B, D"


def test_what_a_teammate_changed_since_is_told_with_who_and_when() -> None:
    scene = of_environment(read_scene("A=1\nB=1\nC=1\n" + RELEASED), base=base("A=1 B=1 C=1"))
    found = {one.range.start.line: one for one in problems_of(scene) if one.code == "behind-release"}
    assert found[0].message == "v2 (Bob, 1 hour ago) changed it; pull to follow"
    assert found[0].severity is Severity.INFORMATION
    assert found[2].message == "v2 (Bob, 1 hour ago) no longer has it; pull to follow"
    assert problem(scene, "missing-here").message == "1 name of v2 missing here: D; pull to have them"


def test_what_both_changed_is_a_warning() -> None:
    scene = of_environment(read_scene("A=9\nB=1\nC=9\nD=1\n" + RELEASED), base=base("A=1 B=1 C=1 D=1"))
    found = [one for one in problems_of(scene) if one.code == "behind-release"]
    assert [one.severity for one in found] == [Severity.WARNING, Severity.WARNING]
    assert found[0].message == "v2 (Bob, 1 hour ago) changed it, and so did you: a pull will ask"


def test_without_a_base_nobody_knows_who_changed_it() -> None:
    scene = of_environment(read_scene("A=1\nB=1\nD=1\n" + RELEASED), base=None)
    assert [one.message for one in problems_of(scene)] == ["another value than in v2"]
    found = drift(scene.snapshot, "/shop/.env")
    assert found is not None
    assert found.stands == {"A": Stand.DIFFERS}


def test_a_conflict_names_both_sides_by_author_label_and_mark() -> None:
    scene = read_scene("A=2\nB=1\nD=1\n" + RELEASED)
    sides = (
        CandidateFacts("v2-b7f2", "Alice", NOW, fingerprint(b"left")),
        CandidateFacts("v2-c9d1", "Bob", NOW, None),
    )
    newest = dict(scene.snapshot.facts.projects[0].environments["web", "dev"].names)
    del newest["A"]
    of_environment(scene, names=newest, conflicts={"A": sides, "Z": sides}, heads=("v2-b7f2", "v2-c9d1"))
    found = [one for one in problems_of(scene) if one.code == "conflict"]
    mark = fingerprint(b"left").hex()[:4]
    assert [one.message for one in found] == [
        f"A has several newest values: Alice's v2-b7f2 ({mark}); Bob's v2-c9d1 took it away",
        f"Z has several newest values: Alice's v2-b7f2 ({mark}); Bob's v2-c9d1 took it away",
    ]
    assert {one.code for one in problems_of(scene)} == {"conflict"}


def test_nothing_is_compared_while_the_device_is_locked() -> None:
    scene = read_scene("A=9\n" + RELEASED)
    facts = replace(scene.snapshot.facts, fingerprint=None)
    scene.snapshot = replace(scene.snapshot, facts=facts)
    assert problems_of(scene) == ()


def test_a_name_of_a_stranger_stays_one_printable_line() -> None:
    text = RELEASED.replace("by Bob", "by Bo\u202eb\x07" + "x" * 100)
    scene = of_environment(read_scene("A=1\nB=1\nC=1\n" + text), base=base("A=1 B=1 C=1"))
    message = problem_at(scene, 0)
    assert message.isprintable()
    assert len(message) < 120


def problem_at(scene: Scene, line: int) -> str:
    (found,) = [
        one for one in problems_of(scene) if one.range.start.line == line and one.code == "behind-release"
    ]
    return found.message


def test_a_name_without_a_value_is_missing_for_the_release() -> None:
    scene = read_scene("A=2\nB=1\nD\n" + RELEASED, dialect="python")
    found = drift(scene.snapshot, "/shop/.env")
    assert found is not None
    assert (found.stands, found.missing) == ({}, ["D"])


def test_other_facts_are_compared_anew() -> None:
    scene = read_scene("A=2\nB=1\nD=1\n" + RELEASED)
    assert problems_of(scene) == ()
    of_environment(scene, names={}, base={})
    assert {one.code for one in problems_of(scene)} == {"not-released"}
