"""The gate for records: every way in which one record can be wrong by itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.crypto import signing
from envlsp.crypto.device import prove
from envlsp.crypto.primitives import SMALL_ORDER_X25519
from envlsp.crypto.signing import PopPurpose, Purpose
from envlsp.domain.ids import NO_TEAM, BoxPk, DevicePk, TeamId
from envlsp.domain.ledger.records import Admit, Grant, Invite, Pub, RecordType, Role
from envlsp.errors import BadSignature, LimitExceeded, Malformed, RecordRefused, UpgradeNeeded
from envlsp.wire import canonical
from envlsp.wire.records import decode_record_untrusted, encode_record
from tests.scripts.make_vectors import resigned
from tests.support import samples
from tests.support.samples import ALICE, BOB, CAROL, HERE, TEAM

REFUSALS = (Malformed, LimitExceeded, UpgradeNeeded, RecordRefused, BadSignature)
RELEASE = samples.record(RecordType.RELEASE, bytes(296))[0]


def grant(**changed: object) -> Grant:
    pub = samples.pubs()[RecordType.GRANT]
    assert isinstance(pub, Grant)
    return replace(pub, **changed)  # type: ignore[arg-type]


def author(pub: Pub) -> None:
    signing.make_record(ALICE.sign, HERE, pub)


@pytest.mark.parametrize("kind", RecordType)
def test_a_record_of_each_type_passes(kind: RecordType) -> None:
    raw, made = samples.record(kind)
    assert signing.check_untrusted(raw, TEAM) == made
    assert made.size == len(raw)
    assert made.header.type == kind


@pytest.mark.parametrize("kind", RecordType)
def test_a_record_read_back_from_our_own_store_is_the_same(kind: RecordType) -> None:
    raw, made = samples.record(kind)
    assert signing.checked_before(raw, made.id) == made


def test_genesis_is_its_own_team() -> None:
    assert TeamId(samples.GENESIS.id) == TEAM
    assert samples.GENESIS.header.team == NO_TEAM
    assert samples.GENESIS.introduces == signing.user_id(ALICE.dpk)


@given(st.integers(0, len(RELEASE) - 1), st.integers(1, 255))
def test_case_2_a_bit_flip_anywhere_is_refused(place: int, flip: int) -> None:
    altered = bytearray(RELEASE)
    altered[place] ^= flip
    with pytest.raises(REFUSALS):
        signing.check_untrusted(bytes(altered), TEAM)


def test_case_2_another_valid_signature_gives_the_same_id() -> None:
    """The id leaves the signature out, so a second signature is no second record."""
    decoded = decode_record_untrusted(RELEASE)
    forged = encode_record(decoded.hdr, decoded.body, bytes(64))
    assert signing.record_id(decode_record_untrusted(forged).hdr) == signing.record_id(decoded.hdr)
    with pytest.raises(BadSignature):
        signing.check_untrusted(forged, TEAM)


@pytest.mark.parametrize(("made_for", "used_as"), list(permutations(get_args(Purpose), 2)))
def test_case_3_a_signature_is_good_for_one_purpose(made_for: Purpose, used_as: Purpose) -> None:
    digest = samples.fixed("digest")
    sig = signing.sign(ALICE.sign, made_for, digest)
    signing.verify(ALICE.dpk, made_for, digest, sig)
    with pytest.raises(BadSignature):
        signing.verify(ALICE.dpk, used_as, digest, sig)


def test_case_3_an_attestation_is_no_record() -> None:
    decoded = decode_record_untrusted(RELEASE)
    sig = signing.sign(ALICE.sign, "attest", signing.record_id(decoded.hdr))
    with pytest.raises(BadSignature):
        signing.check_untrusted(encode_record(decoded.hdr, decoded.body, sig), TEAM)


def test_case_4_another_teams_record_is_refused() -> None:
    other = TeamId(samples.fixed("another team"))
    for raw in (RELEASE, samples.GENESIS_RAW):
        with pytest.raises(RecordRefused):
            signing.check_untrusted(raw, other)
    with pytest.raises(RecordRefused):
        signing.check_untrusted(resigned(RecordType.RELEASE, team=other), TEAM)


@pytest.mark.parametrize("bad", (*sorted(SMALL_ORDER_X25519), b"\xff" * 32))
def test_case_5_a_small_order_or_non_canonical_box_key_is_refused(bad: bytes) -> None:
    with pytest.raises(RecordRefused):
        author(grant(xpk=BoxPk(bad)))


@pytest.mark.parametrize(
    "bad",
    (
        bytes(32),
        b"\1" + bytes(31),  # the neutral element
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),  # order 8
        b"\xff" * 32,  # no canonical number
    ),
)
def test_case_5_a_small_order_or_non_canonical_signing_key_is_refused(bad: bytes) -> None:
    with pytest.raises(RecordRefused):
        author(grant(dpk=DevicePk(bad)))
    with pytest.raises(RecordRefused):
        author(Invite(DevicePk(bad), Role.VIEWER, 1))


def test_case_6_someone_elses_key_is_refused() -> None:
    with pytest.raises(BadSignature):
        author(grant(dpk=CAROL.dpk))
    with pytest.raises(BadSignature):
        author(grant(xpk=CAROL.xpk))


@pytest.mark.parametrize("purpose", (PopPurpose.DEVICE_ADD, PopPurpose.ROOT))
def test_case_6_a_proof_for_something_else_does_not_join(purpose: PopPurpose) -> None:
    with pytest.raises(BadSignature):
        author(grant(pop=prove(BOB, TEAM, purpose)))


def test_case_6_a_proof_for_another_team_does_not_join() -> None:
    with pytest.raises(BadSignature):
        author(grant(pop=prove(BOB, TeamId(samples.fixed("another team")), PopPurpose.JOIN)))


def test_a_request_made_before_the_team_is_known_may_be_granted_but_not_admitted() -> None:
    request = prove(BOB, NO_TEAM, PopPurpose.JOIN)
    author(grant(pop=request))
    admit = samples.pubs()[RecordType.ADMIT]
    assert isinstance(admit, Admit)
    with pytest.raises(BadSignature):
        author(replace(admit, pop=request))


def test_case_8_an_ignorable_record_is_checked_like_any_other() -> None:
    raw = resigned(RecordType.RELEASE, body=b"x", type=70, pub=[1])
    assert signing.check_untrusted(raw, TEAM).body_size == 1
    with pytest.raises(BadSignature):
        signing.check_untrusted(raw[:-1] + bytes((raw[-1] ^ 1,)), TEAM)


def test_a_body_is_bound_by_its_hash() -> None:
    decoded = decode_record_untrusted(RELEASE)
    swapped = canonical.encode([decoded.hdr, bytes(297), decoded.sig])
    with pytest.raises(BadSignature, match="body"):
        signing.check_untrusted(swapped, TEAM)


def test_epochs_are_numbered_in_the_order_they_stand() -> None:
    _raw, made = samples.record(RecordType.ROTATE)
    assert made.epoch_ids == (signing.epoch_id(made.id, 0),)
    assert signing.epoch_id(made.id, 0) != signing.epoch_id(made.id, 1)


def test_a_scope_depends_on_who_creates_it_and_when() -> None:
    made = samples.record(RecordType.SCOPE_SET)[1]
    assert made.derived_scope == samples.SCOPE
    assert signing.scope_id(TEAM, ALICE.dpk, 3) != samples.SCOPE != signing.scope_id(TEAM, BOB.dpk, 2)
