"""What is offered at a line: fixes, added names, and what the team's releases allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from envlsp.ide.actions import actions
from envlsp.ide.actions.trying import applied
from envlsp.ide.positions import Encoding, Position, Range
from envlsp.ide.results import Action, ActionKind
from envlsp.ide.snapshot import CandidateFacts, GitFacts, Standing
from tests.support.cursor import NOW, Scene, fingerprint, read_scene
from tests.support.problems import of_environment, without

UNUSED = frozenset({"unused-name"})


def offered(scene: Scene, *only: str, codes: tuple[str, ...] = ()) -> list[Action]:
    scene.snapshot = without(scene.snapshot, UNUSED)
    return actions(scene.snapshot, scene.place, Range(scene.caret, scene.caret), codes, only or None)


def fixes(scene: Scene) -> Mapping[str, Action]:
    return {action.title: action for action in offered(scene, "quickfix")}


def check_fix(text: str, title: str, after: str, dialect: str = "node") -> None:
    """Check that an action at the caret turns the file into another."""
    scene = read_scene(text, dialect=dialect)
    action = fixes(scene)[title]
    place = action.edits[0].place
    document = scene.snapshot.documents[place]
    assert str(applied(document.text, action.edits)) == after.removeprefix("\n")


@pytest.mark.parametrize(
    ("line", "kind", "after"),
    (
        ("A=a<|> b", "double", 'A="a b"'),
        ('A=a "b"<|>', "single", "A='a \"b\"'"),
        ("A=it's<|> b  # note", "double", 'A="it\'s b"  # note'),
        ("A=<|>pa$$word", "single", "A='pa$$word'"),
        ("A=<|>C:\\temp", "single", "A='C:\\temp'"),
        ("B=1\nA=${B}<|> and more", "double", 'B=1\nA="${B} and more"'),
    ),
)
def test_quotes_are_put_in_so_that_the_value_stays(line: str, kind: str, after: str) -> None:
    check_fix(f"{line}\n", f"Put the value in {kind} quotes", f"{after}\n")


def test_quotes_are_two_edits_without_the_value() -> None:
    scene = read_scene("TOKEN=hunter2 hunter3<|>\n")
    (action,) = fixes(scene).values()
    assert [edit.new_text for edit in action.edits] == ['"', '"']
    assert "hunter" not in repr(action)
    assert action.is_preferred


def test_a_value_cut_off_at_a_hash_can_be_quoted_in_two_ways() -> None:
    text = "A=pass#word<|>\n"
    check_fix(text, "Put the value in double quotes", 'A="pass"#word\n')
    check_fix(text, "Put all of it in single quotes, with what follows the #", "A='pass#word'\n")
    assert not any(action.is_preferred for action in fixes(read_scene(text)).values())


def test_a_value_that_no_quotes_leave_alone_gets_none() -> None:
    scene = read_scene("""A=it's "both"\\n<|> $x\n""", dialect="python")
    assert not fixes(scene)


def test_a_quote_is_closed_before_the_comment() -> None:
    check_fix('A="abc<|>  # note\nB=1\n', "Close the quote", 'A="abc"  # note\nB=1\n')
    check_fix("A='abc<|>\nB=1\n", "Close the quote", "A='abc'\nB=1\n", "python")


def test_the_duplicate_that_does_not_count_is_removed() -> None:
    check_fix("A=1<|>\nB=2\nA=3\n", "Remove this assignment; line 3 counts", "B=2\nA=3\n")


def test_a_duplicate_stays_where_the_file_would_change_its_meaning_without_it() -> None:
    scene = read_scene('A=1\nA="x\nB=2<|>\nB="3\nC=4\n')
    for action in fixes(scene).values():
        document = scene.snapshot.documents[scene.place]
        assert "C=4" in str(applied(document.text, action.edits))


def test_invisible_characters_are_removed_one_by_one() -> None:
    check_fix("A=\u200bx\u00a0y\u200b<|>\n", "Remove the 3 invisible characters", "A=xy\n")
    check_fix("\u200bA=x<|>\n", "Remove the invisible character", "A=x\n")


