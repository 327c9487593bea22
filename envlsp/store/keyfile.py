"""`device.key`: the secrets of a device in one sealed file (PROTOCOL H).

    file    = [header: bin, sealed: bin]             canonical msgpack
    header  = ["envlsp-key", 1, protection, operations, memory_kib, salt16, path: bin]
    sealed  = seal_row([lsk32, machine, [[team32, sign_seed32, box_seed32]...]], KEK, header)
    KEK     = KDF(secret, "kek"), where the secret is
              1 passphrase   Argon2id(passphrase, salt16, operations, memory)
              2 key file     32 random bytes in a 0600 file at `path`
              3 keyring      32 random bytes in the OS keyring, under hex(salt16)

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
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from envlsp.crypto.labels import kdf
from envlsp.crypto.memory import Key, SecretBuffer, wipe
from envlsp.crypto.primitives import KEY_BYTES, open_row, random_bytes, seal_row
from envlsp.domain.ids import TeamId
from envlsp.errors import CannotOpen, KeyFileError, LimitExceeded, Locked, Malformed, NotInitialised
from envlsp.store.files import check_private, make_private_folder, write_whole
from envlsp.store.protection import (
    MAX_BYTES,
    Header,
    Protection,
    Wrapping,
    header_bytes,
    kek_of,
    not_a_key_file,
    to_header,
    with_key_file,
    with_keyring,
    with_passphrase,
)
from envlsp.wire.canonical import Value, decode_untrusted, encode

if TYPE_CHECKING:
    from envlsp.store.lock import FileLock

__all__ = [
    "DeviceKey",
    "DeviceSeeds",
    "Header",
    "KeptSeeds",
    "Protection",
    "Wrapping",
    "create_device_key",
    "open_device_key",
    "read_header",
    "with_key_file",
    "with_keyring",
    "with_passphrase",
]

_LOCK_TIMEOUT_S: Final = 10.0


class DeviceSeeds(NamedTuple):
    """What a device's two key pairs in one team are made from: `crypto.device.device_keys`."""

    sign: bytes
    box: bytes

    def __repr__(self) -> str:
        return "DeviceSeeds(••••••)"


class KeptSeeds(NamedTuple):
    """The same, in memory that is wiped when they are let go."""

    sign: SecretBuffer
    box: SecretBuffer

    def close(self) -> None:
        """Wipe both."""
        self.sign.close()
        self.box.close()

    def __repr__(self) -> str:
        return "KeptSeeds(••••••)"


Seeds: TypeAlias = DeviceSeeds | KeptSeeds
"""Equal where the bytes are, wherever they lie."""


class DeviceKey:
    """An opened device.key. Made by `create_device_key` and `open_device_key`.

    Attributes:
        path: the file.
        lsk: the local store's key, 32 bytes; wiped by `close`.
        kek: what opens the file; a process that holds it can hand it to another one,
            which passes it to `open_device_key`.
        protection: what a person needs to open it.
    """

    __slots__ = ("_machine", "_teams", "_wrapping", "lsk", "path")

    def __init__(
        self,
        path: str,
        wrapping: Wrapping,
        lsk: SecretBuffer,
        machine: bytes,
        teams: Mapping[TeamId, KeptSeeds],
    ) -> None:
        self.path = path
        self.lsk = lsk
        self._wrapping = wrapping
        self._machine = machine
        self._teams = dict(teams)

    def __repr__(self) -> str:
        return f"DeviceKey({self.path!r}, {len(self._teams)} teams)"

    def close(self) -> None:
        """Wipe every key in here; whoever uses one from now on is told that the device is locked."""
        self._wrapping.kek.close()
        self.lsk.close()
        for seeds in self._teams.values():
            seeds.close()

    @property
    def kek(self) -> SecretBuffer:
        """32 bytes that open the file without the passphrase."""
        return self._wrapping.kek

    @property
    def protection(self) -> Protection:
        """What a person needs to open the file."""
        return self._wrapping.header.protection

    def teams(self) -> tuple[TeamId, ...]:
        """Return the teams this device has keys for."""
        return tuple(self._teams)

    def seeds(self, team: TeamId) -> Seeds | None:
        """Return this device's seeds in a team, or None."""
        return self._teams.get(team)

    def add_team(self, team: TeamId, seeds: Seeds) -> None:
        """Keep the seeds of this device in a team; they are on the disk when this returns.

        Raises:
            KeyFileError: there are other seeds for that team; keys are never replaced.
        """
        kept = KeptSeeds(SecretBuffer(seeds.sign), SecretBuffer(seeds.box))

        def change() -> None:
            if self._teams.setdefault(team, kept) != kept:
                raise KeyFileError("this device already has keys in that team")

        self._change(change)

    def remove_team(self, team: TeamId) -> None:
        """Forget the seeds of a team: what they sealed can never be opened here again."""
        self._change(lambda: self._teams.pop(team, None))

    def protect(self, wrapping: Wrapping) -> None:
        """Put another protection on the same secrets; what protected them before no longer does."""

        def change() -> None:
            self._wrapping = wrapping

        before = self._wrapping.header
        self._change(change)
        if before.protection is Protection.KEYRING:
            from envlsp.store import os_keyring

            os_keyring.forget(before.salt.hex())

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
        teams: list[Value] = [
            [team, seeds.sign.reveal(), seeds.box.reveal()] for team, seeds in sorted(self._teams.items())
        ]
        header = header_bytes(self._wrapping.header)
        plain = encode((self.lsk.reveal(), self._machine, teams))
        sealed = seal_row(plain, self._wrapping.kek, header)
        wipe(plain)
        data = encode((header, sealed))
        if len(data) > MAX_BYTES:
            raise KeyFileError(f"{self.path} has no room for another team")
        write_whole(self.path, data)


