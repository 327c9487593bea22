"""Requests and welcomes (E.3): a text and a file that somebody brings, from whoever gave it to them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from envlsp.crypto.primitives import box_key, seal_box, seal_to
from envlsp.crypto.requests import check_request_untrusted, open_welcome_untrusted, request_words
from envlsp.errors import BadSignature, BadText, CannotOpen, LimitExceeded, Malformed, RecordRefused
from envlsp.wire.requests import (
    REQUEST_PREFIX,
    SealedWelcome,
    decode_welcome_content_untrusted,
    decode_welcome_untrusted,
    encode_welcome,
    encode_welcome_content,
)
from envlsp.wire.text import from_text, to_text
from tests.fuzz.seeds import hexes
from tests.support.vectors import read

OWN = box_key(b"n" * 32)
_KEY = b"k" * 32
MAX_BYTES = 4_096
_TEXT, _REQUEST, _FILE, _CONTENT = range(4)


def seeds() -> Iterator[bytes]:
    """Yield requests as text and as bytes, welcomes, and what one holds."""
    for case in json.loads(read("requests"))["cases"]:
        if text := case.get("request"):
            yield bytes((_TEXT,)) + text.encode()
            try:
                yield bytes((_REQUEST,)) + from_text(REQUEST_PREFIX, text)
            except BadText:
                pass
    for found in hexes("requests"):
        yield bytes((_FILE,)) + found
        yield bytes((_CONTENT,)) + found
    for run in (b"\0\0\0\1x", b"\0\0\0\0", b"\0\0\0\2x", b"\xff" * 8):
        content = (
            b"\x94\xc4 " + b"t" * 32 + b"\x91\xa1s\xc4 " + b"g" * 32 + b"\xc4" + bytes((len(run),)) + run
        )
        yield bytes((_CONTENT,)) + content


def take(data: bytes) -> None:
    """Read it as what the first byte says; what a welcome holds, as sealed by its maker too."""
    if not data:
        return
    kind, rest = data[0] % 4, data[1:]
    if kind in (_TEXT, _REQUEST):
        text = rest.decode("utf-8", "replace") if kind == _TEXT else to_text(REQUEST_PREFIX, rest)
        try:
            request = check_request_untrusted(text)
            assert request.name.isprintable()
            assert len(request_words(request)) == 5
        except (BadText, RecordRefused, BadSignature):
            pass
        return
    try:
        if kind == _FILE:
            assert encode_welcome(decode_welcome_untrusted(rest)) == rest
        file = (
            rest if kind == _FILE else encode_welcome(SealedWelcome(seal_to(_KEY, OWN.public), _boxed(rest)))
        )
        _, welcome = open_welcome_untrusted(file, [OWN])
        assert all(welcome.records)
    except (Malformed, LimitExceeded, CannotOpen):
        pass
    try:
        assert encode_welcome_content(decode_welcome_content_untrusted(rest)) == rest
    except (Malformed, LimitExceeded):
        pass


def _boxed(content: bytes) -> bytes:
    return seal_box(content, _KEY)
