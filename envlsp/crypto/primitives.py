"""The only door to PyNaCl: thin, typed, and every failure is one of ours.

Refuses to know what a key is for: that is `labels` and the modules above. Nonces
are drawn here.

Libsodium is called through `nacl.bindings`, except for the few functions that
`envlsp run` needs, since importing the bindings costs as much as everything else it
does, and for those that use a long-lived key, which they take from its `SecretBuffer`
without a copy. Those go straight to the library inside PyNaCl (`_direct`), or through
the bindings where that private door is closed. Keys are named tuples for the same
reason: loading `dataclasses` takes longer than opening every value.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from nacl.exceptions import CryptoError

from envlsp.crypto.memory import Key, SecretBuffer, exposed, library
from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.errors import BadSignature, CannotOpen

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 24
MAC_BYTES: Final = 16
SEAL_OVERHEAD_BYTES: Final = 48  # an ephemeral public key and a tag
BOX_OVERHEAD_BYTES: Final = NONCE_BYTES + MAC_BYTES
SIGNATURE_BYTES: Final = 64

SMALL_ORDER_X25519: Final = frozenset(
    bytes.fromhex(text)
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)
"""Points of small order on Curve25519: `crypto_box_seal` fails on them, so one in a
grant would break every later rotation. The list is part of the protocol, not of the library."""


if TYPE_CHECKING:
    from nacl import bindings as sodium
else:

    class _Bindings:
        """`nacl.bindings`, imported at first use."""

        def __getattr__(self, name: str) -> Any:
            return getattr(importlib.import_module("nacl.bindings"), name)

    sodium = _Bindings()


class _Direct(NamedTuple):
    """The library inside PyNaCl: private to it, so believed in only after a look.

    It reads as many bytes as it expects and checks no length: every caller does.
    """

    ffi: Any
    lib: Any

    def open(self, function: Any, size: int, *args: object) -> bytes:
        """Return the `size` bytes that `function` writes through its first argument.

        Raises:
            CannotOpen: it says that they are not genuine.
        """
        out = self.ffi.new("unsigned char[]", size + 1)  # never empty
        if function(out, *args) != 0:
            raise CannotOpen
        plain: bytes = self.ffi.buffer(out, size)[:]
        self.lib.sodium_memzero(out, size)
        return plain

    def seal(self, function: Any, size: int, *args: object) -> bytes:
        """Return the `size` bytes that `function` writes through its first argument."""
        out = self.ffi.new("unsigned char[]", size)
        if function(out, *args) != 0:  # nothing that a caller can mend
            raise RuntimeError("libsodium refused to seal")
        sealed: bytes = self.ffi.buffer(out, size)[:]
        return sealed

    def pair(self, function: Any, seed: Key, secret_bytes: int) -> tuple[bytes, bytes]:
        """Return the public and the secret key that `function` makes of a seed."""
        out = self.ffi.new("unsigned char[]", KEY_BYTES + secret_bytes)
        function(out, out + KEY_BYTES, _sized(seed, KEY_BYTES))
        public, secret = (
            bytes(self.ffi.buffer(out, KEY_BYTES)),
            self.ffi.buffer(out + KEY_BYTES, secret_bytes)[:],
        )
        self.lib.sodium_memzero(out, KEY_BYTES + secret_bytes)
        return public, secret


_DIRECT_FUNCTIONS: Final = (
    "crypto_secretbox_open_easy",
    "crypto_aead_xchacha20poly1305_ietf_decrypt",
    "crypto_box_seal_open",
    "crypto_sign_seed_keypair",
    "crypto_box_seed_keypair",
    "crypto_secretbox_easy",
    "crypto_aead_xchacha20poly1305_ietf_encrypt",
    "crypto_box_seal",
    "crypto_sign",
)


@cache
def _direct() -> _Direct | None:
    """Return the library if this PyNaCl has it, and all we need of it, where we know it to be."""
    inside = library()
    if inside is None or not all(hasattr(inside.lib, name) for name in _DIRECT_FUNCTIONS):
        return None
    return _Direct(*inside)


def _sized(key: Key, size: int) -> Any:
    """Return a key as the library reads it: without a length, so it is checked here."""
    if len(key) != size:
        raise ValueError(f"a key of {size} bytes is expected")
    return key.raw if isinstance(key, SecretBuffer) else key


def _raw(data: Key) -> Any:
    return data.raw if isinstance(data, SecretBuffer) else data


def random_bytes(size: int) -> bytes:
    """Return `size` bytes from the operating system's generator."""
    return os.urandom(size)