def test_a_name_that_a_value_refers_to_is_added_above_it() -> None:
    check_fix("URL=https://${HOST}<|>\n", "Add HOST above", "HOST=\nURL=https://${HOST}\n")


def test_a_name_that_no_code_reads_can_be_removed() -> None:
    scene = read_scene("OLD=1<|>\nNEW=1\n#- app.ts\nprocess.env.NEW\n")
    (action,) = actions(scene.snapshot, scene.place, Range(scene.caret, scene.caret))
    assert action.title == "Remove OLD from this file"
    assert not action.is_preferred


def test_names_of_the_example_are_added_without_values() -> None:
    check_fix(
        "<|>A=1\n#- .env.example\nA=1\nB=2\nC=3\n",
        "Add 2 names of .env.example, without values",
        "A=1\nB=\nC=\n",
    )
    check_fix("<|>A=1\r\n#- .env.example\nB=2\n", "Add B of .env.example, without a value", "A=1\r\nB=\r\n")


def test_a_name_is_added_to_the_example_and_nothing_else_of_its_lines() -> None:
    text = "A=1\n# The old one was hunter1.\nB=hunter2<|>\n#- .env.example\nA="
    check_fix(text, "Add B to .env.example", "A=\nB=\n")


def test_a_name_that_code_reads_is_added_to_any_env_file_the_default_first() -> None:
    scene = read_scene("A=1\n#- .env.ci\nA=1\n#- app.ts\nprocess.env.NEW<|>\nprocess.env.OTHER\n")
    found = offered(scene)
    assert [action.title for action in found] == ["Add NEW to .env", "Add NEW to .env.ci"]
    assert [edit.new_text for action in found for edit in action.edits] == ["NEW=\n", "NEW=\n"]
    assert found[0].edits[0].place == "/shop/.env"


def test_where_there_is_no_env_file_one_is_made_with_the_name() -> None:
    scene = read_scene("#- .env.example\nA=\n#- app.ts\nprocess.env.NEW<|>\n")
    (action,) = offered(scene)
    assert (action.title, action.creates) == ("Create .env with NEW", ("/shop/.env",))
    assert [(edit.place, edit.new_text) for edit in action.edits] == [("/shop/.env", "NEW=\n")]
    assert not action.is_preferred


def test_no_file_is_made_where_there_is_one_or_a_release_to_pull() -> None:
    for text in ("A=1\n", "#- dev v1 by Alice\nA=1\n"):
        scene = read_scene(f"{text}#- app.ts\nprocess.env.NEW<|>\n")
        assert not any(action.creates for action in offered(scene))


def test_no_file_is_made_before_one_has_joined_the_team() -> None:
    scene = read_scene("#- .env.example\nA=\n#- app.ts\nprocess.env.NEW<|>\n")
    (project,) = scene.snapshot.facts.projects
    projects = (replace(project, standing=Standing.NOT_JOINED),)
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, projects=projects))
    assert offered(scene) == []


def test_files_that_are_no_environment_are_neither_pushed_nor_pulled() -> None:
    scene = read_scene(f"A=7\nB=1\n#- .env.example\nA=<|>\nZ=\n{RELEASES}")
    assert commands(offered(scene)) == []


def test_a_file_that_git_does_not_ignore() -> None:
    scene = read_scene("<|>A=1\n")
    git = {scene.place: GitFacts(is_exposed=True)}
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, git=git))
    (action,) = offered(scene)
    assert action.title == "Add .env to .gitignore"
    assert action.command is not None
    assert (action.command.name, action.command.argument) == ("envlsp.git.ignore", {"place": scene.place})


RELEASES = "".join(
    f"#- dev v{number} by {author}\nA={number}\nB=1\n"
    for number, author in enumerate(("Alice", "Bob", "Alice", "Carol", "Bob", "Alice", "Bob"), 1)
)


def commands(found: list[Action]) -> list[tuple[str, str]]:
    return [(action.title, action.command.name) for action in found if action.command is not None]


def test_a_file_that_was_changed_here_can_be_pushed() -> None:
    scene = read_scene("A=here<|>\nB=1\n" + RELEASES)
    assert commands(offered(scene, "quickfix")) == [
        ("Push .env", "envlsp.push"),
        ("Compare .env with v7", "envlsp.diff"),
    ]


