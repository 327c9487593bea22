"""The answers admission can give."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from envlsp.domain.ids import RecordId


class Reason(StrEnum):
    """Why a record is refused for ever, and with it whatever comes after it."""

    WRONG_TEAM = "wrong-team"
    BAD_GENESIS = "bad-genesis"
    UPGRADE_NEEDED = "upgrade-needed"
    BAD_PARENTS = "bad-parents"
    BAD_HEIGHT = "bad-height"
    BAD_SEQ = "bad-seq"
    UNKNOWN_AUTHOR = "unknown-author"
    AUTHOR_REMOVED = "author-removed"
    ROLE_TOO_LOW = "role-too-low"
    NOT_FOR_ROOT = "not-for-root"
    ROOT_ONLY = "root-only"
    UNKNOWN_SCOPE = "unknown-scope"
    BAD_TARGET = "bad-target"
    NO_CHANGE = "no-change"
    EMPTY = "empty"
    KEY_REUSED = "key-reused"
    BAD_POP = "bad-pop"
    BAD_INVITE = "bad-invite"
    INVITE_NOT_LIVE = "invite-not-live"
    BAD_INV_SIG = "bad-inv-sig"
    TOO_MANY = "too-many"
    LAST_ADMIN = "last-admin"
    BAD_EPOCH = "bad-epoch"
    GHOST_RECIPIENT = "ghost-recipient"
    ROOT_OMITTED = "root-omitted"
    BAD_LINK = "bad-link"
    BAD_SEAL = "bad-seal"
    BODY_EPOCH = "body-epoch"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The record is in the ledger."""

    new: bool
    """False if it was there before."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The record cannot be judged yet: hold it, and ask for these."""

    parents: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The record is not to be stored or relayed, now or later, by anybody."""

    reason: Reason


Admission: TypeAlias = Accepted | Missing | Refused


class Inadmissible(Exception):
    """Carries a reason out of the rules; never leaves the ledger."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def demand(holds: bool, reason: Reason) -> None:  # noqa: FBT001 - a rule reads as "demand this"
    """Refuse the record unless a rule holds."""
    if not holds:
        raise Inadmissible(reason)
