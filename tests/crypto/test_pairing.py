from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.crypto.pairing import (
    CODE_WORDS,
    SAS_WORDS,
    Code,
    Pairing,
    new_code,
    parse_code,
    sas_words,
)
from envlsp.crypto.words import word_list
from envlsp.domain.ids import DevicePk, TeamId
from envlsp.errors import BadText, CodeRefused

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "pairing.json").read_text())
CODE = Code(4711, ("abandon", "ability", "zoo"))


def test_a_code_is_six_digits_and_three_words_of_the_list() -> None:
    code = new_code(4711)
    number, *words = code.spoken().split("-")
    assert number == "004711"
    assert len(words) == CODE_WORDS
    assert set(words) <= set(word_list())
    assert parse_code(f"  {code.spoken().upper()}\n") == code
    assert new_code(1) != new_code(1)


def test_the_words_of_a_code_stay_out_of_repr_and_errors() -> None:
    assert "abandon" not in repr(CODE)
    with pytest.raises(BadText) as caught:
        parse_code("004711-abandon-hunter2-zoo")
    assert "hunter2" not in str(caught.value)


def test_equal_codes_give_equal_keys_and_crossed_boxes() -> None:
    inviter, joiner = Pairing(CODE, "inviter"), Pairing(CODE, "joiner")
    a, b = inviter.finish(joiner.message), joiner.finish(inviter.message)
    assert a.key == b.key
    assert (a.own_confirm, a.own_box) == (b.peer_confirm, b.peer_box)
    assert (a.peer_confirm, a.peer_box) == (b.own_confirm, b.own_box)
    assert len({a.key, a.own_confirm, a.peer_confirm, a.own_box, a.peer_box}) == 5


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=40), st.binary(min_size=32, max_size=32).map(lambda body: b"B" + body)))
def test_noise_is_refused_or_useless(message: bytes) -> None:
    inviter = Pairing(CODE, "inviter")
    try:
        keys = inviter.finish(message)
    except CodeRefused:
        return
    assert len(keys.key) == 32


def test_the_words_on_both_screens_depend_on_key_team_and_device() -> None:
    team, dpk = TeamId(bytes(32)), DevicePk(bytes([1]) * 32)
    words = sas_words(bytes(32), team, dpk)
    assert len(words) == SAS_WORDS
    others = {
        sas_words(bytes([1]) * 32, team, dpk),
        sas_words(bytes(32), TeamId(bytes([1]) * 32), dpk),
        sas_words(bytes(32), team, DevicePk(bytes(32))),
    }
    assert words not in others
    assert len(others) == 3


def test_vector() -> None:
    vector = VECTORS["pairing"]
    code = parse_code(vector["code"])

    def fixed(name: str) -> bytes:
        return bytes.fromhex(vector[name])

    inviter = Pairing(code, "inviter", lambda size: fixed("entropy_inviter")[:size])
    joiner = Pairing(code, "joiner", lambda size: fixed("entropy_joiner")[:size])
    assert (inviter.message, joiner.message) == (fixed("message_a"), fixed("message_b"))
    keys = inviter.finish(joiner.message)
    assert keys.key == joiner.finish(inviter.message).key == fixed("key")
    assert (keys.own_confirm, keys.peer_confirm) == (fixed("confirm_a"), fixed("confirm_b"))
    assert (keys.own_box, keys.peer_box) == (fixed("a2b"), fixed("b2a"))
    sas = sas_words(keys.key, TeamId(fixed("team")), DevicePk(fixed("dpk")))
    assert list(sas) == vector["sas"]
