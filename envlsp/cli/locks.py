"""How this device is protected, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envlsp.cli.words import lasting

if TYPE_CHECKING:
    from envlsp.service.locking import LockState


def sentence(state: LockState) -> str:
    """Return how this device is protected, in a line."""
    from envlsp.store.keyfile import Protection

    what = {
        Protection.PASSPHRASE: "a passphrase",
        Protection.KEYRING: "the keyring of this system",
        Protection.KEY_FILE: "a key file",
    }[state.protection]
    if state.protection is Protection.KEY_FILE:
        return what
    if state.is_locked:
        return f"{what}; locked: envlsp unlock"
    if not state.is_held:
        return f"{what}; no process holds the key"
    return f"{what}; unlocked" + ("" if state.left_s is None else f" for {lasting(state.left_s)}")
