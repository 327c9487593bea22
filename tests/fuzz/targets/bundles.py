"""CI bundles (E.5): a file that anybody may have put into a repository."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.crypto.bundle import check_bundle_untrusted, open_bundle
from envlsp.crypto.device import device_keys
from envlsp.crypto.labels import hash32
from envlsp.crypto.primitives import signing_key
from envlsp.crypto.signing import sign
from envlsp.errors import BadSignature, CannotOpen, LimitExceeded, Malformed
from envlsp.wire.bundle import decode_bundle_untrusted, decode_content_untrusted, encode_bundle, signed_part
from tests.fuzz.seeds import hexes

EVE = signing_key(b"E" * 32)
READER = device_keys(b"r" * 32, b"R" * 32).box
MAX_BYTES = 4_096


def seeds() -> Iterator[bytes]:
    """Yield whole bundles, and what one holds."""
    yield from hexes("bundle", "bundle")
    yield bytes.fromhex("9291" + "92a141c40178" + "c400")


def take(data: bytes) -> None:
    """Read a bundle as it came; then as if its signer were right about it; then as its content."""
    try:
        check_bundle_untrusted(data)
    except (Malformed, LimitExceeded, BadSignature):
        pass
    try:
        bundle, sig = decode_bundle_untrusted(data)
        assert encode_bundle(bundle, sig) == data
        sign(EVE, "bundle", hash32("bundle", signed_part(bundle)))
        open_bundle(bundle, READER)
    except (Malformed, LimitExceeded, CannotOpen):
        pass
    try:
        decode_content_untrusted(data)
    except (Malformed, LimitExceeded):
        pass
