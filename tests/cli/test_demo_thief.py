"""The demo's thief finds what there is to find, so that finding nothing says something."""

from __future__ import annotations

from envlsp.cli.demo import thief
from envlsp.service.access import roles, rotation
from tests.support.cast import Actor, Cast, meet


def opened_by(actor: Actor, holder: Actor) -> list[bool]:
    """Return, for each record of the holder's that has a body, whether the actor's keys open it."""
    replica = holder.replica
    records = replica.ledger.records()
    keys = thief.held_keys(actor.replica.keys, records)
    return [thief.opens(replica.raw(record.id), record, keys) for record in records if record.body_size]


def test_case_30_whoever_was_removed_opens_nothing_that_is_written_since(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    rotation.rotate(alice.replica, alice.team.releases)
    meet(alice, carol)
    before = len(opened_by(bob, alice))
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    meet(alice, carol)
    carol.push(b"TOKEN=new\n", force=True)
    rotation.rotate(carol.replica, carol.team.releases)
    meet(alice, carol)
    found = opened_by(bob, alice)
    assert all(found[:before])
    assert len(found) > before
    assert not any(found[before:])
    assert all(opened_by(carol, alice))


def test_what_is_sealed_to_the_thief_is_found(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    rotation.rotate(alice.replica, alice.team.releases)
    assert all(opened_by(bob, alice))
