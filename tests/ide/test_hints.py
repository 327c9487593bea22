"""The word behind a line that differs from the newest release."""

from __future__ import annotations

from dataclasses import replace

from envlsp.ide.hints import hints
from envlsp.ide.positions import Encoding, Position, Range
from envlsp.ide.results import Hint
from envlsp.ide.settings import Settings
from envlsp.ide.snapshot import CandidateFacts, EnvironmentFacts, Snapshot
from tests.support.cursor import ROOT, Scene, fingerprint, read_scene

DEV = f"{ROOT}/.env"
ALL = Range(Position(0, 0), Position(10**6, 0))


def shown(found: list[Hint]) -> list[str]:
    return [f"{hint.position.line}:{hint.position.column} {hint.label}" for hint in found]


def with_dev(scene: Scene, **changes: object) -> Snapshot:
    project = scene.snapshot.facts.projects[0]
    facts: EnvironmentFacts = replace(project.environments["web", "dev"], **changes)  # type: ignore[arg-type]
    project = replace(project, environments={("web", "dev"): facts})
    return replace(scene.snapshot, facts=replace(scene.snapshot.facts, projects=(project,)))


def test_only_lines_that_differ_have_a_word() -> None:
    scene = read_scene("A=1\nB=2 # mine\nC=3\n#- dev v1 by Alice\nA=1\nB=1\n")
    assert shown(hints(scene.snapshot, DEV, ALL)) == ["1:10 changed", "2:3 new"]


def test_the_last_line_of_a_name_counts_and_a_value_ends_on_its_last_line() -> None:
    scene = read_scene('A=1\nA="x\ny"\n#- dev v1 by Alice\nA=1\n')
    assert shown(hints(scene.snapshot, DEV, ALL)) == ["2:2 changed"]


def test_what_a_teammate_changed_says_where_who_and_when() -> None:
    scene = read_scene("A=1\nB=1\n#- dev v1 by Alice\nA=1\nB=1\n#- dev v2 by Bob\nA=2\n")
    old = {"A": fingerprint(b"1"), "B": fingerprint(b"1")}
    found = hints(with_dev(scene, base=old), DEV, ALL)
    assert shown(found) == ["0:3 v2 · Bob · 1 h", "1:3 removed"]
    assert found[0].tooltip == "changed in v2 by Bob, 1 hour ago; pull to have it here"


def test_changed_on_both_sides_in_conflict_or_never_in_step() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nA=2\n")
    both = hints(with_dev(scene, base={"A": fingerprint(b"0")}), DEV, ALL)
    assert shown(both) == ["0:3 changed on both sides"]
    assert both[0].tooltip == "changed here, and changed in v1 by Alice, 1 hour ago"
    assert shown(hints(with_dev(scene, base=None), DEV, ALL)) == ["0:3 differs"]
    sides = (CandidateFacts("v2-aa", "Alice", 0, b"1"), CandidateFacts("v2-bb", "Bob", 0, None))
    torn = with_dev(scene, names={}, conflicts={"A": sides}, heads=("v2-aa", "v2-bb"))
    assert shown(hints(torn, DEV, ALL)) == ["0:3 conflict"]


def test_taken_away_there_and_changed_here() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nB=2\n")
    found = hints(with_dev(scene, base={"A": fingerprint(b"0")}), DEV, ALL)
    assert found[0].tooltip == "changed here, and taken away in v1"


def test_ages_are_a_few_letters() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nA=2\n")
    snapshot = with_dev(scene, base={"A": fingerprint(b"1")})
    ages = (0, 120, 7_200, 3 * 86_400, 90 * 86_400, 900 * 86_400)
    start = snapshot.now - 3_600
    labels = [hints(replace(snapshot, now=start + age), DEV, ALL)[0].label for age in ages]
    assert [label.rpartition(" · ")[2] for label in labels] == ["now", "2 min", "2 h", "3 d", "3 mo", "2 y"]


def test_only_the_range_asked_for() -> None:
    scene = read_scene("A=1\nB=1\nC=1\nD=1\n#- dev v1 by Alice\nX=1\n")
    middle = Range(Position(1, 0), Position(2, 1))
    assert shown(hints(scene.snapshot, DEV, middle)) == ["1:3 new", "2:3 new"]


def test_columns_are_the_editors() -> None:
    text = "A=😀é # x\n#- dev v1 by Alice\nB=1\n"
    columns = [
        hints(read_scene(text, encoding=encoding).snapshot, DEV, ALL)[0].position.column
        for encoding in (Encoding.UTF8, Encoding.UTF16, Encoding.UTF32)
    ]
    assert columns == [12, 9, 8]


def test_no_value_is_in_a_hint() -> None:
    scene = read_scene("A=geheim1\nB=geheim2\n#- dev v1 by Alice\nA=geheim3\n")
    assert "geheim" not in repr(hints(scene.snapshot, DEV, ALL))


def test_nothing_without_a_release_in_code_or_when_it_is_off() -> None:
    scene = read_scene("A=1\n#- .env.example\nA=\n#- a.py\nimport os\n#- dev v1 by Alice\nA=2\n")
    assert hints(scene.snapshot, f"{ROOT}/.env.example", ALL) == []
    assert hints(scene.snapshot, f"{ROOT}/a.py", ALL) == []
    assert hints(replace(scene.snapshot, settings=Settings(hints=False)), DEV, ALL) == []
    assert hints(read_scene("A=1\n").snapshot, DEV, ALL) == []
