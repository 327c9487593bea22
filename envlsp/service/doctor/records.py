"""The team's records on this disk: whole, readable, as many as before, and with the keys for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from envlsp.errors import EnvlspError, Malformed, StoreError
from envlsp.service.access.removal import is_removed, removed
from envlsp.service.access.unopened import unopened
from envlsp.service.doctor.findings import Finding, fail, ok, warn
from envlsp.service.facade import OpenedTeam
from envlsp.service.history import EnvironmentHistory
from envlsp.store.checkup import check_up
from envlsp.store.team import DATABASE_NAME
from envlsp.wire.limits import MIB
from envlsp.wire.records import decode_record_untrusted

RECORDS_S: Final = 1.0
"""For taking every record off the disk: some ten thousand of them."""
FILE_S: Final = 1.5


def store(folder: str) -> Iterator[Finding]:
    """Look through a team's file, whether or not it can be opened otherwise.

    Args:
        folder: `Home.team_folder`.
    """
    try:
        found = check_up(str(Path(folder, DATABASE_NAME)), time.monotonic() + FILE_S)
    except StoreError as exc:
        yield fail("store", str(exc), exc.fix or "")
        return
    size = f"{found.records} records in {found.size_bytes / MIB:.1f} MiB"
    facts = {"records": found.records, "size_bytes": found.size_bytes, "shape": found.shape}
    if found.shape > found.newest_shape:
        yield fail("store", f"{size}, written by a newer envlsp", "upgrade envlsp", **facts)
    elif not found.is_whole:
        yield ok("store", f"{size}; too large to be read through in a moment", **facts)
    else:
        yield ok("store", f"{size}, every page of it is sound", **facts)


def history(opened: OpenedTeam) -> Iterator[Finding]:
    """Look at every record, and at how many there have been."""
    records, until = opened.team.store.records, time.monotonic() + RECORDS_S
    read = 0
    try:
        for record in records.arrived_after(0):
            decode_record_untrusted(record.raw)
            read += 1
            if time.monotonic() > until:
                break
    except (StoreError, Malformed):
        yield fail(
            "history",
            f"a record does not open: {read} before it do",
            "put ledger.db back from a backup, or move it away and: envlsp join CODE",
        )
        return
    if records.is_rolled_back():
        yield fail(
            "history",
            "records are missing that were here before",
            "envlsp sync; where no device has the rest: envlsp sync --accept-loss",
        )
        return
    yield ok("history", f"all records open, none is missing ({read} looked at)", read=read)
    yield from _standing(opened)


def _standing(opened: OpenedTeam) -> Iterator[Finding]:
    """Look at what the records come to: whether we are in and can read, and what a name hides."""
    replica = opened.team.replica
    if is_removed(replica):
        told = removed(replica)
        yield fail("access", str(told), told.fix or "")
        return
    closed = len(set(unopened(replica)))
    if closed:
        said = "a key has" if closed == 1 else f"{closed} keys have"
        yield warn(
            "access",
            f"{said} not reached this device yet",
            "envlsp sync, while a teammate is online",
            unopened=closed,
        )
    else:
        yield ok("access", "this device can open all that it may read", unopened=0)
    yield from _shadowed(opened)


def _shadowed(opened: OpenedTeam) -> Iterator[Finding]:
    """Look for releases under a name that means another scope (PROTOCOL B.7)."""
    releases = opened.team.releases
    counts = {triple: sum(map(_count, releases.shadowed(triple))) for triple in releases.environments()}
    hidden = {triple: count for triple, count in counts.items() if count}
    if hidden:
        first, count = next(iter(hidden.items()))
        more = f", and {len(hidden) - 1} more environments" if len(hidden) > 1 else ""
        yield warn(
            "shadowed",
            f"{first} has {count} releases from before it had readers of its own{more}",
            f"envlsp log --all {first.app}:{first.env} shows them; no pull reads them",
            releases=sum(counts.values()),
        )


def _count(found: EnvironmentHistory) -> int:
    return sum(not found.is_rekey(record) for record in found.history.nodes)


def unreadable(exc: EnvlspError) -> Finding:
    """Return that a team could not be opened."""
    return fail("team", str(exc), exc.fix or "")
