from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.crypto.attest import Holding, check_attest_untrusted, make_attest
from envlsp.crypto.primitives import signing_key
from envlsp.domain.ids import EpochId, RecordId, TeamId
from envlsp.errors import BadSignature, LimitExceeded, Malformed
from envlsp.wire.attest import decode_attest_untrusted, encode_attest, is_from_the_future

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "attest.json").read_text())
KEY = signing_key(bytes([7]) * 32)
TEAM = TeamId(bytes([1]) * 32)
HELD = Holding(TEAM, (RecordId(bytes([9]) * 32), RecordId(bytes([3]) * 32)), 40, 12, EpochId(bytes([2]) * 32))


def test_what_was_signed_is_read_back() -> None:
    attest = check_attest_untrusted(make_attest(HELD, KEY, ts=1_700_000_000), TEAM)
    assert (attest.dpk, attest.ts, attest.count, attest.max_height) == (KEY.public, 1_700_000_000, 40, 12)
    assert attest.heads == tuple(sorted(HELD.heads))
    assert attest.epoch == HELD.epoch


def test_a_team_without_an_epoch_says_so() -> None:
    raw = make_attest(replace(HELD, epoch=None, heads=()), KEY, ts=1)
    assert check_attest_untrusted(raw, TEAM).epoch is None


def test_another_team_or_another_device_does_not_verify() -> None:
    raw = make_attest(HELD, KEY, ts=1)
    with pytest.raises(BadSignature):
        check_attest_untrusted(raw, TeamId(bytes(32)))
    attest = decode_attest_untrusted(raw)
    for altered in (replace(attest, count=41), replace(attest, dpk=signing_key(bytes(32)).public)):
        with pytest.raises(BadSignature):
            check_attest_untrusted(encode_attest(altered), TEAM)


def test_more_than_32_heads_are_refused() -> None:
    many = tuple(RecordId(number.to_bytes(32, "big")) for number in range(33))
    with pytest.raises(LimitExceeded):
        check_attest_untrusted(make_attest(replace(HELD, heads=many), KEY, ts=1), TEAM)


def test_a_claim_from_far_ahead_is_known_as_one() -> None:
    attest = check_attest_untrusted(make_attest(HELD, KEY, ts=200_000), TEAM)
    assert is_from_the_future(attest, 100_000.0)
    assert not is_from_the_future(attest, 199_000.0)


@given(st.binary(max_size=400))
def test_noise_is_refused_by_a_documented_error(data: bytes) -> None:
    with pytest.raises((Malformed, LimitExceeded, BadSignature)):
        check_attest_untrusted(data, TEAM)


def test_vector() -> None:
    vector = VECTORS["attest"]
    key = signing_key(bytes.fromhex(vector["seed"]))
    held = Holding(
        TeamId(bytes.fromhex(vector["team"])),
        tuple(RecordId(bytes.fromhex(head)) for head in vector["heads"]),
        vector["count"],
        vector["max_height"],
        EpochId(bytes.fromhex(vector["epoch"])),
    )
    raw = bytes.fromhex(vector["bytes"])
    assert make_attest(held, key, ts=vector["ts"]) == raw
    assert encode_attest(check_attest_untrusted(raw, held.team)) == raw