# --- sealed values ---------------------------------------------------------------------------


def seal_box(plain: Key, key: Key) -> bytes:
    """Return `nonce24 ‖ secretbox(plain)` under a fresh random nonce."""
    nonce = random_bytes(NONCE_BYTES)
    if direct := _direct():
        args = (_raw(plain), len(plain), nonce, _sized(key, KEY_BYTES))
        return nonce + direct.seal(direct.lib.crypto_secretbox_easy, len(plain) + MAC_BYTES, *args)
    return nonce + sodium.crypto_secretbox(exposed(plain), nonce, exposed(key))


def open_box(box: bytes, key: Key) -> bytes:
    """Return what `seal_box` sealed.

    Raises:
        CannotOpen: wrong key, wrong place or altered bytes.
    """
    if len(box) < BOX_OVERHEAD_BYTES:
        raise CannotOpen
    nonce, sealed, size = box[:NONCE_BYTES], box[NONCE_BYTES:], len(box) - BOX_OVERHEAD_BYTES
    if direct := _direct():
        args = (sealed, len(sealed), nonce, _sized(key, KEY_BYTES))
        return direct.open(direct.lib.crypto_secretbox_open_easy, size, *args)
    try:
        return sodium.crypto_secretbox_open(sealed, nonce, exposed(key))
    except CryptoError:
        raise CannotOpen from None


def seal_row(plain: bytes, key: Key, context: bytes) -> bytes:
    """Return `nonce24 ‖ XChaCha20-Poly1305(plain)` bound to `context` (associated data)."""
    nonce = random_bytes(NONCE_BYTES)
    if direct := _direct():
        null = direct.ffi.NULL
        args = (null, plain, len(plain), context, len(context), null, nonce, _sized(key, KEY_BYTES))
        function = direct.lib.crypto_aead_xchacha20poly1305_ietf_encrypt
        return nonce + direct.seal(function, len(plain) + MAC_BYTES, *args)
    sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, context, nonce, exposed(key))
    return nonce + sealed


def open_row(row: bytes, key: Key, context: bytes) -> bytes:
    """Return what `seal_row` sealed under the same context.

    Raises:
        CannotOpen: wrong key, wrong place or altered bytes.
    """
    if len(row) < BOX_OVERHEAD_BYTES:
        raise CannotOpen
    nonce, sealed, size = row[:NONCE_BYTES], row[NONCE_BYTES:], len(row) - BOX_OVERHEAD_BYTES
    if direct := _direct():
        null = direct.ffi.NULL
        args = (null, null, sealed, len(sealed), context, len(context), nonce, _sized(key, KEY_BYTES))
        return direct.open(direct.lib.crypto_aead_xchacha20poly1305_ietf_decrypt, size, *args)
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, context, nonce, exposed(key))
    except CryptoError:
        raise CannotOpen from None


def pad(plain: bytes, block_bytes: int) -> bytes:
    """Return `plain` padded as `sodium_pad` does: 0x80, zeros, to a multiple of `block_bytes`."""
    return plain + b"\x80" + bytes(-(len(plain) + 1) % block_bytes)


