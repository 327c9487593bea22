"""The keys of a device, and the proof that a new device holds its own.

Two independent pairs, one to sign and one to be sealed to: no conversion between
them, and separate lifetimes. They are made when a device joins and never leave it.
Refuses to know files and passphrases (`store.keyfile`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from envlsp.crypto.labels import hash32
from envlsp.crypto.memory import Key
from envlsp.crypto.primitives import (
    KEY_BYTES,
    BoxKey,
    SigningKey,
    box_key,
    random_bytes,
    signing_key,
)
from envlsp.domain.ids import NO_OWNER, BoxPk, DevicePk, TeamId, UserId

if TYPE_CHECKING:
    from envlsp.crypto.signing import PopPurpose


class DeviceKeys(NamedTuple):
    """Both key pairs of a device (or of the root key, which signs like one)."""

    sign: SigningKey
    box: BoxKey

    @property
    def dpk(self) -> DevicePk:
        """The device's name."""
        return self.sign.public

    @property
    def xpk(self) -> BoxPk:
        """What keys are sealed to."""
        return self.box.public

    def close(self) -> None:
        """Wipe both secrets: this device is locked."""
        self.sign.secret.close()
        self.box.secret.close()

    def __repr__(self) -> str:
        return "DeviceKeys(••••••)"


def device_keys(sign_seed: Key, box_seed: Key) -> DeviceKeys:
    """Return the keys of two independent 32-byte seeds."""
    return DeviceKeys(signing_key(sign_seed), box_key(box_seed))


def new_seeds() -> tuple[bytes, bytes]:
    """Return fresh seeds for `device_keys`: what a key file stores."""
    return random_bytes(KEY_BYTES), random_bytes(KEY_BYTES)


def generate() -> DeviceKeys:
    """Return fresh keys."""
    return device_keys(*new_seeds())


def fingerprint(dpk: DevicePk, xpk: BoxPk) -> bytes:
    """Return the 32 bytes behind what a person compares: `H("fp", dpk‖xpk)`."""
    return hash32("fp", dpk + xpk)


def prove(keys: DeviceKeys, team: TeamId, purpose: PopPurpose, owner: UserId = NO_OWNER) -> bytes:
    """Return the 64-byte proof that whoever asks to be added holds these keys.

    Args:
        keys: the new device's.
        team: the team to join; `NO_TEAM` in a request made before it is known.
        purpose: joining, adding a device of `owner`, or replacing the root key.
        owner: whose device it will be; nobody's (16 zero bytes) unless DEVICE_ADD.

    Spec: docs/protocol.md, "B.4 Types".
    """
    from envlsp.crypto.signing import pop_digest, sign  # the shapes of records: not for `envlsp run`

    return sign(keys.sign, "pop", pop_digest(team, purpose, owner, keys.dpk, keys.xpk))
