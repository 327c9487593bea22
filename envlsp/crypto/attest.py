"""Signing and checking attestations (PROTOCOL F.4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from envlsp.crypto.labels import hash32
from envlsp.crypto.primitives import SigningKey
from envlsp.crypto.signing import sign, verify
from envlsp.domain.ids import EpochId, RecordId, TeamId
from envlsp.errors import BadSignature
from envlsp.wire.attest import Attest, decode_attest_untrusted, encode_attest, signed_part


@dataclass(frozen=True, slots=True)
class Holding:
    """What a device holds at one moment, as its store knows it."""

    team: TeamId
    heads: tuple[RecordId, ...]
    count: int
    max_height: int
    epoch: EpochId | None


def make_attest(holding: Holding, key: SigningKey, *, ts: int) -> bytes:
    """Return the signed attestation of what this device holds.

    Args:
        holding: at most 32 heads, in any order.
        key: the device's.
        ts: whole seconds since 1970.

    Spec: docs/protocol.md, "F.4 Freshness, rollback, withholding".
    """
    bare = Attest(
        team=holding.team,
        dpk=key.public,
        ts=ts,
        heads=tuple(sorted(holding.heads)),
        count=holding.count,
        max_height=holding.max_height,
        epoch=holding.epoch,
        sig=bytes(64),
    )
    sig = sign(key, "attest", hash32("attest", signed_part(bare)))
    return encode_attest(replace(bare, sig=sig))


def check_attest_untrusted(data: bytes, team: TeamId) -> Attest:
    """Return an attestation whose signature holds. Whether its device counts is the ledger's.

    Raises:
        Malformed, LimitExceeded: the bytes.
        BadSignature: another team's, or not signed by the device it names.
    """
    attest = decode_attest_untrusted(data)
    if attest.team != team:
        raise BadSignature("an attestation of another team")
    verify(attest.dpk, "attest", hash32("attest", signed_part(attest)), attest.sig)
    return attest
