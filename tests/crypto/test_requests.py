"""Requests prove their keys and nothing else; a welcome opens for one key."""

from __future__ import annotations

import pytest

from envlsp.crypto.device import prove
from envlsp.crypto.requests import (
    check_request_untrusted,
    make_request,
    open_welcome_untrusted,
    request_words,
    seal_welcome,
)
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import NO_TEAM, RecordId
from envlsp.errors import BadSignature, CannotOpen
from envlsp.wire.requests import JoinRequest, WelcomeFile, encode_request
from tests.support.samples import ALICE, BOB, CAROL, TEAM, fixed

SAID = WelcomeFile(TEAM, (), RecordId(fixed("granted")), (b"record",))


def test_bobs_request_says_who_he_is_and_five_words_to_compare() -> None:
    asked = check_request_untrusted(make_request(BOB, "Bob"))
    assert (asked.dpk, asked.xpk, asked.name) == (BOB.dpk, BOB.xpk, "Bob")
    assert len(request_words(asked)) == 5
    assert request_words(asked) != request_words(check_request_untrusted(make_request(CAROL, "Bob")))


def test_a_proof_for_one_team_or_another_purpose_is_no_request() -> None:
    for team, purpose in ((TEAM, PopPurpose.JOIN), (NO_TEAM, PopPurpose.DEVICE_ADD)):
        pop = prove(BOB, team, purpose)
        with pytest.raises(BadSignature):
            check_request_untrusted(encode_request(JoinRequest(BOB.dpk, BOB.xpk, pop, "Bob")))


def test_eve_cannot_put_her_box_key_into_bobs_request() -> None:
    asked = check_request_untrusted(make_request(BOB, "Bob"))
    with pytest.raises(BadSignature):
        check_request_untrusted(encode_request(JoinRequest(asked.dpk, CAROL.xpk, asked.pop, "Bob")))


def test_a_welcome_opens_for_the_one_waiting_key_it_is_for() -> None:
    sealed = seal_welcome(SAID, BOB.xpk)
    assert open_welcome_untrusted(sealed, [ALICE.box, BOB.box]) == (1, SAID)
    for waiting in ([], [ALICE.box], [ALICE.box, CAROL.box]):
        with pytest.raises(CannotOpen):
            open_welcome_untrusted(sealed, waiting)


def test_an_altered_welcome_does_not_open() -> None:
    sealed = seal_welcome(SAID, BOB.xpk)
    for place in (-1, -60, 30):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(CannotOpen):
            open_welcome_untrusted(bytes(altered), [BOB.box])
