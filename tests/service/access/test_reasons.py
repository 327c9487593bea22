"""Why somebody is what they are, with names and times."""

from __future__ import annotations

from envlsp.domain.ledger.records import RecordType, Revoke, Role
from envlsp.service.access import roles
from envlsp.service.access.reasons import act_words, outcome_words, reasons, sum_up
from tests.support.cast import Actor, Cast, give, meet
from tests.support.verb_desk import Editor

ALICE, BOB = "Alice <alice@example.com>", "Bob <bob@example.com>"


def told(actor: Actor, who: str) -> list[str]:
    """Return the records and the end as lines."""
    found = reasons(actor.team, actor.team.people.find_anybody(who))
    return [*(f"{act_words(step)} | {outcome_words(step)}" for step in found.steps), sum_up(found)]


def remove(admin: Actor, gone: Actor) -> None:
    roles.revoke(admin.replica, admin.team.releases, [gone.user])


def test_who_founded_and_who_was_let_in(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    assert told(bob, "alice") == [f"{ALICE} founded the team | decides", f"{ALICE} is admin"]
    assert told(bob, "bob") == [f"{ALICE} let them in as developer | decides", f"{BOB} is developer"]
    (step,) = reasons(alice.team, bob.user).steps
    assert step.ts is not None


def test_a_role_that_changed(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.VIEWER)
    assert told(alice, "bob") == [
        f"{ALICE} let them in as developer | replaced by a later one",
        f"{ALICE} made them viewer | decides",
        f"{BOB} is viewer",
    ]


def test_who_was_removed(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    remove(alice, bob)
    expected = [
        f"{ALICE} let them in as developer | over",
        f"{ALICE} removed them | decides",
        f"{BOB} was removed",
    ]
    assert told(alice, "bob@example.com") == expected
    give(alice, bob)
    assert told(bob, "bob@example.com") == expected
    assert reasons(bob.team, bob.user).steps[1].ts is None  # sealed under a key without him


def test_two_who_removed_each_other(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.ADMIN)
    gone = bob.user
    remove(alice, bob)
    remove(bob, alice)
    meet(alice, bob)
    assert told(alice, "alice") == [
        f"{ALICE} founded the team | decides",
        f"{BOB} removed them | void: {ALICE} removed {BOB} at the same time, and is senior: admin for longer",
        f"{ALICE} is admin",
    ]
    assert told(alice, "bob")[1:] == [f"{ALICE} removed them | decides", f"{BOB} was removed"]
    step = reasons(alice.team, alice.user).steps[1]
    (because,) = step.because
    record = alice.replica.record(alice.replica.state.removed_users[gone][0])
    assert isinstance(record.header.pub, Revoke)
    assert because.id == record.id.hex()


def test_whom_a_demoted_admin_let_in_at_the_same_time(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.ADMIN)
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.DEVELOPER)
    cast.join(bob, cast.actor("carol"))
    give(bob, alice)
    ground = f"{ALICE} lowered the role of {BOB} at the same time, and is senior: admin for longer"
    assert told(alice, "carol") == [
        f"{BOB} let them in as developer | void: {ground}",
        "Carol <carol@example.com> never came in: what let them in is void",
    ]


def test_leaving(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    remove(bob, bob)
    give(bob, alice)
    assert told(alice, "bob")[1:] == [f"{BOB} left the team | decides", f"{BOB} was removed"]


def test_words_for_every_kind_of_record_that_removes() -> None:
    from envlsp.domain.ledger.seniority import KILL_TYPES, LOWERING_TYPES
    from envlsp.service.access.reasons import _ACTS, _DEEDS, _GROUNDS, _OUTCOMES

    assert set(_DEEDS) == {RecordType(kind) for kind in KILL_TYPES | LOWERING_TYPES} | {RecordType.INVITE}
    for words in (_ACTS, _GROUNDS, _OUTCOMES):
        assert set(words) == set(type(next(iter(words))))


def test_in_an_editor(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    remove(alice, bob)
    answer = Editor(alice).run("access.why", who="bob")
    records = answer.pop("records")
    assert answer == {"id": answer["id"], "name": BOB, "role": None, "removed": True, "trusted": True}
    assert [(r["act"], r["role"], r["by"], r["outcome"], r["because"]) for r in records] == [
        ("granted", "developer", ALICE, "ended", []),
        ("removed", None, ALICE, "decides", []),
    ]
