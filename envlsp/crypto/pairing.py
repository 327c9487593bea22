"""The spoken code of an invitation, and the key that SPAKE2 makes of it (PROTOCOL E.1, A6).

    code  m-word-word-word          6 digits of the mailbox, 3 of 2,048 words: 33 bits
    K     KDF(SPAKE2 key, "join", H("join", msgA‖msgB))

One guess per code, online, and none offline: that is SPAKE2's promise and the reason why
a `Pairing` finishes once. `spake2` is not constant-time; the secret is single-use and
seconds old. What happens after the key is `sync.join`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from spake2 import SPAKE2_A, SPAKE2_B
from spake2.spake2 import SPAKEError

from envlsp.crypto.labels import hash32, kdf
from envlsp.crypto.primitives import is_valid_ed25519, random_bytes
from envlsp.crypto.words import is_word, words_of
from envlsp.domain.ids import DevicePk, TeamId
from envlsp.errors import BadText, CodeRefused

CODE_WORDS: Final = 3
SAS_WORDS: Final = 5
MAILBOXES: Final = 1_000_000
PAKE_BYTES: Final = 33
CONFIRM_BYTES: Final = 32

_SAS_BYTES: Final = 7
_MAILBOX: Final = re.compile(r"[0-9]{6}")

PairingSide = Literal["inviter", "joiner"]


@dataclass(frozen=True, slots=True)
class Code:
    """A spoken code. Whoever hears it can try to join, once.

    Attributes:
        mailbox: 0..999,999, where both meet; the server knows it.
        words: three words that nobody else must know.
    """

    mailbox: int
    words: tuple[str, ...] = field(repr=False)

    def spoken(self) -> str:
        """Return the code as people say it: `"004711-word-word-word"`."""
        return "-".join((f"{self.mailbox:06d}", *self.words))


def new_code(mailbox: int) -> Code:
    """Return a fresh code for a mailbox that the signaling server has drawn."""
    assert 0 <= mailbox < MAILBOXES
    return Code(mailbox, words_of(random_bytes(5), CODE_WORDS))  # the first 33 of 40 bits


def parse_code(text: str) -> Code:
    """Return the code a person typed. Case and blanks around it do not matter.

    Raises:
        BadText: not six digits and exactly three words of the list. A number alone is
            refused here, before anybody is asked: it would be a code without a secret.

    Spec: docs/protocol.md, "E.1 Primary: short code".
    """
    mailbox, *words = text.strip().lower().split("-")
    if not _MAILBOX.fullmatch(mailbox) or len(words) != CODE_WORDS:
        raise BadText("a code is six digits and three words, as in 004711-apple-river-stone")
    if not all(map(is_word, words)):
        raise BadText("a word of the code is not in the list; check the spelling")
    return Code(int(mailbox), tuple(words))


@dataclass(frozen=True, slots=True, repr=False)
class PairingKeys:
    """What both sides have once the code was the same. All of 32 bytes.

    `own_confirm` is sent; `peer_confirm` must arrive. Nothing else is sent before.
    """

    key: bytes
    own_confirm: bytes
    peer_confirm: bytes
    own_box: bytes
    peer_box: bytes


class Pairing:
    """One attempt at one code: send `message`, then `finish` with the peer's, once."""

    def __init__(self, code: Code, side: PairingSide, entropy: Callable[[int], bytes] = random_bytes) -> None:
        number = f"{code.mailbox:06d}"
        self._side = side
        self._spake = (SPAKE2_A if side == "inviter" else SPAKE2_B)(
            code.spoken().encode(),
            idA=f"envlsp1/inviter/{number}".encode(),
            idB=f"envlsp1/joiner/{number}".encode(),
            entropy_f=entropy,
        )
        self.message: Final[bytes] = self._spake.start()

    def finish(self, peer_message: bytes) -> PairingKeys:
        """Return the keys. They say nothing yet about whether the codes were equal.

        Raises:
            CodeRefused: not a message of the other side, or a second attempt.

        Spec: docs/protocol.md, "E.1 Primary: short code".
        """
        if len(peer_message) != PAKE_BYTES or not is_valid_ed25519(peer_message[1:]):
            raise CodeRefused("not a pairing message")
        try:
            shared: bytes = self._spake.finish(peer_message)
        except (SPAKEError, ValueError, AssertionError):
            raise CodeRefused("not a pairing message") from None
        is_inviter = self._side == "inviter"
        pair = (self.message, peer_message) if is_inviter else (peer_message, self.message)
        key = kdf(shared, "join", hash32("join", b"".join(pair)))
        confirms = kdf(key, "confirm-A"), kdf(key, "confirm-B")
        boxes = kdf(key, "a2b"), kdf(key, "b2a")
        own = 0 if is_inviter else 1
        return PairingKeys(key, confirms[own], confirms[1 - own], boxes[own], boxes[1 - own])


def sas_words(key: bytes, team: TeamId, dpk: DevicePk) -> tuple[str, ...]:
    """Return the five words that both screens show.

    Args:
        key: K, 32 bytes.
        team: as the inviter named it.
        dpk: the joiner's new device.
    """
    digest = hash32("sas", key + team + dpk)[:_SAS_BYTES]
    return words_of(digest, SAS_WORDS)  # the first 55 of 56 bits
