"""Recovery words, and the words of codes and fingerprints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.crypto import recovery, words
from envlsp.crypto.recovery import Entropy
from envlsp.errors import BadText

BIP39 = {
    "00" * 32: "abandon " * 23 + "art",
    "7f" * 32: "legal winner thank year wave sausage worth useful " * 2
    + "legal winner thank year wave sausage worth title",
    "ff" * 32: "zoo " * 23 + "vote",
}
"""The standard's own vectors for 256 bits."""


@pytest.mark.parametrize(("entropy", "text"), BIP39.items())
def test_words_are_bip39(entropy: str, text: str) -> None:
    assert recovery.to_words(Entropy(bytes.fromhex(entropy))) == text
    assert recovery.from_words(text).hex() == entropy


@given(st.binary(min_size=32, max_size=32))
def test_words_give_the_entropy_again_however_they_are_typed(entropy: bytes) -> None:
    text = recovery.to_words(Entropy(entropy))
    assert recovery.from_words("  " + text.upper().replace(" ", " \n ")) == entropy


@given(st.text(max_size=60) | st.lists(st.sampled_from(["zoo", "art", "x"]), max_size=26).map(" ".join))
def test_any_text_is_words_or_bad(text: str) -> None:
    try:
        entropy = recovery.from_words(text)
    except BadText:
        return
    assert recovery.to_words(entropy) == " ".join(text.lower().split())


def test_a_slip_is_not_quoted() -> None:
    with pytest.raises(BadText) as caught:
        recovery.from_words("secretive " + "zoo " * 23)
    assert "secretive" not in str(caught.value)


def test_signing_and_box_key_of_the_root_are_independent() -> None:
    root = recovery.root_key(recovery.new_entropy())
    assert len({root.keys.dpk, root.keys.xpk, root.room}) == 3
    assert repr(root.room) not in repr(root)


def test_the_list_has_2048_words_told_apart_by_four_letters() -> None:
    found = words.word_list()
    assert len(found) == len({word[:4] for word in found}) == 2048
    assert list(found) == sorted(found)
    assert words.is_word("zoo")
    assert not words.is_word("Zoo")
    assert not words.is_word("envlsp")


def test_words_of_bytes_are_their_first_bits() -> None:
    assert words.words_of(bytes(7), 5) == ("abandon",) * 5
    assert words.words_of(b"\xff" * 7, 5) == ("zoo",) * 5
    assert words.words_of(b"\x00\x20\x00", 2) == ("ability", "abandon")
    assert words.words_of(b"\x00\x20\x00", 1) == ("ability",)
