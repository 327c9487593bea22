"""CI bundles: one release for a key that is in no team (PROTOCOL A4).

Sealed to the reader's key and signed by a member's device. Refuses to know clocks and
pins: whether the signer is the one expected, whether it is too old, and whether a
newer one was seen are the caller's to ask.
"""

from __future__ import annotations

from dataclasses import dataclass

from envlsp.crypto.labels import hash32
from envlsp.crypto.primitives import (
    KEY_BYTES,
    BoxKey,
    SigningKey,
    open_box,
    open_seal,
    random_bytes,
    seal_box,
    seal_to,
)
from envlsp.crypto.signing import sign, verify
from envlsp.domain.environment import Triple
from envlsp.domain.ids import BoxPk, RecordId
from envlsp.domain.release import Snapshot
from envlsp.errors import CannotOpen, LimitExceeded, Malformed
from envlsp.wire.bundle import (
    Bundle,
    decode_bundle_untrusted,
    decode_content_untrusted,
    encode_bundle,
    encode_content,
    signed_part,
)


@dataclass(frozen=True, slots=True)
class Export:
    """What a bundle says in the clear about the release inside."""

    release: RecordId
    n: int
    triple: Triple
    created: int
    not_after: int


def seal_bundle(export: Export, snapshot: Snapshot, signer: SigningKey, reader: BoxPk) -> bytes:
    """Return a signed bundle that only `reader` opens.

    Raises:
        LimitExceeded: the release is too large for one.

    Spec: docs/protocol.md, "E.5 CI bundles".
    """
    key = random_bytes(KEY_BYTES)
    bundle = Bundle(
        release=export.release,
        n=export.n,
        project=export.triple.project,
        app=export.triple.app,
        env=export.triple.env,
        created=export.created,
        not_after=export.not_after,
        signer=signer.public,
        sealed_key=seal_to(key, reader),
        box=seal_box(encode_content(snapshot), key),
    )
    return encode_bundle(bundle, sign(signer, "bundle", hash32("bundle", signed_part(bundle))))


def check_bundle_untrusted(data: bytes) -> Bundle:
    """Return a bundle that its signer did sign; ask next whether to believe that signer.

    Raises:
        Malformed, LimitExceeded: not a bundle.
        BadSignature: altered, or signed by another.
    """
    bundle, sig = decode_bundle_untrusted(data)
    verify(bundle.signer, "bundle", hash32("bundle", signed_part(bundle)), sig)
    return bundle


def open_bundle(bundle: Bundle, reader: BoxKey) -> Snapshot:
    """Return what a checked bundle holds.

    Raises:
        CannotOpen: it is for another key, or what is inside is not a release.
    """
    content = open_box(bundle.box, _sized(open_seal(bundle.sealed_key, reader)))
    try:
        return decode_content_untrusted(content)
    except (Malformed, LimitExceeded):
        raise CannotOpen from None


def _sized(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise CannotOpen
    return key
