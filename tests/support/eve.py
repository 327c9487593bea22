"""Eve's own signer: real keys, real signatures, and a lie in any field she likes.

She needs no program of ours. `forge` writes a header field by field, signs it for real
and returns the bytes; everything that honest code checks before it writes is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from envlsp.crypto import signing
from envlsp.crypto.primitives import SigningKey
from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import Header, Release, Unknown
from envlsp.wire import canonical
from envlsp.wire.records import encode_header

FIELDS: Final = ("v", "team", "type", "author", "seq", "height", "parents", "epoch", "body_hash", "pub")
"""The places of a header."""


def header_bytes(header: Header, lies: Mapping[str, canonical.Value]) -> bytes:
    """Return the header with some fields replaced, in any shape."""
    known = replace(header, pub=Release(TEAM_SCOPE)) if isinstance(header.pub, Unknown) else header
    fields = canonical.decode_untrusted(encode_header(known), limit_bytes=1 << 22)
    assert isinstance(fields, list)
    if isinstance(header.pub, Unknown):
        fields[FIELDS.index("type")], fields[FIELDS.index("pub")] = header.type, []
    for name, value in lies.items():
        fields[FIELDS.index(name)] = value
    return canonical.encode(fields)


def forge(
    key: SigningKey,
    header: Header,
    body: bytes = b"",
    *,
    purpose: signing.Purpose = "rec",
    sig: bytes | None = None,
    lies: Mapping[str, canonical.Value] | None = None,
) -> bytes:
    """Return the bytes of a record that says whatever Eve wants it to say.

    Args:
        key: what it is signed with; the header may name another author.
        header: what it says, but for its `body_hash`, which is made to fit.
        body: as it stands in the record, sealed or not.
        purpose: what the signature is made for.
        sig: used instead of a signature.
        lies: fields of the header by name, over what `header` says.
    """
    hdr = header_bytes(replace(header, body_hash=signing.body_hash(body)), lies or {})
    made = signing.sign(key, purpose, signing.record_id(hdr)) if sig is None else sig
    return canonical.encode([hdr, body, made])


def flipped(raw: bytes, place: int, flip: int = 1) -> bytes:
    """Return the bytes with one of them changed."""
    altered = bytearray(raw)
    altered[place % len(raw)] ^= flip
    return bytes(altered)
