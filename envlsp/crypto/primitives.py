"""The only door to PyNaCl: thin, typed, and every failure is one of ours.

Refuses to know what a key is for: that is `labels` and the modules above.
Libsodium is called through `nacl.bindings`; nonces are drawn here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

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


def random_bytes(size: int) -> bytes:
    """Return `size` bytes from the operating system's generator."""
    return sodium.randombytes(size)


# --- sealed values ---------------------------------------------------------------------------


def seal_box(plain: bytes, key: bytes) -> bytes:
    """Return `nonce24 ‖ secretbox(plain)` under a fresh random nonce."""
    nonce = sodium.randombytes(NONCE_BYTES)
    return nonce + sodium.crypto_secretbox(plain, nonce, key)


def open_box(box: bytes, key: bytes) -> bytes:
    """Return what `seal_box` sealed.

    Raises:
        CannotOpen: wrong key, wrong place or altered bytes.
    """
    if len(box) < BOX_OVERHEAD_BYTES:
        raise CannotOpen
    try:
        return sodium.crypto_secretbox_open(box[NONCE_BYTES:], box[:NONCE_BYTES], key)
    except CryptoError:
        raise CannotOpen from None


def seal_row(plain: bytes, key: bytes, context: bytes) -> bytes:
    """Return `nonce24 ‖ XChaCha20-Poly1305(plain)` bound to `context` (associated data)."""
    nonce = sodium.randombytes(NONCE_BYTES)
    return nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, context, nonce, key)


def open_row(row: bytes, key: bytes, context: bytes) -> bytes:
    """Return what `seal_row` sealed under the same context.

    Raises:
        CannotOpen: wrong key, wrong place or altered bytes.
    """
    if len(row) < BOX_OVERHEAD_BYTES:
        raise CannotOpen
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            row[NONCE_BYTES:], context, row[:NONCE_BYTES], key
        )
    except CryptoError:
        raise CannotOpen from None


def pad(plain: bytes, block_bytes: int) -> bytes:
    """Return `plain` padded as `sodium_pad` does, to a multiple of `block_bytes`."""
    return sodium.sodium_pad(plain, block_bytes)


def unpad(padded: bytes, block_bytes: int) -> bytes:
    """Return what was padded.

    Raises:
        CannotOpen: that is no padding.
    """
    try:
        return sodium.sodium_unpad(padded, block_bytes)
    except CryptoError:
        raise CannotOpen from None


# --- signing ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """An Ed25519 key: its 32-byte public half and libsodium's 64-byte secret form."""

    public: DevicePk
    secret: bytes


def signing_key(seed: bytes) -> SigningKey:
    """Return the Ed25519 key of a 32-byte seed."""
    public, secret = sodium.crypto_sign_seed_keypair(seed)
    return SigningKey(DevicePk(public), secret)


def sign_bytes(message: bytes, key: SigningKey) -> bytes:
    """Return the 64-byte detached signature of `message`."""
    return sodium.crypto_sign(message, key.secret)[:SIGNATURE_BYTES]


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


@dataclass(frozen=True, slots=True, repr=False)
class BoxKey:
    """An X25519 key pair."""

    public: BoxPk
    secret: bytes


def box_key(seed: bytes) -> BoxKey:
    """Return the X25519 key of a 32-byte seed."""
    public, secret = sodium.crypto_box_seed_keypair(seed)
    return BoxKey(BoxPk(public), secret)


def seal_to(plain: bytes, public: bytes) -> bytes:
    """Return `crypto_box_seal(plain)`: 48 bytes longer, readable by that key alone."""
    return sodium.crypto_box_seal(plain, public)


def open_seal(sealed: bytes, key: BoxKey) -> bytes:
    """Return what was sealed to this key.

    Raises:
        CannotOpen: sealed to another key, or altered.
    """
    try:
        return sodium.crypto_box_seal_open(sealed, key.public, key.secret)
    except (CryptoError, ValueError):
        raise CannotOpen from None


# --- sessions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class ExchangeKey:
    """An ephemeral key pair for crypto_kx."""

    public: bytes
    secret: bytes


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
