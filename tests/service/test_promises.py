"""What devices attested, against what they show: lost, withheld, or only not here yet (F.4)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from envlsp.crypto.attest import check_attest_untrusted
from envlsp.service.access import roles
from envlsp.service.access.alarms import alarm_lines, alarms, fresh_alarms
from envlsp.service.access.owed import newer, newer_lines
from envlsp.service.comparing import status
from envlsp.service.network.sync_port import SyncPort
from envlsp.service.promises import covers, forgive, keep_attest, note_in_step, note_withheld, standings
from envlsp.wire.attest import Attest
from tests.support.cast import FIRST_FILE, Actor, Cast, give, meet
from tests.support.own_devices import put_back


def attest_of(actor: Actor, at: int) -> tuple[Attest, bytes]:
    """Return what a device attests, at a time of its own."""
    actor.replica.clock = lambda: float(at)
    raw = SyncPort(actor.replica).attests()[0]
    return check_attest_untrusted(raw, actor.replica.team), raw


def tell(source: Actor, *targets: Actor, at: int) -> Attest:
    """Bring what a device attests now to others, and none of its records."""
    attest, raw = attest_of(source, at)
    for target in targets:
        keep_attest(target.replica, attest, raw)
    return attest


def kinds(actor: Actor) -> list[str]:
    return [one.kind for one in alarms(actor.team)]


def lines(actor: Actor) -> Sequence[str]:
    return alarm_lines(alarms(actor.team))


# --- rule 3: data lost ---


def test_who_goes_on_covers_what_it_attested(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    tell(bob, alice, at=100)
    bob.push(FIRST_FILE + b"B=1\n")
    tell(bob, alice, at=200)
    assert standings(alice.replica)[0].lost is None, "what is not here yet proves nothing"
    give(bob, alice)
    assert standings(alice.replica) == []
    assert alarms(alice.team) == ()


def test_a_device_that_shows_less_than_before_has_lost_data_until_it_shows_it_again(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    older = put_back(cast, bob)
    bob.push(FIRST_FILE + b"B=1\n")
    tell(bob, alice, at=100)
    give(bob, alice)
    tell(older, alice, at=200)
    assert kinds(alice) == ["lost-data"]
    assert lines(alice)[0].startswith("Bob's device bobs-laptop has lost data: it held")
    assert [one.kind for one in fresh_alarms(alice.team)] == ["lost-data"]
    alice.restart()
    assert fresh_alarms(alice.team) == ()
    assert kinds(alice) == ["lost-data"], "it is remembered"
    assert [one.kind for one in status(alice.team, alice.context).alarms] == ["lost-data"]
    give(alice, older)
    tell(older, alice, at=300)
    assert alarms(alice.team) == ()


def test_as_many_records_as_before_and_others_among_them_are_data_lost(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    for actor in (bob, carol):
        actor.pull()
    older = put_back(cast, bob)
    bob.push(FIRST_FILE + b"B=1\n")
    tell(bob, alice, at=100)
    give(bob, alice)
    carol.push(FIRST_FILE + b"C=1\n")
    give(carol, older)
    now = tell(older, alice, at=200)
    assert standings(alice.replica)[0].lost is None, "what Carol wrote may be upon it"
    give(older, alice)
    assert standings(alice.replica)[0].lost is not None
    assert covers(now, now, alice.replica.ledger)


@pytest.mark.slow
def test_what_was_lost_long_ago_is_missed_whatever_was_attested_since(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    for actor in (bob, carol):
        actor.pull()
    older = put_back(cast, bob)
    bob.push(FIRST_FILE + b"B=1\n")
    tell(bob, alice, at=100)
    give(bob, alice)
    for at in range(200, 206):
        carol.push(FIRST_FILE + b"C=%d\n" % at)
        give(carol, older)
        tell(older, alice, at=at)
        give(older, alice)
    assert kinds(alice) == ["lost-data"]
    meet(bob, older)
    tell(older, alice, at=300)
    assert alarms(alice.team) == ()


def test_gossip_out_of_order_is_no_loss(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    before, raw = attest_of(bob, at=100)
    bob.push(FIRST_FILE + b"B=1\n")
    tell(bob, alice, at=200)
    give(bob, alice)
    keep_attest(alice.replica, before, raw)
    same_second, said = attest_of(bob, at=200)
    keep_attest(alice.replica, same_second, said)
    assert alarms(alice.team) == ()
    assert alice.replica.store.peers.get(bob.replica.keys.dpk).attested_s == 200


def test_a_removed_device_owes_nothing(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.push(FIRST_FILE + b"B=1\n")
    tell(bob, alice, at=100)
    assert len(newer(alice.team)) == 1
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    assert newer(alice.team) == ()


# --- rule 4: withheld ---


def test_what_a_device_attests_and_nobody_brought_is_said_and_blames_nobody(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    for value in (1, 2):
        bob.push(FIRST_FILE + b"B=%d\n" % value)
    tell(bob, alice, at=100)
    (one,) = newer(alice.team)
    assert (one.name, one.records) == ("Bob (bobs-laptop)", 2)
    assert "says to hold at least 2 newer records that nobody has brought here" in newer_lines([one], ())[0]
    assert status(alice.team, alice.context).newer == (one,)
    assert alarms(alice.team) == ()
    give(bob, alice)
    assert newer(alice.team) == ()


def test_what_it_attests_and_does_not_show_while_it_is_there_is_withheld(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.push(FIRST_FILE + b"B=1\n")
    tell(bob, alice, at=100)
    note_in_step(alice.replica, bob.replica.keys.dpk)
    assert lines(alice)[0].startswith(
        "1 newer record exists but is withheld: Bob's device bobs-laptop named it and did not deliver it"
    )
    assert [one.kind for one in fresh_alarms(alice.team)] == ["withheld"]
    assert fresh_alarms(alice.team) == ()
    give(bob, alice)
    assert alarms(alice.team) == ()


def test_what_it_named_and_did_not_deliver_is_withheld_until_it_comes_from_anybody(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    bob.pull()
    made = bob.push(FIRST_FILE + b"B=1\n")
    head = bob.replica.ledger.heads()[0]
    assert made.made
    dpk = bob.replica.keys.dpk
    note_withheld(alice.replica, dpk, [head])
    note_in_step(alice.replica, dpk, [head])
    assert kinds(alice) == ["withheld"]
    give(bob, carol)
    give(carol, alice)
    assert alarms(alice.team) == ()
    note_in_step(alice.replica, dpk)
    assert alice.replica.store.peers.get(dpk).withheld == ()


def test_a_person_can_let_go_of_what_nobody_has(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    older = put_back(cast, bob)
    bob.push(FIRST_FILE + b"B=1\n")
    tell(bob, alice, at=100)
    note_in_step(alice.replica, bob.replica.keys.dpk)
    tell(older, alice, at=200)
    assert kinds(alice) == ["lost-data", "withheld"]
    forgive(alice.replica)
    assert alarms(alice.team) == ()


@pytest.mark.parametrize("raw", (b"", b"\x00", b"\x90"))
def test_a_note_that_does_not_read_says_nothing(cast: Cast, raw: bytes) -> None:
    alice, bob = cast.team("bob")
    alice.replica.store.peers.put_attestation(bob.replica.keys.dpk, 1, raw or b"\xc0", (raw,))
    assert standings(alice.replica) == []
