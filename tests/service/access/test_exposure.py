"""What somebody could read and what has not changed since."""

from __future__ import annotations

import pytest

from envlsp.domain.environment import Triple
from envlsp.domain.ledger.records import Role
from envlsp.domain.secret import SecretText
from envlsp.errors import AmbiguousName, NotFound
from envlsp.service.access import roles, rotation
from envlsp.service.access.exposure import exposure
from envlsp.service.environments import create_environment
from envlsp.service.pushing import push, rollback, set_value
from envlsp.service.results import Exposure
from envlsp.service.verbs.explaining import FIRST_ENVIRONMENTS, INCOMPLETE, KEPT, left_to_change
from tests.support.cast import Actor, Cast, give, meet
from tests.support.verb_desk import Editor

CANARY = "c4n4ry-value"


def found(actor: Actor, who: str) -> Exposure:
    return exposure(actor.team, actor.team.people.find_anybody(who))


def listed(actor: Actor, who: str = "bob") -> list[str]:
    """Return `env NAME release` of each value, as they come."""
    return [f"{one.triple.env} {one.name} {one.release}" for one in found(actor, who).values]


def remove(admin: Actor, gone: Actor) -> None:
    roles.revoke(admin.replica, admin.team.releases, [gone.user])


def give_value(actor: Actor, name: str, value: str) -> None:
    set_value(actor.team, actor.context, name, SecretText(value))


def pushed(actor: Actor, env: str, data: bytes) -> None:
    """Push another environment of the project."""
    opened = actor.service.open(actor.root, env=env)
    opened.context.file.write_bytes(data)
    push(opened.team, opened.context, "")


def two(cast: Cast) -> tuple[Actor, ...]:
    """Alice and Bob, and a v2 in which one name changed and one came."""
    everybody = cast.team("bob")
    everybody[0].push(b"API_URL=https://x.test\nTOKEN=2\nNEW=3\n")
    meet(*everybody)
    return everybody


# --- members ---


def test_a_member_can_read_everything_newest_first(cast: Cast) -> None:
    alice, _ = two(cast)
    assert listed(alice) == ["dev NEW v2", "dev TOKEN v2", "dev API_URL v1"]
    bob = found(alice, "bob")
    assert (bob.who, bob.is_member, bob.complete) == ("Bob <bob@example.com>", True, True)
    assert {(one.author, one.triple) for one in bob.values} == {("Alice", Triple("shop", "shop", "dev"))}


def test_a_member_reads_what_came_after_a_new_key(cast: Cast) -> None:
    alice, _ = two(cast)
    rotation.rotate(alice.replica, alice.team.releases)
    give_value(alice, "TOKEN", "4")
    assert listed(alice)[0] == "dev TOKEN v3"


def test_a_viewer_reads_as_much(cast: Cast) -> None:
    alice, _ = cast.team("bob", role=Role.VIEWER)
    assert len(listed(alice)) == 3


# --- removed ---


def test_a_new_key_changes_no_value(cast: Cast) -> None:
    alice, bob = two(cast)
    before = listed(alice)
    remove(alice, bob)
    rotation.rotate(alice.replica, alice.team.releases)
    assert listed(alice) == before
    assert not found(alice, "bob").is_member


def test_a_value_leaves_the_list_when_it_changes(cast: Cast) -> None:
    alice, bob = two(cast)
    remove(alice, bob)
    give_value(alice, "TOKEN", "4")
    assert listed(alice) == ["dev NEW v2", "dev API_URL v1"]
    alice.push(b"API_URL=https://x.test\nTOKEN=4\nLATER=5\n", force=True)
    assert listed(alice) == ["dev API_URL v1"]  # taken away, and what came later he never saw
    give_value(alice, "API_URL", "https://y.test")
    assert listed(alice) == []


def test_a_value_that_comes_back_is_on_the_list_again(cast: Cast) -> None:
    alice, bob = two(cast)
    remove(alice, bob)
    give_value(alice, "TOKEN", "4")
    rollback(alice.team, alice.context, "v2")
    assert listed(alice) == ["dev TOKEN v4", "dev NEW v2", "dev API_URL v1"]


@pytest.mark.parametrize("quoted", ("'2'", '"2"', "`2`"))
def test_other_quotes_are_no_other_value(cast: Cast, quoted: str) -> None:
    alice, bob = two(cast)
    remove(alice, bob)
    alice.push(f"API_URL=other\nTOKEN={quoted}\n".encode(), force=True)
    assert listed(alice) == ["dev TOKEN v3"]


