"""What the verbs about this device's own keys answer, as JSON. No key and no passphrase is in it."""

from __future__ import annotations

from envlsp.service.locking import WORDS, LockState, Unlocked
from envlsp.service.verbs.desk import Json


def unlocked_fields(result: Unlocked) -> Json:
    """Return an unlocked device; `changed` is false where it was so before."""
    return {
        "unlocked": True,
        "changed": result.changed,
        "kept": result.kept,
        "left_s": _whole(result.left_s),
        "teams": result.teams,
    }


def locked_fields(*, changed: bool) -> Json:
    """Return a locked device; `changed` is false where it was so before."""
    return {"locked": True, "changed": changed}


def protected_fields(state: LockState, *, changed: bool) -> Json:
    """Return what protects this device's keys, and whether they are at hand."""
    return {"changed": changed, **lock_fields(state)}


def lock_fields(state: LockState) -> Json:
    """Return whether this device is locked."""
    return {
        "protection": WORDS[state.protection],
        "locked": state.is_locked,
        "held": state.is_held,
        "left_s": _whole(state.left_s),
    }


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds)
