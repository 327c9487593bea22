"""Opened bodies and layouts (B.4, B.8): what a teammate's device has sealed, whatever it runs."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.domain.layout import render
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.bodies import decode_body_untrusted
from envlsp.wire.canonical import encode
from envlsp.wire.layout import decode_layout_untrusted, encode_layout
from envlsp.wire.releases import RELEASE_BODY, decode_release_body_untrusted
from tests.fuzz.seeds import hexes

MAX_BYTES = 4_096
_RELEASE, _LAYOUT = 250, 251


def seeds() -> Iterator[bytes]:
    """Yield bodies behind the number of their type, and layouts."""
    for kind in range(22):
        for plain in hexes("bodies", "plain"):
            yield bytes((kind,)) + plain
    for plain in hexes("bodies", "plain"):
        yield bytes((_RELEASE,)) + plain
    for layout in hexes("layouts", "bytes"):
        yield bytes((_LAYOUT,)) + layout


def take(data: bytes) -> None:
    """Read a body of the type that the first byte names."""
    if not data:
        return
    kind, plain = data[0], data[1:]
    try:
        if kind == _RELEASE:
            body = decode_release_body_untrusted(plain)
            assert encode(RELEASE_BODY.dump(body)) == plain
        elif kind == _LAYOUT:
            _fill(plain)
        else:
            decode_body_untrusted(kind, plain)
    except (Malformed, LimitExceeded):
        pass


def _fill(plain: bytes) -> None:
    """A file made of any layout gives the values it is filled with, and no others."""
    layout = decode_layout_untrusted(plain)
    assert encode_layout(layout) == plain
    names = [part for part in layout.parts if not isinstance(part, bytes)]
    values = {SecretName(name): SecretText(b"x") for name in names}
    render(Snapshot(values, layout), "python")
