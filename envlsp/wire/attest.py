"""The byte form of an attestation: what a device says it holds (PROTOCOL F.4).

    attest = [team32, dpk32, ts, [head32...], count, max height, current epoch 32|0, sig64]

Signed over the hash of the same array without its last element. Believes nothing: whether
the signature holds is `crypto.attest`'s to say, whether the device counts the ledger's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from envlsp.domain.ids import DevicePk, EpochId, RecordId, TeamId
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import HEADS_MAX, KIB
from envlsp.wire.shape import Shape, exactly, maybe, record_of, set_of, uint

ATTEST_MAX_BYTES: Final = 2 * KIB
FUTURE_MAX_S: Final = 24 * 3600
"""A claim from further ahead is ignored: it would hide every later one of its device."""


@dataclass(frozen=True, slots=True)
class Attest:
    """A device's claim of what it holds.

    Attributes:
        ts: claimed time in whole seconds since 1970; the newest per device counts.
        heads: at most 32, ascending; of more, the greatest by (height, id).
        count: records stored.
        epoch: the current epoch of the team, None where it has none.
        sig: 64 bytes, purpose "attest".
    """

    team: TeamId
    dpk: DevicePk
    ts: int
    heads: tuple[RecordId, ...]
    count: int
    max_height: int
    epoch: EpochId | None
    sig: bytes


_SHAPE: Final[Shape[Attest]] = record_of(
    Attest,
    exactly(32, TeamId),
    exactly(32, DevicePk),
    uint(),
    set_of(exactly(32, RecordId), lambda head: head, 0, HEADS_MAX),
    uint(),
    uint(),
    maybe(32, EpochId),
    exactly(64, bytes),
)


def signed_part(attest: Attest) -> bytes:
    """Return the canonical array without its signature, whose hash is signed."""
    parts: Any = _SHAPE.dump(attest)
    return encode(parts[:-1])


def encode_attest(attest: Attest) -> bytes:
    """Return the canonical bytes of an attestation."""
    return encode(_SHAPE.dump(attest))


def decode_attest_untrusted(data: bytes) -> Attest:
    """Return the attestation that `data` stands for, its signature unchecked.

    Raises:
        Malformed: not its canonical form.
        LimitExceeded: too many heads.

    Spec: docs/protocol.md, "F.4 Freshness, rollback, withholding".
    """
    return _SHAPE.load(decode_untrusted(data, limit_bytes=ATTEST_MAX_BYTES))


def is_from_the_future(attest: Attest, now_s: float) -> bool:
    """Return whether its time is so far ahead of ours that it must be ignored."""
    return attest.ts > now_s + FUTURE_MAX_S
