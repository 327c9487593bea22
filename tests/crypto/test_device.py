"""Keys of devices, and the ledger's two questions about signatures."""

from __future__ import annotations

from dataclasses import replace

from envlsp.crypto import signing
from envlsp.crypto.device import device_keys, fingerprint, generate, new_seeds
from envlsp.crypto.verify import Signatures
from envlsp.domain.ids import BoxPk, TeamId
from envlsp.domain.ledger.ports import Verify
from envlsp.domain.ledger.records import Admit, DeviceAdd, RecordType
from tests.support import samples
from tests.support.samples import ALICE, BOB, INVITATION, TEAM

VERIFY: Verify = Signatures()
OWNER = signing.user_id(ALICE.dpk)


def test_fresh_keys_differ_and_seeds_give_them_again() -> None:
    assert generate().dpk != generate().dpk
    seeds = new_seeds()
    assert device_keys(*seeds).dpk == device_keys(*seeds).dpk
    assert seeds[0] != seeds[1]


def test_keys_do_not_show() -> None:
    for secret in (ALICE.sign.secret, ALICE.box.secret):
        for shown in (repr(ALICE), str(ALICE), repr(ALICE.sign), repr(ALICE.box), f"{secret!r} {secret}"):
            assert secret.reveal().hex() not in shown
            assert repr(secret.reveal())[2:-1] not in shown


def test_a_fingerprint_covers_both_keys() -> None:
    mark = fingerprint(ALICE.dpk, ALICE.xpk)
    assert mark != fingerprint(ALICE.dpk, BOB.xpk)
    assert mark != fingerprint(BOB.dpk, ALICE.xpk)


def device_add() -> DeviceAdd:
    add = samples.pubs()[RecordType.DEVICE_ADD]
    assert isinstance(add, DeviceAdd)
    return add


def test_an_invitees_signature_binds_team_invite_and_keys() -> None:
    admit = samples.pubs()[RecordType.ADMIT]
    assert isinstance(admit, Admit)
    assert VERIFY.inv_sig(TEAM, INVITATION.dpk, admit)
    assert not VERIFY.inv_sig(TEAM, ALICE.dpk, admit)
    assert not VERIFY.inv_sig(TeamId(bytes(32)), INVITATION.dpk, admit)
    assert not VERIFY.inv_sig(TEAM, INVITATION.dpk, replace(admit, xpk=BoxPk(bytes(32))))
    assert not VERIFY.inv_sig(TEAM, INVITATION.dpk, replace(admit, inv_sig=bytes(64)))