def test_a_file_that_is_behind_can_be_pulled() -> None:
    scene = read_scene("A=1<|>\nB=1\n" + RELEASES)
    of_environment(scene, base={"A": fingerprint(b"1"), "B": fingerprint(b"1")})
    assert ("Pull v7 into .env", "envlsp.pull") in commands(offered(scene))
    assert ("Push .env", "envlsp.push") not in commands(offered(scene))


def test_the_last_five_releases_can_be_gone_back_to() -> None:
    scene = read_scene("A=7<|>\nB=1\n" + RELEASES)
    found = offered(scene, "source")
    assert [action.title for action in found] == [
        "Roll back to v6 (Alice, 2 hours ago): +0 ~1 -0",
        "Roll back to v5 (Bob, 3 hours ago): +0 ~1 -0",
        "Roll back to v4 (Carol, 4 hours ago): +0 ~1 -0",
        "Roll back to v3 (Alice, 5 hours ago): +0 ~1 -0",
        "Roll back to v2 (Bob, 6 hours ago): +0 ~1 -0",
    ]
    command = found[0].command
    assert command is not None
    assert (command.name, command.argument) == ("envlsp.rollback", {"place": scene.place, "release": "v6"})


def test_a_message_says_more_than_counts() -> None:
    scene = read_scene("A=7<|>\nB=1\n" + RELEASES)
    (project,) = scene.snapshot.facts.projects
    first, second, *rest = project.environments["web", "dev"].releases
    of_environment(scene, releases=(first, replace(second, message="new key\nfor \u202eeverybody"), *rest))
    assert offered(scene, "source")[0].title == "Roll back to v6 (Alice, 2 hours ago): new key for everybody"


def test_a_viewer_may_pull_and_compare_only() -> None:
    scene = read_scene("A=here<|>\nB=1\n" + RELEASES)
    (project,) = scene.snapshot.facts.projects
    facts = replace(scene.snapshot.facts, projects=(replace(project, role="viewer"),))
    scene.snapshot = replace(scene.snapshot, facts=facts)
    assert commands(offered(scene)) == [("Compare .env with v7", "envlsp.diff")]


def test_a_conflict_is_resolved_by_taking_a_side() -> None:
    scene = read_scene("A=7<|>\nB=1\n" + RELEASES)
    sides = (
        CandidateFacts("v7-b7f2", "Alice", NOW, fingerprint(b"left")),
        CandidateFacts("v7-c9d1", "Bob", NOW, None),
    )
    names = dict(scene.snapshot.facts.projects[0].environments["web", "dev"].names)
    del names["A"]
    of_environment(scene, names=names, conflicts={"A": sides}, heads=("v7-b7f2", "v7-c9d1"))
    found = offered(scene, "quickfix")
    mark = fingerprint(b"left").hex()[:4]
    assert [action.title for action in found] == [
        f"Take Alice's A (v7-b7f2, {mark})",
        "Take Bob's A (v7-c9d1, taken away)",
        "Compare .env with v7-b7f2",
        "Compare .env with v7-c9d1",
    ]
    compare = found[2].command
    assert compare is not None
    assert compare.argument == {"place": scene.place, "from": "v7-b7f2"}
    # Nothing is offered that would only end with the conflict.
    assert "envlsp.pull" not in [name for _, name in commands(offered(scene))]
    command = found[1].command
    assert command is not None
    assert command.argument == {"place": scene.place, "name": "A", "take": "v7-c9d1"}


def test_only_the_kinds_asked_for_are_given() -> None:
    text = "A=a b<|>\nB=1\n" + RELEASES
    kinds = {
        kind: {action.kind for action in offered(read_scene(text), kind)}
        for kind in ("quickfix", "source", "source.fixAll", "refactor", "")
    }
    assert kinds["quickfix"] == {ActionKind.QUICK_FIX}
    assert kinds["source"] == {ActionKind.SOURCE, ActionKind.FIX_ALL}
    assert kinds["source.fixAll"] == {ActionKind.FIX_ALL}
    assert kinds["refactor"] == set()
    assert kinds[""] == {ActionKind.QUICK_FIX, ActionKind.SOURCE, ActionKind.FIX_ALL}


