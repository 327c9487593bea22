"""What opens device.key: a passphrase, a key file, or the operating system's keyring.

Each gives a secret, and the secret the key that seals the file (KEK). Which one it is
stands in the file's header, in clear: claims, until the file has been opened with them.
Refuses to know what is sealed, and to ask anybody for a passphrase (PROTOCOL H).
"""

from __future__ import annotations

import os
from enum import IntEnum
from typing import Final, NamedTuple

from envlsp.crypto.labels import kdf
from envlsp.crypto.memory import SecretBuffer, wipe
from envlsp.crypto.primitives import ARGON2_SALT_BYTES, KEY_BYTES, random_bytes, stretch
from envlsp.errors import KeyFileError, Locked
from envlsp.store.files import check_private, write_whole
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import KIB

MAX_BYTES: Final = 64 * KIB
"""The longest device.key: about 600 teams."""

_MAGIC: Final = "envlsp-key"
_VERSION: Final = 1

OPERATIONS: Final = 3
MEMORY_KIB: Final = 256 * KIB
"""Argon2id at 3 passes over 256 MiB: half a second for us, and for each guess."""

# Bounds on what a header may ask for, so that a damaged one cannot eat the machine.
_OPERATIONS_MAX: Final = 16
_MEMORY_MIN_KIB: Final = 8
_MEMORY_MAX_KIB: Final = KIB * KIB


class Protection(IntEnum):
    """What opens a device's key."""

    PASSPHRASE = 1
    KEY_FILE = 2
    KEYRING = 3


class Header(NamedTuple):
    """The readable part of device.key. Claims, until the file has been opened with it."""

    protection: Protection
    operations: int
    memory_kib: int
    salt: bytes
    path: str
    """Of the key file, absolute; empty under a passphrase."""


class Wrapping(NamedTuple):
    """A protection to put on: made by `with_passphrase`, `with_key_file` or `with_keyring`."""

    header: Header
    kek: SecretBuffer

    def __repr__(self) -> str:
        return f"Wrapping({self.header.protection.name})"


def with_passphrase(
    passphrase: bytes, *, operations: int = OPERATIONS, memory_kib: int = MEMORY_KIB
) -> Wrapping:
    """Return a protection by passphrase, under a fresh salt. Takes half a second.

    Args:
        passphrase: as typed, UTF-8; not empty.
        operations: Argon2id's passes; less than the default is for tests alone.
        memory_kib: its memory; the same.
    """
    if not passphrase:
        raise Locked("an empty passphrase protects nothing", fix="type a passphrase, or use --key-file PATH")
    header = Header(Protection.PASSPHRASE, operations, memory_kib, random_bytes(ARGON2_SALT_BYTES), "")
    return Wrapping(header, _stretched(header, passphrase))


def with_key_file(path: str, *, create: bool = False) -> Wrapping:
    """Return a protection by a file of 32 bytes: whoever can read it can read everything.

    Args:
        path: where it is; remembered in device.key.
        create: make it when it is missing.

    Raises:
        KeyFileError: missing, or not 32 bytes.
        LoosePermissions: others may read it.
    """
    path = os.path.abspath(path)
    if create and not os.path.lexists(path):
        write_whole(path, random_bytes(KEY_BYTES))
    header = Header(Protection.KEY_FILE, 0, 0, bytes(ARGON2_SALT_BYTES), path)
    return Wrapping(header, _kek(_read_key_file(path)))


def with_keyring() -> Wrapping:
    """Return a protection by the operating system's keyring, which keeps the secret from now on.

    Raises:
        Locked: there is no real keyring here, or it does not answer.
    """
    from envlsp.store import os_keyring

    header = Header(Protection.KEYRING, 0, 0, random_bytes(ARGON2_SALT_BYTES), "")
    with SecretBuffer.taken(random_bytes(KEY_BYTES)) as secret:
        os_keyring.keep(header.salt.hex(), secret)
        return Wrapping(header, SecretBuffer.taken(kdf(secret, "kek")))


def kek_of(header: Header, passphrase: bytes | None, key_file: str | None) -> SecretBuffer:
    """Return what opens the file behind a header.

    Raises:
        Locked: a passphrase is needed, or the keyring gives nothing.
        KeyFileError, LoosePermissions: the key file cannot be used.
    """
    if header.protection is Protection.KEY_FILE:
        return _kek(_read_key_file(key_file or header.path))
    if header.protection is Protection.KEYRING:
        from envlsp.store import os_keyring

        with os_keyring.recall(header.salt.hex()) as secret:
            return SecretBuffer.taken(kdf(secret, "kek"))
    if passphrase is None:
        raise Locked
    return _stretched(header, passphrase)


def _kek(secret: bytes) -> SecretBuffer:
    """Return the KEK of a secret, which is wiped."""
    try:
        return SecretBuffer.taken(kdf(secret, "kek"))
    finally:
        wipe(secret)


def _stretched(header: Header, passphrase: bytes) -> SecretBuffer:
    try:
        secret = stretch(
            passphrase, header.salt, operations=header.operations, memory_bytes=header.memory_kib * KIB
        )
    except (MemoryError, RuntimeError) as exc:  # what libsodium's binding raises without memory
        raise KeyFileError(f"the passphrase needs {header.memory_kib // KIB} MiB of free memory") from exc
    return _kek(secret)


def _read_key_file(path: str) -> bytes:
    try:
        check_private(path, may_be_link=True)
        with open(path, "rb") as file:
            key = file.read(KEY_BYTES + 1)
    except OSError as exc:
        raise KeyFileError(f"{path}: {exc.strerror}", fix="give its place: --key-file PATH") from exc
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"{path} does not hold {KEY_BYTES} bytes", fix="give another: --key-file PATH")
    return key


# --- bytes -----------------------------------------------------------------------------------


def header_bytes(header: Header) -> bytes:
    """Return the bytes that the sealed part is bound to."""
    # As bytes: on Linux a path need not be text.
    return encode((_MAGIC, _VERSION, *header[:-1], os.fsencode(header.path)))


def to_header(path: str, data: bytes) -> Header:
    """Return the header of the file at `path`, within bounds that cannot eat the machine.

    Raises:
        KeyFileError: it is none of ours, or of a newer version.
        Malformed: it is not even canonical.
    """
    match decode_untrusted(data, limit_bytes=MAX_BYTES):
        case [str(magic), int(version), *_] if magic == _MAGIC and version > _VERSION:
            raise KeyFileError(f"{path} was written by a newer envlsp", fix="upgrade envlsp")
        case [str(magic), 1, 1, int(operations), int(memory_kib), bytes(salt), b""] if (
            magic == _MAGIC
            and 1 <= operations <= _OPERATIONS_MAX
            and _MEMORY_MIN_KIB <= memory_kib <= _MEMORY_MAX_KIB
            and len(salt) == ARGON2_SALT_BYTES
        ):
            return Header(Protection.PASSPHRASE, operations, memory_kib, salt, "")
        case [str(magic), 1, 2, 0, 0, bytes(salt), bytes(place)] if magic == _MAGIC:
            return Header(Protection.KEY_FILE, 0, 0, salt, os.fsdecode(place))
        case [str(magic), 1, 3, 0, 0, bytes(salt), b""] if magic == _MAGIC and len(salt) == ARGON2_SALT_BYTES:
            return Header(Protection.KEYRING, 0, 0, salt, "")
    raise not_a_key_file(path)


def not_a_key_file(path: str) -> KeyFileError:
    """Return what to say of a file that is not what it should be."""
    return KeyFileError(f"{path} is damaged or no device.key", fix=f"put {path} back from a backup")
