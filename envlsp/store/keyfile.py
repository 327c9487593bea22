"""`device.key`: the secrets of a device in one sealed file (PROTOCOL H).

    file    = [header: bin, sealed: bin]             canonical msgpack
    header  = ["envlsp-key", 1, protection, operations, memory_kib, salt16, path: bin]
    sealed  = seal_row([lsk32, machine, [[team32, sign_seed32, box_seed32]...]], KEK, header)
    KEK     = KDF(secret, "kek"), where the secret is
              1 passphrase   Argon2id(passphrase, salt16, operations, memory)
              2 key file     32 random bytes in a 0600 file at `path`

Refuses to know what the seeds are for, and to ask anybody for a passphrase. Its rules:

- A wrong passphrase and an altered file are one error: telling them apart helps only
  an attacker.
- Every change writes a whole new file; when that fails the old one stands.
- Changing the protection wraps the same secrets again. The LSK stays what it is, so
  no database is rewritten.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from envlsp.crypto.labels import kdf
from envlsp.crypto.primitives import ARGON2_SALT_BYTES, KEY_BYTES, open_row, random_bytes, seal_row, stretch
from envlsp.domain.ids import TeamId
from envlsp.errors import CannotOpen, KeyFileError, Locked, Malformed, NotInitialised
from envlsp.store.files import check_private, make_private_folder, write_whole
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import KIB

if TYPE_CHECKING:
    from envlsp.store.lock import FileLock

_MAGIC: Final = "envlsp-key"
_VERSION: Final = 1
_MAX_BYTES: Final = 64 * KIB  # about 600 teams
_LOCK_TIMEOUT_S: Final = 10.0

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


class Header(NamedTuple):
    """The readable part of device.key. Claims, until the file has been opened with it."""

    protection: Protection
    operations: int
    memory_kib: int
    salt: bytes
    path: str
    """Of the key file, absolute; empty under a passphrase."""


class DeviceSeeds(NamedTuple):
    """What a device's two key pairs in one team are made from: `crypto.device.device_keys`."""

    sign: bytes
    box: bytes

    def __repr__(self) -> str:
        return "DeviceSeeds(••••••)"


class Wrapping(NamedTuple):
    """A protection to put on: made by `with_passphrase` or `with_key_file`."""

    header: Header
    kek: bytes

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
    return Wrapping(header, kdf(_read_key_file(path), "kek"))


