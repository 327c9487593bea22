"""Names that releases disagree about: seen side by side, settled one by one or all at once."""

from __future__ import annotations

import random

import pytest

from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import BadText, ConflictedName, NoAccess, NotFound, UsageError
from envlsp.service.deriving import read_environment
from envlsp.service.pulling import FileState
from envlsp.service.pushing import set_value
from envlsp.service.resolving import resolve
from envlsp.service.sides import Sides, sides
from tests.support.cast import Actor, Cast, assert_in_step, meet

BASE = b"# top\nA=a0\nB=b0\nC=c0\nD=${A}!\n"


def now(actor: Actor) -> Sides:
    return sides(actor.team, actor.context)


def values(actor: Actor) -> dict[str, bytes]:
    reading = read_environment(actor.team, actor.context.triple, "node")
    return {name: value.reveal() for name, value in reading.values.items()}


def take(actor: Actor, name: str, author: str) -> str:
    """Return the label of somebody's side."""
    return next(side.release for side in now(actor)[SecretName(name)] if side.author == author)


def apart(cast: Cast, *others: str) -> tuple[Actor, ...]:
    """Return people who all have BASE on disk, in step with it."""
    everybody = cast.team(*others)
    everybody[0].push(BASE)
    meet(*everybody)
    for actor in everybody[1:]:
        actor.pull()
    return everybody


def two_conflicts(cast: Cast) -> tuple[Actor, Actor]:
    """Return Alice and Bob, who disagree about A and B and each changed one name more."""
    alice, bob = apart(cast, "bob")
    alice.push(BASE.replace(b"a0", b"a-alice").replace(b"b0", b"b-alice") + b"OF_ALICE=1\n")
    bob.push(BASE.replace(b"a0", b"a-bob").replace(b"b0", b"b-bob").replace(b"c0", b"c-bob"))
    meet(alice, bob)
    return alice, bob


def test_sides_say_whose_they_are_and_no_value(cast: Cast) -> None:
    alice, bob = two_conflicts(cast)
    for actor in (alice, bob):
        found = now(actor)
        assert list(found) == ["A", "B"]
        assert {side.author for side in found[SecretName("A")]} == {"Alice", "Bob"}
        assert len({side.mark for side in found[SecretName("A")]}) == 2
        assert not any(word in f"{found}" for word in ("a-alice", "a-bob", "b-bob"))
    with pytest.raises(ConflictedName) as told:
        bob.pull()
    assert "A (v3-" in str(told.value)
    assert "by Alice •••••• " in str(told.value)
    assert "a-alice" not in str(told.value)
    assert told.value.fix == "envlsp status, then: envlsp resolve A"


def test_taking_every_name_makes_one_release_upon_all_heads(cast: Cast) -> None:
    alice, bob = two_conflicts(cast)
    made = resolve(bob.team, bob.context, {"A": take(bob, "A", "Alice"), "B": take(bob, "B", "Bob")})
    assert made.release.label == "v4"
    assert made.release.message.startswith("resolve A and 1 more: take v3-")
    meet(alice, bob)
    assert_in_step(alice, bob)
    for actor in (alice, bob):
        assert not now(actor)
        assert len(actor.team.releases.of(actor.context.triple).view().heads) == 1
        assert values(actor) == {
            "A": b"a-alice",
            "B": b"b-bob",
            "C": b"c-bob",
            "D": b"a-alice!",
            "OF_ALICE": b"1",
        }


def test_taking_one_name_leaves_the_others_in_conflict(cast: Cast) -> None:
    alice, bob = two_conflicts(cast)
    made = resolve(bob.team, bob.context, {"A": take(bob, "A", "Alice")})
    assert made.made
    assert made.file is FileState.IN_STEP
    meet(alice, bob)
    for actor in (alice, bob):
        assert list(now(actor)) == ["B"]
        assert {side.author for side in now(actor)[SecretName("B")]} == {"Alice", "Bob"}
        assert values(actor)["A"] == b"a-alice"
        assert values(actor)["C"] == b"c-bob"
    made = resolve(alice.team, alice.context, {"B": take(alice, "B", "Alice")})
    assert made.file is FileState.UPDATED
    meet(alice, bob)
    for actor in (alice, bob):
        assert not now(actor)
        assert values(actor)["B"] == b"b-alice"
    assert alice.file.read_bytes() == (b"# top\nA=a-alice\nB=b-alice\nC=c-bob\nD=${A}!\nOF_ALICE=1\n")


def test_a_removal_is_a_side_like_any_other(cast: Cast) -> None:
    alice, bob = apart(cast, "bob")
    alice.push(BASE.replace(b"C=c0\n", b""))
    bob.push(BASE.replace(b"c0", b"c1"))
    meet(alice, bob)
    found = now(bob)[SecretName("C")]
    assert [side.literal is None for side in sorted(found, key=lambda side: side.author)] == [True, False]
    assert "by Alice removed" in " ".join(map(str, found))
    made = resolve(bob.team, bob.context, {"C": take(bob, "C", "Alice")})
    assert "C" not in values(bob)
    assert made.file is FileState.UPDATED
    assert bob.file.read_bytes() == BASE.replace(b"C=c0\n", b"")


def test_both_taken_away_and_kept_one_by_one(cast: Cast) -> None:
    alice, bob = apart(cast, "bob")
    alice.push(BASE.replace(b"C=c0\n", b"").replace(b"b0", b"b1"))
    bob.push(BASE.replace(b"c0", b"c1").replace(b"B=b0\n", b""))
    meet(alice, bob)
    resolve(bob.team, bob.context, {"C": take(bob, "C", "Alice")})
    assert list(now(bob)) == ["B"]
    resolve(bob.team, bob.context, {"B": take(bob, "B", "Bob")})
    assert values(bob) == {"A": b"a0", "D": b"a0!"}


