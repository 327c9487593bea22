"""Links, and what is said to who knows nobody yet (E.2, E.4): a chat's text, a lurker's blobs.

As plaintext; as sealed and signed by somebody who has the link, so that the search gets
past the seals; and as the texts that people paste.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from envlsp.crypto.introductions import Claim, open_card, open_knock, open_request
from envlsp.crypto.labels import kdf
from envlsp.crypto.primitives import box_key, seal_box, seal_to, signing_key
from envlsp.crypto.rendezvous import fill
from envlsp.domain.ids import DevicePk, RecordId, TeamId
from envlsp.errors import BadSignature, BadText, CannotOpen, LimitExceeded, Malformed
from envlsp.wire.introductions import (
    decode_card_untrusted,
    decode_knock_untrusted,
    decode_request_untrusted,
    encode_knock,
    encode_said,
    from_link_text_untrusted,
    to_link_text,
)
from envlsp.wire.replicas import from_pairing_text_untrusted, to_pairing_text
from envlsp.wire.signaling_messages import RoomId
from tests.fuzz.seeds import hexes
from tests.support.vectors import read

OWN, OWN_BOX = signing_key(b"o" * 32).public, box_key(b"o" * 32)
LINK_KEY = signing_key(b"l" * 32)
CLAIM = Claim(TeamId(b"\xaa" * 32), RecordId(b"\xbb" * 32), DevicePk(LINK_KEY.public))
ROOM = RoomId(b"r" * 16)
MAX_BYTES = 2_048


def seeds() -> Iterator[bytes]:
    """Yield links, pairing strings, and what is said, open and sealed."""
    vectors = json.loads(read("links"))
    yield from (case["text"].encode() for case in vectors["links"])
    yield from hexes("links", "plain", "blob")
    yield from (line.encode() for line in _texts(json.loads(read("text"))) if line.startswith("rp1"))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def take(data: bytes) -> None:
    """Read it as everything that it could be."""
    _take_texts(data.decode("utf-8", "replace"))
    _take_plain(data)
    blobs = [data]
    if len(data) < 512:
        blobs += [
            seal_to(fill(data, 48), OWN_BOX.public),
            seal_box(fill(data, 40), kdf(CLAIM.inv_pk, "beacon")),
        ]
    for blob in blobs:
        _take_blob(blob)


def _take_texts(text: str) -> None:
    try:
        assert to_link_text(from_link_text_untrusted(text)) == text.strip().lower()
    except BadText:
        pass
    try:
        assert to_pairing_text(from_pairing_text_untrusted(text)) == text.strip().lower()
    except BadText:
        pass


def _take_plain(data: bytes) -> None:
    try:
        knock, signature = decode_knock_untrusted(data)
        assert encode_knock(knock, signature) == data
    except (Malformed, LimitExceeded):
        pass
    for decode in (decode_card_untrusted, decode_request_untrusted):
        try:
            said, signature = decode(data)
            assert encode_said(said, signature) == data
        except (Malformed, LimitExceeded):
            pass


def _take_blob(blob: bytes) -> None:
    ways: tuple[Callable[[], object], ...] = (
        lambda: open_knock(blob, CLAIM, ROOM),
        lambda: open_card(blob, OWN_BOX, own=OWN, team=None),
        lambda: open_request(blob, OWN_BOX, own=OWN, team=CLAIM.team),
    )
    for way in ways:
        try:
            way()
        except (CannotOpen, BadSignature, Malformed, LimitExceeded):
            pass