class DeviceKey:
    """An opened device.key. Made by `create_device_key` and `open_device_key`.

    Attributes:
        path: the file.
        lsk: the local store's key, 32 bytes.
        kek: what opens the file; a process that holds it can hand it to another one,
            which passes it to `open_device_key`.
        protection: what a person needs to open it.
    """

    __slots__ = ("_machine", "_teams", "_wrapping", "lsk", "path")

    def __init__(
        self, path: str, wrapping: Wrapping, lsk: bytes, machine: bytes, teams: Mapping[TeamId, DeviceSeeds]
    ) -> None:
        self.path = path
        self.lsk = lsk
        self._wrapping = wrapping
        self._machine = machine
        self._teams = dict(teams)

    def __repr__(self) -> str:
        return f"DeviceKey({self.path!r}, {len(self._teams)} teams)"

    @property
    def kek(self) -> bytes:
        """32 bytes that open the file without the passphrase."""
        return self._wrapping.kek

    @property
    def protection(self) -> Protection:
        """What a person needs to open the file."""
        return self._wrapping.header.protection

    def teams(self) -> tuple[TeamId, ...]:
        """Return the teams this device has keys for."""
        return tuple(self._teams)

    def seeds(self, team: TeamId) -> DeviceSeeds | None:
        """Return this device's seeds in a team, or None."""
        return self._teams.get(team)

    def add_team(self, team: TeamId, seeds: DeviceSeeds) -> None:
        """Keep the seeds of this device in a team; they are on the disk when this returns.

        Raises:
            KeyFileError: there are other seeds for that team; keys are never replaced.
        """

        def change() -> None:
            if self._teams.setdefault(team, seeds) != seeds:
                raise KeyFileError("this device already has keys in that team")

        self._change(change)

    def remove_team(self, team: TeamId) -> None:
        """Forget the seeds of a team: what they sealed can never be opened here again."""
        self._change(lambda: self._teams.pop(team, None))

    def protect(self, wrapping: Wrapping) -> None:
        """Put another protection on the same secrets."""

        def change() -> None:
            self._wrapping = wrapping

        self._change(change)

    def machine_matches(self, hint: str) -> bool:
        """Return whether the file was made on the machine with this hint, or nobody can say.

        When not, the folder has been copied: two machines with one device's keys give
        the same `seq` out twice. Refuse to write records then.
        """
        return not hint or not self._machine or self._machine == self._bound(hint)

    def bind_machine(self, hint: str) -> None:
        """Say that the device lives on the machine with this hint from now on."""

        def change() -> None:
            self._machine = self._bound(hint)

        self._change(change)

    def _bound(self, hint: str) -> bytes:
        return kdf(self.lsk, "tag", b"machine\0" + hint.encode()) if hint else b""

    def _change(self, change: Callable[[], object]) -> None:
        """Change what the file says now, which another process may have changed since."""
        with _write_lock(self.path):
            newest = _opened(self.path, *_read(self.path), self._wrapping.kek)
            kept = self._wrapping, newest._machine, newest._teams  # noqa: SLF001
            self._machine, self._teams = newest._machine, dict(newest._teams)  # noqa: SLF001
            try:
                change()
                self._save()
            except BaseException:
                self._wrapping, self._machine, self._teams = kept
                raise

    def _save(self) -> None:
        teams: list[Value] = [[team, seeds.sign, seeds.box] for team, seeds in sorted(self._teams.items())]
        header = _header_bytes(self._wrapping.header)
        sealed = seal_row(encode((self.lsk, self._machine, teams)), self._wrapping.kek, header)
        data = encode((header, sealed))
        if len(data) > _MAX_BYTES:
            raise KeyFileError(f"{self.path} has no room for another team")
        write_whole(self.path, data)


def create_device_key(path: str, wrapping: Wrapping, *, machine: str = "") -> DeviceKey:
    """Make device.key with a fresh LSK and no team.

    Args:
        path: `Home.device_key`; its folder is made when missing.
        wrapping: `with_passphrase(…)` or `with_key_file(…)`.
        machine: the hint of `machine_hint()`.

    Raises:
        KeyFileError: there is one already.
    """
    make_private_folder(os.path.dirname(path) or ".")
    with _write_lock(path):
        if os.path.lexists(path):
            raise KeyFileError(f"{path} exists already")
        key = DeviceKey(path, wrapping, random_bytes(KEY_BYTES), b"", {})
        key._machine = key._bound(machine)  # noqa: SLF001
        key._save()  # noqa: SLF001
    return key


def read_header(path: str) -> Header:
    """Return what device.key needs to be opened, so that only the needed thing is asked for.

    Raises:
        NotInitialised: there is no such file.
        LoosePermissions: others may read it.
        KeyFileError: it is not a device.key.
    """
    return _read(path)[0]


def open_device_key(
    path: str, *, passphrase: bytes | None = None, key_file: str | None = None, kek: bytes | None = None
) -> DeviceKey:
    """Open device.key with what protects it.

    Args:
        path: `Home.device_key`.
        passphrase: for one protected by a passphrase. Takes half a second.
        key_file: for one protected by a key file, if that is not where it was.
        kek: `DeviceKey.kek` from a process that has it open; then nothing else is needed.

    Raises:
        NotInitialised: there is no such file.
        Locked: a passphrase is needed, or this is not the right one.
        KeyFileError: it is not a device.key, or the key file cannot be used.
        LoosePermissions: others may read it.
    """
    header, header_bytes, sealed = _read(path)
    if kek is None:
        kek = _kek_of(header, passphrase, key_file)
    return _opened(path, header, header_bytes, sealed, kek)


