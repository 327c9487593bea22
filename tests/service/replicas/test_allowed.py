"""Which blind replicas a device gives the team's records to."""

from __future__ import annotations

import pytest

from envlsp.domain.ids import BoxPk
from envlsp.errors import AmbiguousName, BadText, Misuse, NotFound
from envlsp.service.freshness import freshness, holders
from envlsp.service.network import errands
from envlsp.service.network.peering import box_of, is_known, is_peer
from envlsp.service.replicas.allowed import REPLICAS_MAX, allow, allowed, forbid
from envlsp.service.replicas.keeping import keep_team, own_room, pairing_of, waiting_seeds
from envlsp.wire.attest import Attest, encode_attest
from envlsp.wire.replicas import Pairing, to_pairing_text
from tests.support.cast import Cast
from tests.support.samples import device


def pairing(name: str) -> Pairing:
    keys = device(name)
    return Pairing(keys.dpk, keys.xpk, bytes(32))


def test_an_allowed_replica_is_a_peer_and_no_device(cast: Cast) -> None:
    (alice,) = cast.team()
    added = allow(alice.replica, to_pairing_text(pairing("cellar")), "in the cellar")
    assert [one.label for one in allowed(alice.replica)] == ["in the cellar"]
    dpk = added.pairing.dpk
    assert is_peer(alice.replica, dpk)
    assert is_known(alice.replica, dpk)
    assert box_of(alice.replica, dpk) == added.pairing.xpk
    assert dpk not in alice.replica.state.devices
    assert not alice.replica.state.is_active(dpk)
    alice.restart()
    assert is_peer(alice.replica, dpk)


def test_what_a_replica_attests_confirms_nothing(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    keys = device("cellar")
    dpk = allow(alice.replica, to_pairing_text(pairing("cellar")), "cellar").pairing.dpk
    heads = tuple(sorted(alice.replica.ledger.heads()))
    for signer in (keys, bob.replica.keys):
        attest = Attest(
            alice.replica.team, signer.dpk, 1, heads, len(alice.replica.ledger), 1, None, bytes(64)
        )
        alice.replica.store.peers.put_attestation(signer.dpk, 1, encode_attest(attest))
    known = freshness(alice.replica)
    assert (known.confirmed_by, known.devices) == (1, 1)
    assert holders(alice.replica, heads) == [bob.replica.keys.dpk]
    assert [one.name for one in errands.peers(alice.service, alice.opened)] == ["Bob (bobs-laptop)"]
    assert not alice.replica.state.is_active(dpk)


def test_one_that_is_taken_off_the_list_is_a_stranger(cast: Cast) -> None:
    (alice,) = cast.team()
    dpk = allow(alice.replica, to_pairing_text(pairing("cellar")), "cellar").pairing.dpk
    assert forbid(alice.replica, "cellar").pairing.dpk == dpk
    assert not is_peer(alice.replica, dpk)
    with pytest.raises(NotFound, match="replica"):
        forbid(alice.replica, "cellar")


@pytest.mark.parametrize("text", ("", "alice", "rp1nonsense", to_pairing_text(pairing("cellar"))[:-1] + "b"))
def test_a_string_with_a_slip_is_to_be_copied_again(cast: Cast, text: str) -> None:
    (alice,) = cast.team()
    with pytest.raises(BadText) as told:
        allow(alice.replica, text, "cellar")
    assert "envlsp replica shows" in str(told.value.fix)
    assert not allowed(alice.replica)


def test_adding_it_again_changes_its_label(cast: Cast) -> None:
    (alice,) = cast.team()
    for label in ("cellar", "attic"):
        allow(alice.replica, to_pairing_text(pairing("cellar")), label)
    assert [one.label for one in allowed(alice.replica)] == ["attic"]


def test_what_is_no_replica_is_refused(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    keys = bob.replica.keys
    own = Pairing(keys.dpk, keys.xpk, bytes(32))
    with pytest.raises(Misuse, match="a member"):
        allow(alice.replica, to_pairing_text(own), "bob")
    weak = Pairing(device("cellar").dpk, BoxPk(bytes(32)), bytes(32))
    with pytest.raises(BadText):
        allow(alice.replica, to_pairing_text(weak), "weak")
    with pytest.raises(BadText, match="label"):
        allow(alice.replica, to_pairing_text(pairing("cellar")), "a\x1b[2J")
    assert not allowed(alice.replica)


def test_there_are_not_too_many_and_a_name_must_fit_one(cast: Cast) -> None:
    (alice,) = cast.team()
    for number in range(REPLICAS_MAX):
        allow(alice.replica, to_pairing_text(pairing(f"cellar {number}")), "cellar")
    with pytest.raises(Misuse, match=f"{REPLICAS_MAX} replicas"):
        allow(alice.replica, to_pairing_text(pairing("one more")), "cellar")
    with pytest.raises(AmbiguousName, match="cellar"):
        forbid(alice.replica, "cellar")


def test_the_keys_of_a_pairing_string_outlive_the_process_and_become_the_teams(cast: Cast) -> None:
    alice = cast.team()[0]
    cellar = cast.actor("cellar")
    cellar.service.vault.open_or_create()
    before = pairing_of(waiting_seeds(cellar.service))
    cellar.restart()
    assert pairing_of(waiting_seeds(cellar.service)) == before
    team = keep_team(cellar.service, alice.team.id, ("wss://signal.test",))
    assert team.keys.dpk == before.dpk
    assert own_room(team) == before.room
    assert pairing_of(waiting_seeds(cellar.service)) != before
    assert own_room(alice.team) is None
