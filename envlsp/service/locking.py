"""Locking and unlocking this device, and what protects its keys.

A locked device is one with the file `run/locked`: every process that holds the key
forgets it as soon as it looks, and the node is told, so it looks at once. Unlocking
removes the file and gives the key to the node, which lends it to the others (`lending`).
Refuses to know editors and terminals. Its rules:

- A key file opens a device for whoever can read it, so such a device is not locked.
- What the person wanted happens even where the node does not answer.

Spec: docs/protocol.md, "H. Local storage".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from envlsp.errors import Locked, Misuse, StoreError
from envlsp.service.holding import FOREVER
from envlsp.service.lending import left_at_node, lend_key, tell_node, to_ms
from envlsp.service.unlocked_for import unlock_s
from envlsp.service.vault import UNLOCK_S
from envlsp.store.files import make_private_file
from envlsp.store.keyfile import Protection, read_header

if TYPE_CHECKING:
    from envlsp.service.facade import Service
    from envlsp.service.ports import Talk
    from envlsp.store.home import Home

WORDS: Final[Mapping[Protection, str]] = {
    Protection.PASSPHRASE: "passphrase",
    Protection.KEY_FILE: "key-file",
    Protection.KEYRING: "keyring",
}
"""What each protection is called."""


@dataclass(frozen=True, slots=True)
class LockState:
    """How this device is protected now."""

    protection: Protection
    is_locked: bool
    """Whether a person locked it."""
    is_held: bool
    """Whether a running process holds the key, so that nobody is asked."""
    left_s: float | None
    """For how much longer; None without an end, or where nothing is held."""


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What unlocking did."""

    changed: bool
    kept: bool
    """Whether a process stays that holds the key; else each command asks by itself."""
    left_s: float | None
    teams: int


def lock(service: Service) -> bool:
    """Lock this device: every process forgets its keys, at once or within seconds.

    Returns:
        Whether it was unlocked before.

    Raises:
        NotInitialised: this device has no keys.
        Misuse: a key file opens it, so nothing would be locked.
    """
    home = service.home
    if read_header(home.device_key).protection is Protection.KEY_FILE:
        raise Misuse(
            "a key file opens this device, so locking it would keep nobody out",
            fix="envlsp protect --passphrase",
        )
    was_locked = home.is_locked
    home.make_run_folder()
    make_private_file(home.lock_mark)
    service.vault.hold.forget()
    service.lock()
    tell_node(home, "lock")
    return not was_locked


def unlock(service: Service, talk: Talk, for_s: float | None = None) -> Unlocked:
    """Unlock this device for a time; the person is asked unless it is unlocked already.

    Args:
        service: this device.
        talk: who knows the passphrase.
        for_s: for how long; None for what `ENVLSP_UNLOCK_FOR` says, or the usual time.

    Raises:
        Locked: it was not the passphrase, or nobody can be asked; or the keyring gives nothing.
    """
    home, vault = service.home, service.vault
    protection = read_header(home.device_key).protection
    if protection is Protection.KEY_FILE:
        return Unlocked(False, True, None, len(vault.open().teams()))
    before = state(service)
    if for_s is None and not before.is_locked and (before.is_held or vault.is_open):
        return Unlocked(False, True, before.left_s, len(vault.unlock(talk).teams()))
    opened = vault.type_in(talk)
    _remove_mark(home)
    left_s = _wanted(service, protection) if for_s is None else for_s
    vault.hold.keep(opened.kek, left_s)
    kept = lend_key(home, opened.kek, left_s, always=True) or vault.hold.lasts
    return Unlocked(True, kept, _finite(left_s), len(opened.teams()))


def protect(service: Service, talk: Talk, protection: Protection, path: str | None = None) -> Protection:
    """Put another protection on this device's keys, or a new passphrase.

    Args:
        service: this device.
        talk: who knows the present passphrase, and chooses the new one.
        protection: the new one.
        path: of the key file, made when it is missing.

    Returns:
        What protected them before.

    Raises:
        Locked: the present protection gives nothing; or no keyring is there for the new one.
        Misuse: the device is locked.
    """
    home, vault = service.home, service.vault
    if home.is_locked:
        raise Locked(fix="envlsp unlock")
    before = state(service)
    key = vault.protect(protection, talk, path)
    if protection is Protection.KEY_FILE:
        vault.hold.forget()
        tell_node(home, "unlock", key.kek.reveal(), to_ms(FOREVER))
    elif before.is_held:
        vault.hold.keep(key.kek, _wanted(service, protection))
        tell_node(home, "unlock", key.kek.reveal(), to_ms(vault.hold.left_s()))
    return before.protection


def state(service: Service) -> LockState:
    """Return how this device is protected; asks nobody, and opens nothing.

    Raises:
        NotInitialised: it has no keys.
    """
    home, hold = service.home, service.vault.hold
    protection = read_header(home.device_key).protection
    if protection is Protection.KEY_FILE:
        return LockState(protection, False, True, None)
    if home.is_locked:
        return LockState(protection, True, False, None)
    if hold.lasts and hold.left_s():
        return LockState(protection, False, True, _finite(hold.left_s()))
    left_s = left_at_node(home)
    return LockState(protection, False, left_s is not None, None if left_s is None else _finite(left_s))


def see_locked(home: Home) -> None:
    """Keep a device locked whose time is over, where nobody would have to be asked to open it again."""
    if read_header(home.device_key).protection is Protection.KEYRING and not home.is_locked:
        make_private_file(home.lock_mark)


def _wanted(service: Service, protection: Protection) -> float:
    wanted = unlock_s(service.environ)
    usual = FOREVER if protection is Protection.KEYRING else UNLOCK_S
    return usual if wanted is None else wanted


def _remove_mark(home: Home) -> None:
    try:
        Path(home.lock_mark).unlink()
    except FileNotFoundError:
        return
    except OSError as exc:
        raise StoreError(f"cannot remove {home.lock_mark}: {exc.strerror}") from exc


def _finite(left_s: float) -> float | None:
    return None if left_s == FOREVER else left_s