def _kek_of(header: Header, passphrase: bytes | None, key_file: str | None) -> bytes:
    if header.protection is Protection.KEY_FILE:
        return kdf(_read_key_file(key_file or header.path), "kek")
    if passphrase is None:
        raise Locked
    return _stretched(header, passphrase)


def _stretched(header: Header, passphrase: bytes) -> bytes:
    try:
        secret = stretch(
            passphrase, header.salt, operations=header.operations, memory_bytes=header.memory_kib * KIB
        )
    except (MemoryError, RuntimeError) as exc:  # what libsodium's binding raises without memory
        raise KeyFileError(f"the passphrase needs {header.memory_kib // KIB} MiB of free memory") from exc
    return kdf(secret, "kek")


def _read_key_file(path: str) -> bytes:
    try:
        check_private(path)
        with open(path, "rb") as file:
            key = file.read(KEY_BYTES + 1)
    except OSError as exc:
        raise KeyFileError(f"{path}: {exc.strerror}", fix="give its place: --key-file PATH") from exc
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"{path} does not hold {KEY_BYTES} bytes", fix="give another: --key-file PATH")
    return key


def _write_lock(path: str) -> FileLock:
    from envlsp.store.lock import FileLock  # not needed to read it

    lock = FileLock(path + ".lock", "changing device.key")
    lock.acquire(timeout_s=_LOCK_TIMEOUT_S)
    return lock


# --- bytes -----------------------------------------------------------------------------------


def _read(path: str) -> tuple[Header, bytes, bytes]:
    """Return the header, its bytes, and the sealed part."""
    try:
        check_private(path)
        with open(path, "rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotInitialised(f"there is no {path}") from None
    except OSError as exc:
        raise KeyFileError(f"{path}: {exc.strerror}") from exc
    try:
        match decode_untrusted(data, limit_bytes=_MAX_BYTES):
            case [bytes(header), bytes(sealed)]:
                return _to_header(path, header), header, sealed
    except Malformed:
        pass
    raise _not_a_key_file(path)


def _header_bytes(header: Header) -> bytes:
    # As bytes: on Linux a path need not be text.
    return encode((_MAGIC, _VERSION, *header[:-1], os.fsencode(header.path)))


def _to_header(path: str, data: bytes) -> Header:
    match decode_untrusted(data, limit_bytes=_MAX_BYTES):
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
    raise _not_a_key_file(path)


def _opened(path: str, header: Header, header_bytes: bytes, sealed: bytes, kek: bytes) -> DeviceKey:
    try:
        plain = open_row(sealed, kek, header_bytes)
    except CannotOpen:
        raise _wrong(path, header) from None
    try:
        match decode_untrusted(plain, limit_bytes=_MAX_BYTES):
            case [bytes(lsk), bytes(machine), list(teams)] if len(lsk) == KEY_BYTES:
                return DeviceKey(path, Wrapping(header, kek), lsk, machine, _to_teams(teams))
    except Malformed:
        pass
    raise _not_a_key_file(path)


def _to_teams(items: Iterable[object]) -> dict[TeamId, DeviceSeeds]:
    teams: dict[TeamId, DeviceSeeds] = {}
    for item in items:
        match item:
            case [bytes(team), bytes(sign), bytes(box)] if len(sign) == len(box) == KEY_BYTES:
                teams[TeamId(team)] = DeviceSeeds(sign, box)
            case _:
                raise Malformed
    return teams


def _wrong(path: str, header: Header) -> Locked:
    if header.protection is Protection.PASSPHRASE:
        return Locked(f"that passphrase does not open {path}", fix="try the passphrase again")
    return Locked(f"that key file does not open {path}", fix="give the right one: --key-file PATH")


def _not_a_key_file(path: str) -> KeyFileError:
    return KeyFileError(f"{path} is damaged or no device.key", fix=f"put {path} back from a backup")
