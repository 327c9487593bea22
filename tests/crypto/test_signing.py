"""The gate for records: every way in which one record can be wrong by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.crypto import signing
from envlsp.crypto.device import prove
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import NO_TEAM, TeamId
from envlsp.domain.ledger.records import Admit, Grant, Pub, RecordType
from envlsp.errors import BadSignature, LimitExceeded, Malformed, RecordRefused, UpgradeNeeded
from envlsp.wire import canonical
from envlsp.wire.records import decode_record_untrusted
from tests.support import samples
from tests.support.samples import ALICE, BOB, HERE, TEAM

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


def test_a_request_made_before_the_team_is_known_may_be_granted_but_not_admitted() -> None:
    request = prove(BOB, NO_TEAM, PopPurpose.JOIN)
    author(grant(pop=request))
    admit = samples.pubs()[RecordType.ADMIT]
    assert isinstance(admit, Admit)
    with pytest.raises(BadSignature):
        author(replace(admit, pop=request))


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
