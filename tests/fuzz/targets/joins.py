"""What comes through a mailbox (E.1): from a relay, or from whoever guessed its number."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.join import (
    BlobKind,
    decode_blob_untrusted,
    decode_said_untrusted,
    encode_blob,
    encode_said,
    pad_blob,
)
from tests.fuzz.seeds import hexes

MAX_BYTES = 4_096


def seeds() -> Iterator[bytes]:
    """Yield what is said inside, and blobs with padding."""
    for said in hexes("pairing"):
        yield said
        if 0 < len(said) < 900:
            yield from (encode_blob(kind, said) for kind in BlobKind)


def take(data: bytes) -> None:
    """Read it as a blob, as a blob without its padding, and as what one opens to."""
    for blob in (data, _padded(data)):
        try:
            kind, payload = decode_blob_untrusted(blob)
            assert encode_blob(kind, payload) == blob
        except Malformed:
            pass
    try:
        number, said = decode_said_untrusted(data)
        assert encode_said(number, said) == data
    except (Malformed, LimitExceeded):
        pass


def _padded(data: bytes) -> bytes:
    return pad_blob(data) if len(data) <= MAX_BYTES else data
