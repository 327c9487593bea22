"""The door to PyNaCl: both ways through it are the same."""

from __future__ import annotations

import subprocess
import sys

import nacl.exceptions
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings

from envlsp.crypto import primitives
from envlsp.errors import BadSignature, CannotOpen
from tests.support.samples import fixed, sealed_with

KEY, OTHER = fixed("key"), fixed("other key")
ALICE = primitives.box_key(fixed("alice"))


@pytest.fixture(params=["direct", "bindings"])
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Go straight to the library, or through the public bindings."""
    if request.param == "bindings":
        monkeypatch.setattr(primitives, "_direct", lambda: None)
    else:
        assert primitives._direct() is not None, "this PyNaCl hides its library: look again"
    return str(request.param)


def test_boxes(door: str) -> None:
    for plain in (b"", b"x", bytes(70_000)):
        box = primitives.seal_box(plain, KEY)
        assert primitives.open_box(box, KEY) == plain
        for altered in (box[:-1] + bytes((box[-1] ^ 1,)), box[:39], b"", bytes(40)):
            with pytest.raises(CannotOpen):
                primitives.open_box(altered, KEY)
        with pytest.raises(CannotOpen):
            primitives.open_box(box, OTHER)


def test_rows(door: str) -> None:
    for plain in (b"", b"x", bytes(70_000)):
        row = primitives.seal_row(plain, KEY, b"context")
        assert primitives.open_row(row, KEY, b"context") == plain
        places = (
            (row, OTHER, b"context"),
            (row, KEY, b""),
            (row[:-1], KEY, b"context"),
            (row[:39], KEY, b""),
        )
        for altered, key, context in places:
            with pytest.raises(CannotOpen):
                primitives.open_row(altered, key, context)


def test_seals(door: str) -> None:
    sealed = primitives.seal_to(b"secret", ALICE.public)
    assert len(sealed) == 6 + primitives.SEAL_OVERHEAD_BYTES
    assert primitives.open_seal(sealed, ALICE) == b"secret"
    for altered in (b"", sealed[:47], sealed[:-1], bytes(len(sealed))):
        with pytest.raises(CannotOpen):
            primitives.open_seal(altered, ALICE)
    with pytest.raises(CannotOpen):
        primitives.open_seal(sealed, primitives.box_key(OTHER))


def test_a_seal_for_vectors_is_libsodiums(door: str) -> None:
    assert primitives.open_seal(sealed_with(OTHER, b"secret", ALICE.public), ALICE) == b"secret"


def test_keys_of_a_seed(door: str) -> None:
    sign, box = primitives.signing_key(KEY), primitives.box_key(KEY)
    assert (sign.public, sign.secret.reveal()) == bindings.crypto_sign_seed_keypair(KEY)
    assert (box.public, box.secret.reveal()) == bindings.crypto_box_seed_keypair(KEY)


def test_a_key_of_another_size_never_reaches_the_library() -> None:
    box = primitives.seal_box(b"x", KEY)
    for short in (b"", KEY[:31], KEY + b"\0"):
        with pytest.raises(ValueError, match="32 bytes"):
            primitives.open_box(box, short)
        with pytest.raises(ValueError, match="32 bytes"):
            primitives.open_row(box, short, b"")
        with pytest.raises(ValueError, match="32 bytes"):
            primitives.signing_key(short)
        with pytest.raises(ValueError, match="32 bytes"):
            primitives.box_key(short)


@given(st.binary(max_size=600), st.sampled_from([16, 256, 1024]))
def test_padding_is_libsodiums(plain: bytes, block: int) -> None:
    padded = primitives.pad(plain, block)
    assert padded == bindings.sodium_pad(plain, block)
    assert primitives.unpad(padded, block) == plain == bindings.sodium_unpad(padded, block)


@given(st.binary(max_size=64), st.sampled_from([16, 32]))
def test_any_bytes_are_padding_or_not_as_for_libsodium(padded: bytes, block: int) -> None:
    try:
        plain = primitives.unpad(padded, block)
    except CannotOpen:
        return
    assert primitives.pad(plain, block) == padded


def test_signatures() -> None:
    key = primitives.signing_key(KEY)
    sig = primitives.sign_bytes(b"message", key)
    primitives.check_bytes(b"message", sig, key.public)
    for message, bad in ((b"massage", sig), (b"message", bytes(64)), (b"message", sig[:63])):
        with pytest.raises(BadSignature):
            primitives.check_bytes(message, bad, key.public)
    with pytest.raises(BadSignature):
        primitives.check_bytes(b"message", sig, b"")


def test_every_small_order_key_is_one_that_libsodium_cannot_seal_to() -> None:
    for public in primitives.SMALL_ORDER_X25519:
        assert not primitives.is_valid_x25519(public)
        with pytest.raises(nacl.exceptions.RuntimeError):
            bindings.crypto_box_seal(b"x", public)
    assert primitives.is_valid_x25519(ALICE.public)
    assert not primitives.is_valid_x25519(b"\xff" * 32)
    assert not primitives.is_valid_x25519(ALICE.public[:31])


def test_secrets_of_keys_do_not_show() -> None:
    for key in (ALICE, primitives.signing_key(KEY)):
        assert repr(key.secret.reveal()) not in repr(key)
    exchange = primitives.exchange_key(KEY)
    assert repr(exchange.secret) not in repr(exchange)


def test_what_run_needs_does_not_import_the_bindings() -> None:
    """They cost as much as everything else that `envlsp run` does."""
    code = (
        "import sys\n"
        "from envlsp.crypto import envelope, primitives\n"
        "from envlsp.crypto.device import device_keys\n"
        "from envlsp.crypto.epochs import Keyring\n"
        "keys = device_keys(bytes(32), bytes(32))\n"
        "for call in (lambda: primitives.open_box(bytes(80), bytes(32)),\n"
        "             lambda: primitives.open_row(bytes(80), bytes(32), b''),\n"
        "             lambda: primitives.open_seal(bytes(80), keys.box)):\n"
        "    try: call()\n"
        "    except primitives.CannotOpen: pass\n"
        "print(sorted({'nacl.bindings', 'mnemonic', 'bech32'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