def test_a_value_of_long_ago_is_known_too(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    alice.push(b"A=old\n")
    give_value(alice, "A", "new")
    give(alice, bob)
    remove(alice, bob)
    give_value(alice, "A", "newest")
    assert listed(alice) == []
    give_value(alice, "A", "old")
    assert listed(alice) == ["dev A v5"]


def test_a_value_copied_to_another_environment_is_known_there(cast: Cast) -> None:
    alice, bob = two(cast)
    remove(alice, bob)
    pushed(alice, "prod", b"TOKEN=2\nNEW=other\nEMPTY=\n")
    assert listed(alice)[0] == "prod TOKEN v1"
    assert len(listed(alice)) == 4


def test_another_name_makes_no_other_value_of_a_long_one(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    alice.push(b"A=true\nKEY=12345678\n", force=True)
    give(alice, bob)
    remove(alice, bob)
    alice.push(b"FLAG=true\nRENAMED='12345678'\n", force=True)
    assert listed(alice) == ["dev RENAMED v3"]


def test_an_empty_value_is_nothing_to_change(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    alice.push(b"A=\nB=''\nC=1\n", force=True)
    give(alice, bob)
    assert listed(alice) == ["dev C v2"]


def test_every_side_of_a_conflict_counts_that_was_there_to_read(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    carol.pull()
    alice.push(b"A=alice\n", force=True)
    carol.push(b"A=carol\n", force=True)
    meet(alice, carol)
    assert [one.split()[1] for one in listed(alice)] == ["A", "A"]
    remove(alice, bob)
    assert len(listed(alice)) == 2


def test_a_newcomer_of_a_void_grant_could_read(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.ADMIN)
    cast.join(bob, cast.actor("eve"))
    remove(alice, bob)
    give(bob, alice)
    assert "eve" not in {m.name.lower() for m in alice.team.people.list()}
    eve = found(alice, "eve@example.com")
    assert (eve.who, eve.is_member, len(eve.values)) == ("Eve <eve@example.com>", False, 3)


def test_a_release_made_before_the_removal_was_known_was_read(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    carol.pull()
    remove(alice, bob)
    give_value(carol, "TOKEN", "of-carol")
    meet(alice, carol)
    assert "dev TOKEN v2" in listed(alice)


def test_nobody_that_was_never_here(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    with pytest.raises(NotFound, match="is or was"):
        found(alice, "carol")


def test_two_removed_of_one_name_are_told_apart(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    gone = bob.user
    remove(alice, bob)
    again = Actor("bob", alice.folder.parent / "again")
    cast.join(alice, again)
    assert found(alice, "bob").is_member
    remove(alice, again)
    with pytest.raises(AmbiguousName, match=gone.hex()[:8]):
        found(alice, "bob")
    assert not found(alice, gone.hex()[:8]).is_member
    again.close()


# --- at the end of a removal ---


def test_a_removal_ends_with_it(cast: Cast) -> None:
    alice, bob = two(cast)
    create_environment(alice.team, Triple("shop", "shop", "empty"))
    pushed(alice, "prod", f"P={CANARY}\n".encode())
    give(alice, bob)
    remove(alice, bob)
    left = found(alice, "bob")
    assert left_to_change(left) == [
        KEPT,
        "  shop/shop/prod: 1 (P)",
        "  shop/shop/dev: 3 (NEW, TOKEN, API_URL)",
        f"all 4, newest first: envlsp access exposure {left.id}",
    ]


def test_a_long_list_ends_short(cast: Cast) -> None:
    (alice,) = cast.team()
    for number in range(FIRST_ENVIRONMENTS + 2):
        pushed(alice, f"e{number}", b"A=1\nB=1\nC=1\nD=1\n")
    lines = left_to_change(found(alice, "alice"))
    assert lines[1] == "  shop/shop/e9: 4 (A, B, C, …)"
    assert lines[-2] == "  and 3 more environments"
    assert len(lines) == FIRST_ENVIRONMENTS + 3


def test_what_waits_for_a_key_is_said_to_be_missing(cast: Cast) -> None:
    alice, bob = two(cast)
    remove(alice, bob)
    give_value(alice, "TOKEN", "4")
    give(alice, bob)
    own = found(bob, "bob")
    assert not own.complete
    assert left_to_change(own)[-1] == INCOMPLETE


# --- in an editor ---


def test_an_editor_gets_names_and_no_value(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    alice.push(f"A={CANARY}\n".encode(), force=True)
    window = Editor(alice)
    answer = window.run("access.exposure", who="bob")
    (row,) = answer.pop("values")
    assert (answer.pop("comments"), answer.pop("exports")) == ([], [])
    assert answer == {"id": answer["id"], "name": "Bob <bob@example.com>", "member": True, "complete": True}
    assert (row["project"], row["app"], row["env"], row["name"]) == ("shop", "shop", "dev", "A")
    assert (row["release"], row["author"]) == ("v2", "Alice")
    removed = window.run("access.revoke", who="bob")
    assert removed["values"] == [row]
    assert f"envlsp access exposure {answer['id']}" in window.talk.heard[-1]
    assert CANARY not in f"{row}{removed}{window.talk.heard}"
