"""Row 18: opening a ledger of many releases. Not a part of `make bench`: making them takes a minute."""

from __future__ import annotations

import time

from envlsp.domain.ids import TEAM_SCOPE, RecordId
from envlsp.domain.layout import snapshot_of
from envlsp.domain.ledger.records import Release
from envlsp.domain.release import ReleaseContent, ReleaseKind
from tests.bench.home import device_with, dotenv_text
from tests.bench.measure import Row
from tests.support.cast import Actor

RELEASES = 10_000
NAMES = 5


def rows() -> list[Row]:
    """Measure reading and checking every record, and then deriving the newest values."""
    with device_with(dotenv_text(NAMES)) as alice:
        _write_releases(alice)
        alice.restart()
        team, triple = alice.team, alice.context.triple
        start = time.perf_counter()
        count = len(team.replica.ledger)
        loaded = time.perf_counter()
        team.releases.of(triple).view()
        derived = time.perf_counter()
        alice.close()
    null = [1000.0]
    return [
        Row(18, f"opening {count} records, cold", [(loaded - start) * 1e3], "one second", null),
        Row(18, "and deriving what is newest", [(derived - loaded) * 1e3], "one second", null),
    ]


def _write_releases(alice: Actor) -> None:
    team, context = alice.team, alice.context
    base: tuple[RecordId, ...] = team.releases.of(context.triple).history.heads()
    with team.store.database.write(durable=False), team.replica.writing():
        for number in range(RELEASES):
            snapshot = snapshot_of(dotenv_text(NAMES, salt=number + 1).encode(), context.dialect).snapshot
            content = ReleaseContent(
                ts=team.replica.now(),
                kind=ReleaseKind.PUSH,
                message="",
                triple=context.triple,
                base=base,
                of=None,
                snapshot=snapshot,
            )
            base = (team.replica.append(Release(TEAM_SCOPE), content).id,)