def test_fixes_of_the_problems_asked_about_come_first() -> None:
    scene = read_scene("A=a b<|>\n#- .env.example\n")
    first = offered(scene, codes=("not-in-example",))[0]
    assert first.title == "Add A to .env.example"


def test_of_a_large_selection_the_first_hundred_problems_are_enough() -> None:
    scene = read_scene("<|>" + "".join(f"A{index}=a b\n" for index in range(150)))
    everything = Range(scene.caret, Position(150, 0))
    found = actions(scene.snapshot, scene.place, everything, (), ["quickfix"])
    assert len(found) == 100


def test_fix_all_does_what_is_safe_and_nothing_else() -> None:
    scene = read_scene("A=1\nA=a b<|>\nB\u00a0=x\nC=y\u200bz\nD=cut#off\nE=${A}\n")
    (action,) = offered(scene, "source.fixAll.envlsp")
    text = scene.snapshot.documents[scene.place].text
    assert str(applied(text, action.edits)) == 'A="a b"\nB=x\nC=y\u200bz\nD=cut#off\nE=${A}\n'


def test_fix_all_leaves_a_duplicate_that_a_reference_saw() -> None:
    scene = read_scene("A=1\nB=${A}<|>\nA=2\n", dialect="python")
    assert offered(scene, "source.fixAll") == []


def test_nothing_is_offered_in_other_documents() -> None:
    scene = read_scene("#- notes.txt\n<|>hello\n")
    assert offered(scene) == []


def test_fix_all_keeps_the_quotes_where_the_duplicates_must_stay() -> None:
    scene = read_scene("A=1\nB=${A}<|>\nA=2\nC=x y\n", dialect="python")
    (action,) = offered(scene, "source.fixAll")
    assert [edit.new_text for edit in action.edits] == ['"', '"']


def test_columns_are_those_of_the_editor() -> None:
    scene = read_scene("export   NÀME=1\nA=👩 b<|>\n", encoding=Encoding.UTF16)
    (action,) = [action for action in offered(scene, "quickfix") if "quotes" in action.title]
    assert [edit.range.start for edit in action.edits] == [(1, 2), (1, 6)]
    scene = read_scene("A=👩 b<|>\n", encoding=Encoding.UTF8)
    (action,) = offered(scene, "quickfix")
    assert [edit.range.start for edit in action.edits] == [(0, 2), (0, 8)]


def test_line_ends_stay_what_they_are() -> None:
    check_fix("A=a b<|>\r\nB=1\r\n", "Put the value in double quotes", 'A="a b"\r\nB=1\r\n')
    check_fix("A=1<|>\r\nA=2\r\n", "Remove this assignment; line 2 counts", "A=2\r\n")
    check_fix("URL=${HOST}<|>\r\n", "Add HOST above", "HOST=\r\nURL=${HOST}\r\n")


def test_a_fix_is_offered_on_every_line_of_a_value() -> None:
    scene = read_scene('A=1\nA="a\nb<|>\nc"\nA=2\n')
    assert "Remove this assignment; line 5 counts" in fixes(scene)


def test_a_name_taken_out_here_is_pushed_and_a_new_one_pulled() -> None:
    scene = read_scene("<|>A=7\n" + RELEASES)
    assert ("Push .env", "envlsp.push") in commands(offered(scene, "quickfix"))
    of_environment(scene, base={"A": fingerprint(b"7")})
    assert commands(offered(scene, "quickfix")) == [("Pull v7 into .env", "envlsp.pull")]


def test_fix_all_beside_a_chain_of_references_does_not_wait_for_its_end() -> None:
    chain = "".join(f"R{number}=${{R{number - 1}}}x\n" for number in range(1, 3000))
    scene = read_scene(f"R0=x\n{chain}A=a b<|>\nB=1\nB=2\n")
    (action,) = offered(scene, "source.fixAll")
    assert [edit.new_text for edit in action.edits] == ['"', '"']
