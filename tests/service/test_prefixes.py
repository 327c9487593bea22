"""What was verified before is a start, and never more than the records themselves."""

from __future__ import annotations

from typing import Any

import pytest

from envlsp.service import prefixes
from envlsp.service.access import roles
from envlsp.service.replica import Replica
from tests.support.cast import Actor, Cast, assert_in_step, give, meet


@pytest.fixture
def cast(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """A cast whose devices keep what they have verified after every record."""
    monkeypatch.setattr(prefixes, "is_worth_keeping", lambda fresh, size: fresh > 0)
    return cast


def grown(cast: Cast) -> tuple[Actor, Actor]:
    alice, bob = cast.team("bob")
    for number in range(4):
        alice.push(b"A=%d\nB=x\n" % number, f"number {number}")
    meet(alice, bob)
    return alice, bob


def newest(actor: Actor) -> tuple[Any, ...]:
    found = actor.team.releases.of(actor.context.triple)
    view = found.view()
    head = view.heads[-1]
    info = actor.team.releases.info(found, head)
    return dict(view.entries), view.heads, found.versions.label(head), info.changed, info.author


def restarted(actor: Actor) -> Replica:
    actor.restart()
    return actor.replica


def test_a_second_process_knows_the_same_and_makes_little_of_it(cast: Cast) -> None:
    alice, _bob = grown(cast)
    before = newest(alice), alice.replica.state, alice.replica.ledger.heads()
    restarted(alice)
    restarted(alice)
    replica = alice.replica
    assert replica.ledger._dag._prefix is not None
    assert (newest(alice), replica.state, replica.ledger.heads()) == before
    made = sum(node is not None for node in replica.ledger._dag._made)
    assert made < len(replica.ledger)


def test_it_goes_on_from_there(cast: Cast) -> None:
    alice, bob = grown(cast)
    newest(alice)
    restarted(alice)
    bob.pull()
    bob.push(b"A=3\nB=y\nC=z\n")
    give(bob, alice)
    assert newest(alice) == newest(bob)
    restarted(alice)
    assert newest(alice) == newest(bob)
    alice.pull()
    alice.push(b"A=9\n")
    give(alice, bob)
    assert newest(alice) == newest(bob)
    assert_in_step(alice, bob)


def test_a_row_that_was_altered_is_read_over(cast: Cast) -> None:
    alice, _bob = grown(cast)
    before = newest(alice)
    restarted(alice)
    alice.team.store.database.run("UPDATE view SET blob = zeroblob(100)")
    replica = restarted(alice)
    assert replica.ledger._dag._prefix is None
    assert newest(alice) == before


def test_a_row_that_reads_as_nothing_is_read_over(cast: Cast) -> None:
    alice, _bob = grown(cast)
    before = newest(alice)
    views = alice.team.store.views
    for name in (prefixes._NAME, prefixes._INDEX_NAME):
        views.put(name, views.generation(), b"\0" * 40)
    restarted(alice)
    assert newest(alice) == before


@pytest.mark.parametrize("which", ("a head", "an auth-class record", "any other"))
def test_a_prefix_is_not_believed_over_the_records(cast: Cast, which: str) -> None:
    alice, _bob = grown(cast)
    newest(alice)
    store, ledger = alice.team.store, alice.replica.ledger
    prefixes.keep(ledger, store.records.count(), store)
    auth = {record.id for record in ledger.auth_records()}
    lost = {
        "a head": ledger.heads()[0],
        "an auth-class record": max(auth, key=lambda one: alice.replica.record(one).header.height),
        "any other": next(r.id for r in ledger.records() if r.id not in auth and r.id not in ledger.heads()),
    }[which]
    store.database.run("DELETE FROM rec WHERE id = ?", (lost,))
    assert prefixes._kept(alice.replica.team, store) is None


def test_a_row_about_releases_of_another_ledger_is_read_over(cast: Cast) -> None:
    alice, _bob = grown(cast)
    newest(alice)
    restarted(alice)
    row = prefixes.kept_index(alice.team.store)
    assert row is not None
    alice.push(b"A=100\n")
    newest(alice)
    newer = prefixes.kept_index(alice.team.store)
    assert newer is not None
    assert len(newer.ids) > len(row.ids)
    carol = cast.actor("carol").found(b"X=1\n")
    carol.push()
    prefixes.keep_index(newer, carol.team.store)
    restarted(carol)
    assert list(newest(carol)[0]) == ["X"]


def test_a_removal_after_the_row_was_kept_counts(cast: Cast) -> None:
    alice, bob = grown(cast)
    bob.pull()
    bob.push(b"A=3\nB=bob\n")
    newest(alice)
    restarted(alice)

    roles.revoke(alice.replica, alice.team.releases, (bob.user,))
    give(bob, alice)
    assert newest(alice)[0] == newest(alice)[0]
    after = newest(alice)
    assert b"bob" not in [text.reveal() for text in after[0].values()]
    restarted(alice)
    assert newest(alice) == after


def test_keeping_is_spread_over_the_records_that_came() -> None:
    assert not prefixes.is_worth_keeping(31, 100)
    assert prefixes.is_worth_keeping(32, 100)
    assert not prefixes.is_worth_keeping(249, 10_000)
    assert prefixes.is_worth_keeping(250, 10_000)
