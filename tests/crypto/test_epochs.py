"""Epochs: who can reach which key, and that a lie is never believed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.crypto import epochs, signing
from envlsp.crypto.device import DeviceKeys
from envlsp.crypto.epochs import BadSeal, Keyring, Recipient, TeamKey, keyring
from envlsp.crypto.signing import Place
from envlsp.domain.ids import TEAM_SCOPE, EpochId, ScopeId
from envlsp.domain.ledger.records import CheckedRecord, Keys, Link, Pub, Rotate, Seal
from envlsp.errors import CannotOpen
from tests.support import samples
from tests.support.samples import ALICE, BOB, CAROL, EPOCH_1, GENESIS, KEY_1, KEY_2, ROOT, TEAM, recipients

MALLORY_KEY = TeamKey(samples.fixed("a key that fits nothing"))


def author(pub: Pub, seq: int = 2) -> CheckedRecord:
    return signing.make_record(ALICE.sign, Place(TEAM, seq, seq, (GENESIS.id,)), pub)[1]


def rotation(
    key: TeamKey, n: int, *to: DeviceKeys, older: dict[EpochId, TeamKey] | None = None
) -> CheckedRecord:
    epoch = epochs.make_epoch(
        key, team=TEAM, scope=TEAM_SCOPE, n=n, recipients=recipients(*to), older=older or {}
    )
    return author(Rotate((epoch,)), seq=n)


SECOND = rotation(KEY_2, 2, ALICE, BOB, older={EPOCH_1: KEY_1})
(EPOCH_2,) = SECOND.epoch_ids


def test_a_device_opens_its_seal_and_everything_linked_below() -> None:
    bob = keyring(BOB, [GENESIS, SECOND])
    assert bob.key_of(EPOCH_2) == KEY_2
    assert bob.key_of(EPOCH_1) == KEY_1, "case 33: new members read what was there before them"
    assert bob.all_keys() == {EPOCH_1: KEY_1, EPOCH_2: KEY_2}


def test_the_root_key_opens_every_epoch() -> None:
    root = keyring(ROOT.keys, [GENESIS, SECOND])
    assert root.all_keys() == {EPOCH_1: KEY_1, EPOCH_2: KEY_2}


def test_an_outsider_opens_nothing() -> None:
    assert keyring(CAROL, [GENESIS, SECOND]).all_keys() == {}


def test_a_key_delivered_later_is_found_in_any_order() -> None:
    late = author(Keys((epochs.seal_key(KEY_2, EPOCH_2, Recipient(CAROL.dpk, CAROL.xpk)),), ()), seq=3)
    assert keyring(CAROL, [late, SECOND, GENESIS]).all_keys() == {EPOCH_1: KEY_1, EPOCH_2: KEY_2}


def test_a_link_delivered_later_opens_the_past() -> None:
    bare = rotation(KEY_2, 2, BOB)
    (new,) = bare.epoch_ids
    ring = keyring(BOB, [GENESIS, bare])
    assert ring.key_of(EPOCH_1) is None
    ring.learn(author(Keys((), (epochs.make_link(EPOCH_1, KEY_1, new, KEY_2),)), seq=3))
    assert ring.key_of(EPOCH_1) == KEY_1


def test_a_seal_of_nonsense_is_reported() -> None:
    lie = author(Keys((Seal(EPOCH_2, CAROL.dpk, bytes(80)),), ()), seq=3)
    carol = keyring(CAROL, [SECOND, lie])
    assert carol.all_keys() == {}
    assert carol.bad_seals == {BadSeal(lie.id, EPOCH_2)}


def test_a_key_fits_one_scope_and_one_number() -> None:
    facts = keyring(ALICE, [SECOND]).facts(EPOCH_2)
    assert facts is not None
    sealed = epochs.seal_key(KEY_2, EPOCH_2, Recipient(ALICE.dpk, ALICE.xpk)).sealed
    assert epochs.open_key_seal(sealed, facts, ALICE) == KEY_2
    for wrong in (replace(facts, n=3), replace(facts, scope=ScopeId(b"\1" * 16))):
        with pytest.raises(CannotOpen):
            epochs.open_key_seal(sealed, wrong, ALICE)


def test_links_that_loop_end() -> None:
    one, two = rotation(KEY_1, 2, BOB), rotation(KEY_2, 3, BOB)
    (a,), (b,) = one.epoch_ids, two.epoch_ids
    loop = author(Keys((), (Link(a, b, bytes(72)), Link(b, a, bytes(72)))), seq=4)
    assert keyring(CAROL, [one, two, loop]).all_keys() == {}


def chain(length: int) -> tuple[list[CheckedRecord], list[TeamKey]]:
    """Return a team that rotated often; only the last key is sealed to Bob."""
    records, keys, older = [GENESIS], [KEY_1], {EPOCH_1: KEY_1}
    for n in range(2, length + 2):
        key = TeamKey(samples.fixed(f"key of {n}"))
        records.append(rotation(key, n, *([BOB] if n == length + 1 else [ALICE]), older=older))
        keys.append(key)
        older = {records[-1].epoch_ids[0]: key}
    return records, keys


LONG, LONG_KEYS = chain(40)


@given(st.permutations(LONG))
def test_a_long_chain_opens_from_its_end_in_any_order(records: list[CheckedRecord]) -> None:
    ring = keyring(BOB, records)
    assert ring.key_of(EPOCH_1) == KEY_1
    assert [ring.key_of(record.epoch_ids[0]) for record in LONG] == LONG_KEYS


def test_a_chain_longer_than_the_stack_opens() -> None:
    ring = Keyring(BOB)
    keys = [TeamKey(samples.fixed(f"deep {n}")) for n in range(1_500)]
    ids = [EpochId(samples.fixed(f"deep id {n}")) for n in range(1_500)]
    links = [epochs.make_link(ids[n], keys[n], ids[n + 1], keys[n + 1]) for n in range(len(keys) - 1)]
    for n, key in enumerate(keys):
        ring._facts[ids[n]] = epochs.EpochFacts(
            ids[n], TEAM, TEAM_SCOPE, n + 1, epochs.commit(key, TEAM, TEAM_SCOPE, n + 1)
        )
    for start in range(0, len(links), 200):
        ring._links.update({link.old: [(link.new, link.box)] for link in links[start : start + 200]})
    ring.add(ids[-1], keys[-1])
    assert ring.key_of(ids[0]) == keys[0]


def test_an_unknown_epoch_has_no_key() -> None:
    assert keyring(ALICE, [GENESIS]).key_of(EpochId(bytes(32))) is None
    assert keyring(ALICE, [GENESIS]).facts(EpochId(bytes(32))) is None