def unpad(padded: bytes, block_bytes: int) -> bytes:
    """Return what was padded. Only ever done inside a box that opened, so time tells nothing.

    Raises:
        CannotOpen: that is no padding.
    """
    plain = padded.rstrip(b"\0")
    if len(padded) % block_bytes or plain[-1:] != b"\x80" or len(padded) - len(plain) >= block_bytes:
        raise CannotOpen
    return plain[:-1]


# --- signing ---------------------------------------------------------------------------------


class SigningKey(NamedTuple):
    """An Ed25519 key: its 32-byte public half and libsodium's 64-byte secret form."""

    public: DevicePk
    secret: SecretBuffer

    def __repr__(self) -> str:
        return "SigningKey(••••••)"


def signing_key(seed: Key) -> SigningKey:
    """Return the Ed25519 key of a 32-byte seed."""
    if direct := _direct():
        public, secret = direct.pair(direct.lib.crypto_sign_seed_keypair, seed, 64)
    else:
        public, secret = sodium.crypto_sign_seed_keypair(exposed(seed))
    return SigningKey(DevicePk(public), SecretBuffer.taken(secret))


def sign_bytes(message: bytes, key: SigningKey) -> bytes:
    """Return the 64-byte detached signature of `message`."""
    if direct := _direct():
        null, secret = direct.ffi.NULL, _sized(key.secret, SIGNATURE_BYTES)
        size = SIGNATURE_BYTES + len(message)
        return direct.seal(direct.lib.crypto_sign, size, null, message, len(message), secret)[
            :SIGNATURE_BYTES
        ]
    return sodium.crypto_sign(message, key.secret.reveal())[:SIGNATURE_BYTES]


