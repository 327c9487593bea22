"""A key that does not open: said, sealed again by whoever holds it, or replaced after a minute."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.crypto.primitives import random_bytes
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, EpochId
from envlsp.domain.ledger.records import Role, Rotate
from envlsp.service.access import mending, roles, rotation
from envlsp.service.access.mending import TURNS_S, mend_in_turn, turn_s
from envlsp.service.access.unopened import REPLACE_AFTER_S, attested_epoch, makers, unopened
from envlsp.service.comparing import status
from envlsp.service.network.sync_port import SyncPort
from envlsp.wire.attest import decode_attest_untrusted
from envlsp.wire.bodies import NoteBody
from tests.support.cast import Actor, Cast, give, meet


def current(actor: Actor) -> EpochId:
    epoch = actor.replica.state.current_epoch(TEAM_SCOPE)
    assert epoch is not None
    return epoch


def lie_to(liar: Actor, victim: Actor) -> EpochId:
    """Start a key, with nonsense where the victim's seal should be; nobody else can tell."""
    replica = liar.replica
    with replica.writing():
        epoch, key = rotation.next_epoch(replica, TEAM_SCOPE)
        seals = tuple(
            (to, random_bytes(80) if to == victim.replica.keys.dpk else box) for to, box in epoch.seals
        )
        pub = Rotate((replace(epoch, seals=seals),))
        record = replica.append(pub, NoteBody(replica.now(), ""), carried=key)
    return record.epoch_ids[0]


def attest(source: Actor, target: Actor) -> None:
    """Bring what a device attests to another."""
    raw = SyncPort(source.replica).attests()[0]
    found = decode_attest_untrusted(raw)
    target.team.store.peers.put_attestation(found.dpk, found.ts, raw)


def later(monkeypatch: pytest.MonkeyPatch, actor: Actor, seconds: float) -> None:
    before = actor.replica.clock
    monkeypatch.setattr(actor.replica, "clock", lambda: before() + seconds)


def test_case_29_who_cannot_open_a_key_says_so_and_another_member_seals_it_again(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol", role=Role.VIEWER)
    epoch = lie_to(alice, carol)
    meet(alice, bob, carol)
    assert unopened(carol.replica) == {epoch: TEAM_SCOPE}
    assert makers(carol.team) == ("Alice <alice@example.com>",)
    assert {bad.epoch for bad in carol.replica.ring.bad_seals} == {epoch}
    assert attested_epoch(carol.replica) is None
    assert attested_epoch(bob.replica) == epoch
    assert not rotation.mend(bob.replica, bob.team.releases), "he sees a seal, and not what is in it"

    attest(carol, bob)
    assert rotation.pending(bob.replica, bob.team.releases) == {carol.replica.keys.dpk}
    assert rotation.mend(bob.replica, bob.team.releases)
    assert not rotation.mend(bob.replica, bob.team.releases), "once is enough"
    give(bob, carol)
    assert not unopened(carol.replica)
    assert attested_epoch(carol.replica) == epoch
    assert carol.pull().release.label == "v1"


def test_whoever_asks_without_end_gets_one_seal_of_each_key(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    epoch = lie_to(alice, carol)
    meet(alice, bob, carol)
    attest(carol, bob)
    attest(carol, alice)
    assert rotation.mend(bob.replica, bob.team.releases)
    asked = carol.replica.keys.dpk
    assert asked not in rotation.pending(alice.replica, alice.team.releases), "hers is in the epoch itself"
    attest(carol, bob)
    assert not rotation.mend(bob.replica, bob.team.releases)
    assert epoch == current(bob)


def test_who_asked_before_a_key_was_made_does_not_ask_for_that_one(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    lie_to(alice, carol)
    give(alice, carol)
    attest(carol, bob)
    assert not rotation.pending(bob.replica, bob.team.releases)


def test_a_suspect_may_ask_and_gets_nothing(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    lie_to(alice, carol)
    meet(alice, bob, carol)
    attest(carol, bob)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rotation, "suspects_of", lambda *_: frozenset({carol.replica.keys.dpk}))
        assert not rotation.pending(bob.replica, bob.team.releases)


def test_a_key_that_stays_closed_is_replaced_after_a_minute(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = cast.team("bob")
    epoch = lie_to(alice, bob)
    give(alice, bob)
    assert not rotation.mend(bob.replica, bob.team.releases)
    later(monkeypatch, bob, REPLACE_AFTER_S - 2)
    assert not rotation.mend(bob.replica, bob.team.releases)
    later(monkeypatch, bob, 3)
    assert rotation.pending(bob.replica, bob.team.releases) == {TEAM_SCOPE}
    assert rotation.mend(bob.replica, bob.team.releases)
    assert current(bob) != epoch
    assert status(bob.team, bob.context).unopened == ("Alice <alice@example.com>",)
    meet(alice, bob)
    attest(bob, alice)
    assert alice.replica.ring.key_of(current(bob)) is not None


def test_the_minute_is_remembered_by_the_device(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob")
    epoch = lie_to(alice, bob)
    give(alice, bob)
    assert not rotation.mend(bob.replica, bob.team.releases)
    bob.restart()
    later(monkeypatch, bob, REPLACE_AFTER_S + 1)
    assert rotation.mend(bob.replica, bob.team.releases)
    assert current(bob) != epoch


def test_a_viewer_replaces_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    lie_to(alice, bob)
    give(alice, bob)
    rotation.mend(bob.replica, bob.team.releases)
    later(monkeypatch, bob, 10 * REPLACE_AFTER_S)
    assert not rotation.mend(bob.replica, bob.team.releases)


# --- whose turn it is ---


def test_everybody_has_a_turn_of_their_own_within_ten_seconds(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    turns = {turn_s(actor.replica.keys.dpk, carol.replica.keys.dpk) for actor in (alice, bob, carol)}
    assert len(turns) == 3
    assert all(0 <= turn < TURNS_S for turn in turns)
    assert turn_s(DevicePk(bytes(32)), bytes(32)) == 2.705


def test_nothing_is_done_before_the_turn_and_nothing_after_somebody_else_did_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob, carol)
    with alice.replica.writing():
        rotation.open_epochs(alice.replica, [TEAM_SCOPE])
    dave = cast.join(bob, cast.actor("dave"))
    give(alice, bob)
    dpk = dave.replica.keys.dpk
    monkeypatch.setattr(mending, "turn_s", lambda _own, target: 4.0 if target == dpk else 9.0)
    assert rotation.pending(bob.replica, bob.team.releases) == {dpk, TEAM_SCOPE}
    before = len(bob.raws())
    assert mend_in_turn(bob.team, 3.0)
    assert len(bob.raws()) == before
    assert mend_in_turn(bob.team, 4.0)
    assert len(bob.raws()) == before + 1, "the key, and no release yet"
    give(bob, carol)
    assert rotation.pending(carol.replica, carol.team.releases) == {TEAM_SCOPE}
    assert not mend_in_turn(bob.team, 10.0)
    assert not rotation.pending(bob.replica, bob.team.releases)
    give(bob, carol)
    assert not rotation.pending(carol.replica, carol.team.releases)