@pytest.mark.slow
def test_three_heads(cast: Cast) -> None:
    alice, bob, carol = apart(cast, "bob", "carol")
    for actor in (alice, bob, carol):
        name = actor.name.encode()
        actor.push(BASE.replace(b"a0", b"a-" + name).replace(b"b0", b"b-" + name))
    meet(alice, bob, carol)
    resolve(carol.team, carol.context, {"A": take(carol, "A", "Bob")})
    meet(alice, bob, carol)
    for actor in (alice, bob, carol):
        assert list(now(actor)) == ["B"]
        assert values(actor)["A"] == b"a-bob"
    resolve(alice.team, alice.context, {"B": take(alice, "B", "Carol")})
    meet(alice, bob, carol)
    assert all(values(actor)["B"] == b"b-carol" for actor in (alice, bob, carol))
    alice.pull(force=True)
    assert alice.push(alice.file.read_bytes() + b"E=1\n").made
    assert len(alice.team.releases.of(alice.context.triple).view().heads) == 1


def test_it_survives_a_rotation_in_between(cast: Cast) -> None:
    from envlsp.service.access import rotation

    alice, bob = two_conflicts(cast)
    rotation.rotate(alice.replica, alice.team.releases)
    resolve(alice.team, alice.context, {"A": take(alice, "A", "Bob")})
    rotation.rotate(alice.replica, alice.team.releases)
    meet(alice, bob)
    assert list(now(bob)) == ["B"]
    resolve(bob.team, bob.context, {"B": take(bob, "B", "Bob")})
    assert (values(bob)["A"], values(bob)["B"]) == (b"a-bob", b"b-bob")


def test_edits_of_the_file_are_left_to_their_person(cast: Cast) -> None:
    alice, _ = two_conflicts(cast)
    mine = alice.file.read_bytes() + b"MINE=1\n"
    alice.file.write_bytes(mine)
    takes = {name: take(alice, name, "Bob") for name in ("A", "B")}
    assert resolve(alice.team, alice.context, takes).file is FileState.DIFFERS
    assert alice.file.read_bytes() == mine


def test_what_cannot_be_taken_is_refused_and_nothing_made(cast: Cast) -> None:
    alice, _ = two_conflicts(cast)
    before = alice.raws()
    refused: tuple[tuple[dict[str, str], type[Exception], str], ...] = (
        ({}, UsageError, "which name"),
        ({"C": "v1"}, NotFound, "not in conflict"),
        ({"hunter2!": "v1"}, NotFound, "^that name is not in conflict$"),
        ({"A": "v1"}, NotFound, "A has no side v1"),
        ({"A": "v99"}, NotFound, "v99"),
        ({"A": "the newest"}, BadText, "written"),
        ({"A": take(alice, "A", "Bob"), "B": "v1"}, NotFound, "no side"),
    )
    for takes, error, words in refused:
        with pytest.raises(error, match=words):
            resolve(alice.team, alice.context, takes)
    assert alice.raws() == before


def test_a_viewer_settles_nothing(cast: Cast) -> None:
    from envlsp.domain.ledger.records import Role
    from envlsp.service.access import roles

    alice, bob = two_conflicts(cast)
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.VIEWER)
    meet(alice, bob)
    side = take(bob, "A", "Alice")
    with pytest.raises(NoAccess):
        resolve(bob.team, bob.context, {"A": side})


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_taking_gives_what_was_taken(cast: Cast, seed: int) -> None:
    rnd = random.Random(seed)
    everybody = apart(cast, "bob", "carol")
    names = [f"N{number}" for number in range(4)]
    for actor in everybody:
        for name in rnd.sample(names, 3):
            set_value_of(actor, name, f"{name}-{actor.name}")
    meet(*everybody)
    wanted: dict[str, bytes | None] = {}
    while open_names := now(everybody[0]):
        actor = rnd.choice(everybody)
        name = rnd.choice(sorted(open_names))
        side = rnd.choice(now(actor)[name])
        others = {other: found for other, found in now(actor).items() if other != name}
        resolve(actor.team, actor.context, {name: side.release})
        assert set(now(actor)) == set(others)
        wanted[name] = side.literal.reveal().strip(b"'\"") if side.literal else None
        meet(*everybody)
    for actor in everybody:
        assert {name: values(actor).get(name) for name in wanted} == wanted


def set_value_of(actor: Actor, name: str, value: str) -> None:
    from envlsp.domain.secret import SecretText

    set_value(actor.team, actor.context, name, SecretText(value))


def test_a_new_value_settles_one_name_and_no_other(cast: Cast) -> None:
    alice, bob = two_conflicts(cast)
    made = resolve(bob.team, bob.context, {"A": SecretText(b"a new one")})
    assert made.release.message == "resolve A: a new value"
    assert list(now(bob)) == ["B"]
    resolve(bob.team, bob.context, {"B": SecretText(b"b #1")})
    meet(alice, bob)
    for actor in (alice, bob):
        assert not now(actor)
        assert (values(actor)["A"], values(actor)["B"]) == (b"a new one", b"b #1")
    with pytest.raises(NotFound, match="not in conflict"):
        resolve(bob.team, bob.context, {"A": SecretText(b"again")})
