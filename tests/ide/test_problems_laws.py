"""Laws of problems and their fixes, for whatever file: nothing leaks, and a fix fixes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, event, example, given
from hypothesis import strategies as st

from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.tokens import Kind
from envlsp.ide.actions import actions
from envlsp.ide.actions.trying import applied
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Position, Range
from envlsp.ide.problems import CODES, problems
from envlsp.ide.results import Action, Problem
from envlsp.ide.snapshot import Document, GitFacts, Snapshot
from envlsp.ide.text import Text
from tests.support.cursor import Scene, make_document, read_scene
from tests.support.dotenv_files import DIALECTS, files_with_entries
from tests.support.problems import problems_of

CANARY = "hunter2"
SCENE = f"""
A=1
#- .env.example
# Required, but {CANARY} is no comment to repeat.
A=
MISSING=
#- app.ts
process.env.A; process.env.B; process.env.NOWHERE
#- dev v1 by Alice
A={CANARY}
B=1
GONE={CANARY}
"""
PIECES = (
    *("A=", "B=", "\nA=", "\nB=", "\nC=", "\n", "\r\n", "export ", "A", "VITE_TOKEN="),
    *(
        CANARY,
        f"{CANARY} {CANARY}",
        f"${CANARY}",
        f"${{{CANARY}}}",
        f"#{CANARY}",
        f" # {CANARY}=1",
        f"\n{CANARY}\n",
    ),
    *(
        "'",
        '"',
        "`",
        "\\",
        "$",
        "${A}",
        "${B}",
        "${NEW}",
        "${A:-x}",
        " ",
        "\u200b",
        "\u00a0",
        "\ufeff",
        "\u2028",
    ),
    *("\n# envlsp-ignore\n", "\n# B=old\n", "é", "👩\u200d💻", "\x00", "\x0b"),
)
texts = st.lists(st.sampled_from(PIECES), max_size=16).map("".join)


def scene_of(text: str, dialect: str) -> Scene:
    """Return a scene in which `.env` is any text, and all around it has something to say."""
    scene = read_scene(SCENE, dialect=dialect)
    git = {scene.place: GitFacts(is_tracked=True, is_exposed=True)}
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, git=git))
    scene.snapshot = scene.snapshot.with_document(make_document(scene.place, Text.of(text), dialect))
    return scene


def offered(snapshot: Snapshot, place: str) -> list[Action]:
    end = Position(1 << 20, 0)
    return actions(snapshot, place, Range(Position(0, 0), end))


def values(env: EnvFile, but: set[str]) -> dict[str, str | None]:
    """Return the decoded values of names, references as written."""
    decode = dialect_named(env.dialect).decode
    found = {}
    for name in env.by_name.keys() - but:
        block = env.winner(name)
        assert block is not None
        found[name] = decode(block.literal) if block.statement.kind is Kind.ASSIGNMENT else None
    return found


def after(snapshot: Snapshot, action: Action) -> Snapshot:
    """Return the snapshot with an action's edits made."""
    (place,) = {edit.place for edit in action.edits}
    document = snapshot.documents[place]
    assert document.env is not None
    text = applied(document.text, action.edits)
    changed: Document = replace(document, text=text, env=document.env.edited(text), version=2)
    return snapshot.with_document(changed)


def counted(snapshot: Snapshot, place: str) -> Counter[str]:
    return Counter(one.code for one in problems(snapshot, place))


@given(texts, st.sampled_from(DIALECTS))
@example(f"A={CANARY} x\nPASSWORD=pa${CANARY}\n{CANARY}\n", "node")
@example(f"{CANARY}\n'{CANARY} x'=1\n", "python")
def test_no_value_is_in_any_problem_or_action(text: str, dialect: str) -> None:
    scene = scene_of(text, dialect)
    env = scene.snapshot.documents[scene.place].env
    assert env is not None
    given = [block.name for block in env.blocks if block.statement.kind is Kind.ASSIGNMENT]
    assume(CANARY not in " ".join(given))  # where it stands as a name, it is one
    found: list[Problem | Action] = [*problems_of(scene), *offered(scene.snapshot, scene.place)]
    found += [*problems_of(scene, place="/shop/app.ts"), *offered(scene.snapshot, "/shop/app.ts")]
    assert CANARY not in repr(found)
    for one in found:
        if isinstance(one, Action):
            assert all(len(edit.new_text) < 40 for edit in one.edits)


@given(
    texts | files_with_entries.map(lambda data: data.decode("utf-8", "replace")), st.sampled_from(DIALECTS)
)
@example("A=1\nA=a b\nB=${C}\n\u200bD=1\nE=x#y\n", "node")
@example("A='x\nB=1\nA=a b\nB=c d\n", "python")
def test_a_fix_removes_its_problem_and_leaves_all_other_values(text: str, dialect: str) -> None:
    scene = scene_of(text, dialect)
    before = scene.snapshot
    for action in offered(before, scene.place):
        if not action.edits or action.fixes is None:
            continue
        code, place = action.fixes.code, action.edits[0].place
        event(code)
        new = after(before, action)
        old_env, new_env = before.documents[place].env, new.documents[place].env
        assert old_env is not None
        assert new_env is not None
        own = touched(old_env, new_env, action)
        assert values(old_env, own) == values(new_env, own)
        if code == "unused-name":  # what only this one referred to is unused now
            assert not own & new_env.by_name.keys()
        else:
            assert counted(new, scene.place)[code] < counted(before, scene.place)[code], action
        assert new_env == EnvFile.of(new_env.text, dialect)


def touched(old: EnvFile, new: EnvFile, action: Action) -> set[str]:
    """Return the names an action is about: on the lines of its problem, and those it adds."""
    assert action.fixes is not None
    if action.fixes.code in ("unsafe-unquoted-value", "duplicate-name") and action.is_preferred:
        return set()
    at = action.fixes.range.start
    about = {env.blocks[env.block_of(at)].name for env in (old, new) if env.blocks}
    if action.fixes.code == "unused-name":
        return {old.blocks[old.block_of(at)].name}
    if action.fixes.code in ("missing-name", "undefined-reference"):
        about = set()
    return about | (new.by_name.keys() - old.by_name.keys())


@given(texts, st.sampled_from(DIALECTS))
def test_fixing_all_changes_no_value(text: str, dialect: str) -> None:
    scene = scene_of(text, dialect)
    for action in actions(
        scene.snapshot, scene.place, Range(Position(0, 0), Position(0, 0)), None, ["source.fixAll"]
    ):
        old, new = (
            scene.snapshot.documents[scene.place].env,
            after(scene.snapshot, action).documents[scene.place].env,
        )
        assert old is not None
        assert new is not None
        assert values(old, set()) == values(new, set())


@given(st.lists(texts, min_size=1, max_size=4), st.sampled_from(DIALECTS))
def test_what_is_remembered_changes_no_answer(versions: list[str], dialect: str) -> None:
    for text in versions:
        scene = scene_of(text, dialect)
        fresh = scene_of(text, dialect)
        other = f"{fresh.place}.{len(versions)}"
        assert problems_of(scene) == problems_of(fresh), other


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_problem_has_a_known_code_and_a_place_in_the_text(dialect: str) -> None:
    scene = scene_of("".join(PIECES), dialect)
    text = scene.snapshot.documents[scene.place].text
    for one in problems_of(scene):
        assert one.code in CODES
        assert one.message
        assert one.message[0] == one.message[0].strip()
        assert one.range.end <= text.end()