def check_bytes(message: bytes, signature: bytes, public: bytes) -> None:
    """Check a detached signature, by libsodium's rules alone.

    Raises:
        BadSignature: it does not verify.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise BadSignature
    try:
        sodium.crypto_sign_open(signature + message, public)
    except (CryptoError, ValueError):
        raise BadSignature from None


def is_valid_ed25519(public: bytes) -> bool:
    """Return whether this is a canonical point of the main subgroup."""
    return len(public) == KEY_BYTES and bool(sodium.crypto_core_ed25519_is_valid_point(public))


def is_valid_x25519(public: bytes) -> bool:
    """Return whether this is a canonical X25519 key that is not of small order."""
    if len(public) != KEY_BYTES or public in SMALL_ORDER_X25519:
        return False
    return int.from_bytes(public, "little") < 2**255 - 19


# --- keys of a device ------------------------------------------------------------------------


class BoxKey(NamedTuple):
    """An X25519 key pair."""

    public: BoxPk
    secret: SecretBuffer

    def __repr__(self) -> str:
        return "BoxKey(••••••)"


def box_key(seed: Key) -> BoxKey:
    """Return the X25519 key of a 32-byte seed."""
    if direct := _direct():
        public, secret = direct.pair(direct.lib.crypto_box_seed_keypair, seed, KEY_BYTES)
    else:
        public, secret = sodium.crypto_box_seed_keypair(exposed(seed))
    return BoxKey(BoxPk(public), SecretBuffer.taken(secret))


def seal_to(plain: Key, public: bytes) -> bytes:
    """Return `crypto_box_seal(plain)`: 48 bytes longer, readable by that key alone."""
    if direct := _direct():
        args = (_raw(plain), len(plain), _sized(public, KEY_BYTES))
        return direct.seal(direct.lib.crypto_box_seal, len(plain) + SEAL_OVERHEAD_BYTES, *args)
    return sodium.crypto_box_seal(exposed(plain), public)


def open_seal(sealed: bytes, key: BoxKey) -> bytes:
    """Return what was sealed to this key.

    Raises:
        CannotOpen: sealed to another key, or altered.
    """
    if len(sealed) < SEAL_OVERHEAD_BYTES:
        raise CannotOpen
    if direct := _direct():
        size = len(sealed) - SEAL_OVERHEAD_BYTES
        pair = _sized(key.public, KEY_BYTES), _sized(key.secret, KEY_BYTES)
        return direct.open(direct.lib.crypto_box_seal_open, size, sealed, len(sealed), *pair)
    try:
        return sodium.crypto_box_seal_open(sealed, key.public, key.secret.reveal())
    except (CryptoError, ValueError):
        raise CannotOpen from None


# --- sessions --------------------------------------------------------------------------------


class ExchangeKey(NamedTuple):
    """An ephemeral key pair for crypto_kx."""

    public: bytes
    secret: bytes

    def __repr__(self) -> str:
        return "ExchangeKey(••••••)"


def exchange_key(seed: bytes | None = None) -> ExchangeKey:
    """Return a fresh key pair, or that of a 32-byte seed (for vectors)."""
    public, secret = sodium.crypto_kx_seed_keypair(seed) if seed else sodium.crypto_kx_keypair()
    return ExchangeKey(public, secret)


def exchange_client(own: ExchangeKey, peer_public: bytes) -> tuple[bytes, bytes]:
    """Return `(rx, tx)` of crypto_kx's client side: side A of a handshake.

    Raises:
        CannotOpen: the peer's key is not acceptable.
    """
    try:
        return sodium.crypto_kx_client_session_keys(own.public, own.secret, peer_public)
    except (CryptoError, ValueError):
        raise CannotOpen from None


def exchange_server(own: ExchangeKey, peer_public: bytes) -> tuple[bytes, bytes]:
    """Return `(rx, tx)` of crypto_kx's server side: side B of a handshake.

    Raises:
        CannotOpen: the peer's key is not acceptable.
    """
    try:
        return sodium.crypto_kx_server_session_keys(own.public, own.secret, peer_public)
    except (CryptoError, ValueError):
        raise CannotOpen from None


class StreamWriter:
    """One direction of `crypto_secretstream_xchacha20poly1305`: what we send."""

    def __init__(self, key: bytes) -> None:
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        self.header = sodium.crypto_secretstream_xchacha20poly1305_init_push(self._state, key)

    def seal(self, plain: bytes) -> bytes:
        """Return the next message of the stream, 17 bytes longer."""
        return sodium.crypto_secretstream_xchacha20poly1305_push(self._state, plain)

    def rekey(self) -> None:
        """Forget the key of everything sent so far; the peer must do it at the same message."""
        sodium.crypto_secretstream_xchacha20poly1305_rekey(self._state)


class StreamReader:
    """One direction of `crypto_secretstream_xchacha20poly1305`: what we receive."""

    def __init__(self, header: bytes, key: bytes) -> None:
        """Start reading.

        Raises:
            CannotOpen: that is no stream header.
        """
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        try:
            sodium.crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, key)
        except (CryptoError, ValueError):
            raise CannotOpen from None

    def open(self, box: bytes) -> bytes:
        """Return the next message; a lost, repeated or reordered one does not open.

        Raises:
            CannotOpen: altered bytes, or not the next message.
        """
        try:
            plain, _tag = sodium.crypto_secretstream_xchacha20poly1305_pull(self._state, box)
        except (CryptoError, ValueError, RuntimeError):
            raise CannotOpen from None
        return plain

    def rekey(self) -> None:
        """Forget the key of everything received so far."""
        sodium.crypto_secretstream_xchacha20poly1305_rekey(self._state)


# --- passphrases -----------------------------------------------------------------------------

ARGON2_SALT_BYTES: Final = 16


def stretch(passphrase: bytes, salt: bytes, *, operations: int, memory_bytes: int) -> bytes:
    """Return 32 bytes of Argon2id. Takes half a second by design: never on an event loop."""
    return sodium.crypto_pwhash_alg(
        KEY_BYTES, passphrase, salt, operations, memory_bytes, sodium.crypto_pwhash_ALG_ARGON2ID13
    )
