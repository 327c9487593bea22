"""The recovery words: 32 bytes that are the team's root key (PROTOCOL B.1, D.7).

Made at genesis, shown once, never stored. Refuses to know how they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NewType

from envlsp.crypto.device import DeviceKeys
from envlsp.crypto.labels import kdf
from envlsp.crypto.primitives import box_key, random_bytes, signing_key
from envlsp.errors import BadText

Entropy = NewType("Entropy", bytes)
"""32 bytes: what the words stand for."""

ENTROPY_BYTES: Final = 32
WORDS: Final = 24


@dataclass(frozen=True, slots=True, repr=False)
class RootKey:
    """What recovery words give: keys that sign as root, and the room to be met in."""

    keys: DeviceKeys
    room: bytes
    """32 bytes, in the body of genesis, so that members can listen there."""


def new_entropy() -> Entropy:
    """Return fresh entropy for `init`; with `--no-recovery` it is used and forgotten."""
    return Entropy(random_bytes(ENTROPY_BYTES))


def root_key(entropy: Entropy) -> RootKey:
    """Return the root key of these words.

    Spec: docs/protocol.md, "B.1 Keys and identities", "D. Keys".
    """
    keys = DeviceKeys(signing_key(kdf(entropy, "root-sign")), box_key(kdf(entropy, "root-box")))
    return RootKey(keys, kdf(entropy, "room"))


def to_words(entropy: Entropy) -> str:
    """Return the 24 words of BIP39, the last of which holds a checksum."""
    from mnemonic import Mnemonic

    return str(Mnemonic("english").to_mnemonic(entropy))


def from_words(text: str) -> Entropy:
    """Return the entropy that somebody typed as words; case and blanks do not matter.

    Raises:
        BadText: not 24 of the words, or a slip that the checksum shows.
    """
    from mnemonic import Mnemonic

    words = text.lower().split()
    if len(words) != WORDS:
        raise BadText(f"{len(words)} words, {WORDS} are expected")
    try:
        return Entropy(bytes(Mnemonic("english").to_entropy(words)))
    except (ValueError, LookupError):
        raise BadText("a word is not in the list, or two are swapped") from None