def create_device_key(path: str, wrapping: Wrapping, *, machine: str = "") -> DeviceKey:
    """Make device.key with a fresh LSK and no team.

    Args:
        path: `Home.device_key`; its folder is made when missing.
        wrapping: `with_passphrase(…)`, `with_key_file(…)` or `with_keyring()`.
        machine: the hint of `machine_hint()`.

    Raises:
        KeyFileError: there is one already.
    """
    make_private_folder(os.path.dirname(path) or ".")
    with _write_lock(path):
        if os.path.lexists(path):
            raise KeyFileError(f"{path} exists already")
        key = DeviceKey(path, wrapping, SecretBuffer.taken(random_bytes(KEY_BYTES)), b"", {})
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
    path: str, *, passphrase: bytes | None = None, key_file: str | None = None, kek: Key | None = None
) -> DeviceKey:
    """Open device.key with what protects it.

    Args:
        path: `Home.device_key`.
        passphrase: for one protected by a passphrase. Takes half a second.
        key_file: for one protected by a key file, if that is not where it was.
        kek: `DeviceKey.kek` from a process that has it open; then nothing else is needed.

    Raises:
        NotInitialised: there is no such file.
        Locked: a passphrase is needed, or this is not the right one; or the keyring has no key.
        KeyFileError: it is not a device.key, or the key file cannot be used.
        LoosePermissions: others may read it.
    """
    header, header_bytes, sealed = _read(path)
    own = SecretBuffer(kek) if kek is not None else kek_of(header, passphrase, key_file)
    return _opened(path, header, header_bytes, sealed, own)


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
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotInitialised(f"there is no {path}") from None
    except OSError as exc:
        raise KeyFileError(f"{path}: {exc.strerror}") from exc
    try:
        match decode_untrusted(data, limit_bytes=MAX_BYTES):
            case [bytes(header), bytes(sealed)]:
                return to_header(path, header), header, sealed
    except (Malformed, LimitExceeded):
        pass
    raise not_a_key_file(path)


def _opened(path: str, header: Header, header_bytes: bytes, sealed: bytes, kek: SecretBuffer) -> DeviceKey:
    try:
        plain = open_row(sealed, kek, header_bytes)
    except CannotOpen:
        raise _wrong(path, header) from None
    try:
        match decode_untrusted(plain, limit_bytes=MAX_BYTES):
            case [bytes(lsk), bytes(machine), list(teams)] if len(lsk) == KEY_BYTES:
                kept = SecretBuffer.taken(lsk)
                return DeviceKey(path, Wrapping(header, kek), kept, machine, _to_teams(teams))
    except (Malformed, LimitExceeded):
        pass
    finally:
        wipe(plain)
    raise not_a_key_file(path)


def _to_teams(items: Iterable[object]) -> dict[TeamId, KeptSeeds]:
    teams: dict[TeamId, KeptSeeds] = {}
    for item in items:
        match item:
            case [bytes(team), bytes(sign), bytes(box)] if len(sign) == len(box) == KEY_BYTES:
                teams[TeamId(team)] = KeptSeeds(SecretBuffer.taken(sign), SecretBuffer.taken(box))
            case _:
                raise Malformed
    return teams


def _wrong(path: str, header: Header) -> Locked:
    if header.protection is Protection.PASSPHRASE:
        return Locked(f"that passphrase does not open {path}", fix="try the passphrase again")
    if header.protection is Protection.KEYRING:
        return Locked(
            f"the keyring's key does not open {path}", fix="put back the device.key that it belongs to"
        )
    return Locked(f"that key file does not open {path}", fix="give the right one: --key-file PATH")
