"""Row 11: what a server costs while nobody types, alone and with a connected peer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.lsp.client import Client, without_watchers
from tests.bench.lsp.corpus import make_workspace
from tests.bench.lsp.pair import our_command, until_indexed
from tests.bench.lsp.process import spent
from tests.bench.measure import Row
from tests.support.processes import Cast, Teammate, cast, join, wait_until

SETTLE_S = 8.0
"""Until everything that starts late has started."""
WINDOW_S = 20.0
ALMOST_NONE = 0.05
"""0.0 %, as printed with one digit."""

LIMITS = {
    "alone": (ALMOST_NONE, 1.0),
    "alone, watching files itself": (ALMOST_NONE, 1.0),
    "one connected peer": (0.15, 4.0),
}


def rows() -> Iterator[Row]:
    """Let them all be idle in one window: who sleeps disturbs nobody."""
    with (
        TemporaryDirectory(prefix="envlsp-bench-", ignore_cleanup_errors=True) as folder,
        cast(Path(folder)) as people,
    ):
        places = [make_workspace(Path(folder) / name, files=100, names=200) for name in ("solo", "watching")]
        solo = [Client(our_command(), place.root, place.environ) for place in places]
        alice, bob = _team(people)
        team = [Client(our_command(), person.shop, person.environ()) for person in (alice, bob)]
        try:
            solo[0].initialize()
            solo[1].initialize(without_watchers())
            for client, workspace in zip(solo, places, strict=True):
                client.open(workspace.env, "dotenv")
                until_indexed(client, workspace)
            for client, person in zip(team, (alice, bob), strict=True):
                client.initialize()
                client.open(person.env, "dotenv")
            wait_until(lambda: _are_together(alice))
            yield from _measured([*solo, team[0]], [*solo, *team])
        finally:
            for client in (*solo, *team):
                client.stop()


def _team(people: Cast) -> tuple[Teammate, Teammate]:
    """Return two people who have the same release."""
    alice = people.founder("Alice")
    alice.ok("push", "--offline")
    bob = people.clone("Bob", alice)
    join(alice, bob)
    bob.ok("pull", "--offline")
    return alice, bob


def _measured(measured: list[Client], everybody: list[Client]) -> Iterator[Row]:
    _listen(everybody, SETTLE_S)
    before = [spent(client.pid) for client in measured]
    _listen(everybody, WINDOW_S)
    after = [spent(client.pid) for client in measured]
    for (what, (cpu, wake_ups)), old, new in zip(LIMITS.items(), before, after, strict=True):
        share = 100 * (new.cpu_s - old.cpu_s) / WINDOW_S
        yield Row(11, f"idle, {what}: processor", [share], "", [], limit=cpu, unit="%")
        woken = (new.wake_ups - old.wake_ups) / WINDOW_S
        yield Row(11, f"idle, {what}: wake-ups", [woken], "", [], limit=wake_ups, unit="/s")


def _listen(clients: list[Client], seconds: float) -> None:
    """Answer whatever the servers ask, now and then."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        for client in clients:
            client.listen(0.2)


def _are_together(alice: Teammate) -> bool:
    return any(peer["in_sync"] for peer in alice.json("peers")["peers"])
