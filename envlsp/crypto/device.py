"""The keys of a device, and the proof that a new device holds its own.

Two independent pairs, one to sign and one to be sealed to: no conversion between
them, and separate lifetimes. They are made when a device joins and never leave it.
Refuses to know files and passphrases (`store.keyfile`).
"""

from __future__ import annotations

from dataclasses import dataclass

from envlsp.crypto.labels import hash32
from envlsp.crypto.primitives import (
    KEY_BYTES,
    BoxKey,
    SigningKey,
    box_key,
    random_bytes,
    signing_key,
)
from envlsp.crypto.signing import NO_OWNER, PopPurpose, pop_digest, sign
from envlsp.domain.ids import BoxPk, DevicePk, TeamId, UserId


@dataclass(frozen=True, slots=True, repr=False)
class DeviceKeys:
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


def device_keys(sign_seed: bytes, box_seed: bytes) -> DeviceKeys:
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
    return sign(keys.sign, "pop", pop_digest(team, purpose, owner, keys.dpk, keys.xpk))
