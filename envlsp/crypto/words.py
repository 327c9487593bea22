"""The list of 2048 words that codes, fingerprints and recovery are read aloud in.

BIP39's English list: no two words begin with the same four letters. Importing the
list takes a while, so it is read at first use.
"""

from __future__ import annotations

from functools import cache
from typing import Final

BITS_PER_WORD: Final = 11
FINGERPRINT_WORDS: Final = 5


@cache
def word_list() -> tuple[str, ...]:
    """Return the 2048 words, in alphabetical order."""
    from mnemonic import Mnemonic

    return tuple(Mnemonic("english").wordlist)


@cache
def _places() -> dict[str, int]:
    return {word: place for place, word in enumerate(word_list())}


def is_word(text: str) -> bool:
    """Return whether this is one of the words, in lower case and in full."""
    return text in _places()


def words_of(data: bytes, count: int) -> tuple[str, ...]:
    """Return the first `11 * count` bits of `data` as words."""
    bits = int.from_bytes(data, "big") >> (len(data) * 8 - BITS_PER_WORD * count)
    words = word_list()
    return tuple(words[bits >> BITS_PER_WORD * place & 2047] for place in reversed(range(count)))
