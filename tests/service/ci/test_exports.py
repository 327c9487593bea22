"""What was exported to CI keys is on the exposure list, and so is text between the values of a file."""

from __future__ import annotations

import pytest

from envlsp.domain.secret import SecretText
from envlsp.errors import AmbiguousName, NotFound
from envlsp.service.access import roles
from envlsp.service.access.exposure import exposure
from envlsp.service.ci import exports, keys
from envlsp.service.ci.exporting import export
from envlsp.service.ci.notes import ExportNote, to_note
from envlsp.service.environments import create_environment
from envlsp.service.pushing import set_value
from envlsp.service.results import Exposure
from envlsp.service.verbs.explaining import exposure_of, left_to_change
from tests.support.cast import Actor, Cast, meet
from tests.support.verb_desk import Editor

CANARY = "c4n4ry-in-a-comment"


def exported(actor: Actor, key: str = "") -> str:
    """Export to a key; return it."""
    text = key or keys.key_text(keys.from_secret(keys.new_secret()).public)
    export(actor.team, actor.context.triple, keys.from_key_text(text), 3600)
    return text


def names(found: Exposure) -> list[str]:
    return [f"{value.name} {value.release}" for value in found.values]


# --- CI keys ---


def test_a_key_is_like_a_person_who_read_what_was_exported_to_it(cast: Cast) -> None:
    (alice, bob) = cast.team("bob")
    key = exported(alice)
    set_value(alice.team, alice.context, "NEW", SecretText("3"))
    meet(alice, bob)
    found = exposure_of(bob.team, key)
    assert (found.who, found.id, found.is_member) == (f"CI key {key[:12]}", key[:12], False)
    assert names(found) == ["API_URL v1", "DB v1", "TOKEN v1"]
    assert exposure_of(bob.team, f" {key[:10].upper()}") == found
    set_value(bob.team, bob.context, "TOKEN", SecretText("changed"))
    assert names(exposure_of(bob.team, key)) == ["API_URL v1", "DB v1"]
    exported(bob, key)
    assert len(exposure_of(bob.team, key).values) == 4
    assert [one.by for one in exposure_of(bob.team, key).exports] == ["Alice", "Bob"]


def test_a_new_team_key_changes_nothing_for_a_ci_key(cast: Cast) -> None:
    (alice, bob) = cast.team("bob")
    key = exported(alice)
    before = exposure_of(alice.team, key)
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    assert exposure_of(alice.team, key) == before


def test_a_removal_names_the_keys_that_somebody_exported_to(cast: Cast) -> None:
    (alice, bob) = cast.team("bob")
    key = exported(bob)
    meet(alice, bob)
    assert [(one.key, one.by) for one in exposure(alice.team, bob.user).exports] == [(key, "Bob")]
    assert exposure(alice.team, alice.user).exports == ()
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    lines = left_to_change(exposure(alice.team, bob.user))
    assert any(f"shop/shop/dev: exported to {key} until 20" in line for line in lines)


def test_an_export_that_is_void_was_made_all_the_same(cast: Cast) -> None:
    (alice, bob) = cast.team("bob")
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    key = exported(bob)
    meet(alice, bob)
    assert len(exposure_of(alice.team, key).values) == 3


def test_which_key_is_meant(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    (alice,) = cast.team()
    key = exported(alice)
    for words in ("ci1", "ci1qqqqqqqqqq", f"{key}q", "alice2"):
        with pytest.raises(NotFound):
            exposure_of(alice.team, words)
    exported(alice)
    monkeypatch.setattr(exports, "LETTERS_MIN", 3)
    with pytest.raises(AmbiguousName):
        exposure_of(alice.team, "ci1")


def test_a_note_that_somebody_typed_only_adds_to_the_list(cast: Cast) -> None:
    """A member may write any note; what it tells of is shown, and nothing is taken away by it."""
    (alice, bob) = cast.team("bob")
    before = exposure(alice.team, alice.user)
    key = keys.from_key_text(keys.key_text(keys.from_secret(keys.new_secret()).public))
    head = bob.team.releases.of(bob.context.triple).history.heads()[0]
    other = bob.service.open(bob.root, env="other").context.triple
    create_environment(bob.team, other, to_note(ExportNote(key, "2020-01-01", (head, head))))
    create_environment(bob.team, other._replace(env="third"), to_note(ExportNote(key, "9", (head,))))
    meet(alice, bob)
    assert exposure(alice.team, alice.user) == before
    found = exposure_of(alice.team, keys.key_text(key))
    assert (len(found.exports), len(found.values)) == (1, 3)


# --- text between the values ---


def comments(actor: Actor, who: str = "bob") -> list[str]:
    found = exposure_of(actor.team, who)
    return [f"{one.triple.env} {one.release}" for one in found.comments]


def test_comments_with_an_old_value_are_told_until_they_are_gone(cast: Cast) -> None:
    (alice, bob) = cast.team("bob")
    assert comments(alice) == [], "prose is no secret"
    alice.push(f"# the api\n#TOKEN={CANARY}\nTOKEN=2\n".encode(), force=True)
    meet(alice, bob)
    assert comments(alice) == ["dev v2"]
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    alice.push(f"# the api\n#TOKEN={CANARY}\nTOKEN=3\n".encode(), force=True)
    assert comments(alice) == ["dev v3"]
    found = exposure(alice.team, bob.user)
    assert not found.values
    lines = "\n".join(left_to_change(found))
    assert "shop/shop/dev: text between the values of its file (v3)" in lines
    assert CANARY not in f"{lines}{found!r}"
    alice.push(b"# the api\n#TOKEN=another\nTOKEN=3\n", force=True)
    assert comments(alice) == []


def test_an_editor_gets_places_and_no_text(cast: Cast) -> None:
    (alice, _) = cast.team("bob")
    alice.push(f"#OLD={CANARY}\nA=1\n".encode(), force=True)
    key = exported(alice)
    answer = Editor(alice).run("access.exposure", who="bob")
    ((place),) = answer["comments"]
    assert (place["project"], place["env"], place["release"]) == ("shop", "dev", "v2")
    assert CANARY not in repr(answer)
    answer = Editor(alice).run("access.exposure", who=key)
    assert [one["key"] for one in answer["exports"]] == [key]
    assert len(answer["comments"]) == 1
