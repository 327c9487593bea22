"""What a CI machine is given as text (E.5): a bundle, keys, and its own file of what it has seen."""

from __future__ import annotations

import json
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

from envlsp.crypto.primitives import box_key
from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.errors import BadText, StoreCorrupt, TrustError
from envlsp.service.ci import pins
from envlsp.service.ci.applying import apply
from envlsp.service.ci.keys import (
    SECRET_PREFIX,
    from_key_text,
    from_secret,
    from_signer_text,
    key_text,
    signer_text,
)
from envlsp.service.ci.pins import Pins, read_pins, write_pins
from envlsp.store.files import write_whole
from envlsp.store.home import Home
from envlsp.wire.text import to_text
from tests.fuzz.seeds import hexes
from tests.support.vectors import read

_FOLDER = tempfile.TemporaryDirectory(prefix="envlsp-fuzz-")
HOME = Home(_FOLDER.name)
SIGNER = DevicePk(b"s" * 32)
KEY = box_key(b"c" * 32)
PINS = str(pins._path(HOME, KEY.public))
write_pins(HOME, KEY.public, Pins(SIGNER))
_GOOD = Path(PINS).read_bytes()
MAX_BYTES = 2_048


def seeds() -> Iterator[bytes]:
    """Yield bundles as text, whole and with line ends, and every kind of key."""
    cases = json.loads(read("bundle"))["cases"]
    for bundle in hexes("bundle", "bundle"):
        yield b64encode(bundle)
        yield b64encode(bundle)[:76] + b"\r\n" + b64encode(bundle)[76:]
    for case in cases:
        yield (
            to_text(SECRET_PREFIX, bytes.fromhex(case["seed"])).encode() if "seed" in case else b"ci-secret1"
        )
    yield key_text(BoxPk(KEY.public)).encode()
    yield signer_text(SIGNER).encode()
    yield b"\x94\xa7ci-pins\x01\xc4 " + SIGNER + b"\x91\x94\xa4shop\xa3api\xa4prod\x07"


def take(data: bytes) -> None:
    """Read it as everything that it could be; nothing that is refused is repeated."""
    text = data.decode("ascii", "replace")
    ways: tuple[Callable[[], object], ...] = (
        lambda: apply(data, KEY, HOME, now=0.0),
        lambda: from_secret(text),
        lambda: from_key_text(text),
        lambda: from_signer_text(text),
    )
    for way in ways:
        said = ""
        try:
            way()
        except (TrustError, BadText) as error:
            said = f"{error} {error.fix}"
        assert len(data) < 40 or text not in said
    _take_file(data)


def _take_file(data: bytes) -> None:
    """What lies where the last number of each environment is kept."""
    write_whole(PINS, data, durable=False)
    try:
        read_pins(HOME, KEY.public)
    except StoreCorrupt:
        pass
    write_whole(PINS, _GOOD, durable=False)
