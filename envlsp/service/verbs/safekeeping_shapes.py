"""How backups and coming back look as JSON; what holds for `shapes` holds here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envlsp.service.verbs.desk import Json

if TYPE_CHECKING:
    from envlsp.service.recovery.backups import Backup, Verified
    from envlsp.service.verbs.outcomes import CameBack


def backup_fields(made: Backup) -> Json:
    """Return a backup that was written."""
    return {"file": str(made.path), "records": made.records, "size": made.size_bytes}


def verified_fields(found: Verified) -> Json:
    """Return how a backup stands to this device."""
    return {
        "file": str(found.path),
        "ts": found.ts,
        "records": found.records,
        "newer": found.newer,
        "unknown": found.unknown,
        "current_words": found.has_root,
    }


def recovered_fields(found: CameBack) -> Json:
    """Return who came back by the recovery words."""
    done = found.recovered
    return {
        "team": found.team,
        "name": found.name,
        "new": done.is_new,
        "members": found.members,
        "removed": [*found.removed],
        "new_words": done.new_words,
        "backup_ts": done.backup_ts,
        "met": done.met,
        "reached": found.reached,
    }
