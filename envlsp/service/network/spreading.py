"""Waiting until enough devices hold what is here: `sync --replicas N`.

Goes by what devices attest (F.4), so a device counts that got it from somebody else, or
while we were away. A blind replica attests to nobody. Where no node runs, this process is
the node for as long as it waits: whoever comes must find somebody. Beside a node it looks
at the store once a second and at nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from envlsp.errors import NotHeld, UsageError
from envlsp.service.access.owed import owner_words
from envlsp.service.access.removal import is_removed, removed
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.freshness import holders, others
from envlsp.service.network.node import Node
from envlsp.service.ports import Cancelled, never
from envlsp.service.stopping import call_until, run_until
from envlsp.store.lock import FileLock

LOOK_EVERY_S = 1.0
_NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What is waited for."""

    devices: int
    """So many other devices are to hold it."""
    what: str = "all of this"
    """What it is called: `v7`."""
    timeout_s: float = float("inf")


def demand_possible(opened: OpenedTeam, wish: Wish) -> None:
    """Refuse to wait for devices that there are not.

    Raises:
        UsageError: the team has fewer.
    """
    opened.team.replica.refresh()
    there = others(opened.team.replica)
    if wish.devices <= there:
        return
    if not there:
        raise UsageError("there is no other device in the team", fix="envlsp invite")
    devices = "is only 1 other device" if there == 1 else f"are only {there} other devices"
    raise UsageError(
        f"there {devices} in the team (a replica reads nothing and confirms nothing)",
        fix=f"envlsp sync --replicas {there}",
    )


def spread(
    service: Service,
    opened: OpenedTeam,
    wish: Wish,
    report: Callable[[str], None],
    is_cancelled: Cancelled = never,
) -> int:
    """Wait until enough devices have attested to hold what is here now; return how many do.

    Args:
        service: this device.
        opened: the team.
        wish: how many, and for how long at most.
        report: told how far it is, whenever that changes.
        is_cancelled: whether the person has stopped waiting.

    Raises:
        NotHeld: the time is over.
        NoAccess, UsageError: this device, or too many others, were removed meanwhile.
        Stopped: it was stopped; what has been handed on stays so.
    """
    watch, deadline = _Watch(opened, wish, report), time.monotonic() + wish.timeout_s
    lock = FileLock(service.home.node_lock, "a command")
    service.home.make_run_folder()
    while not watch.is_enough():
        if time.monotonic() >= deadline:
            raise NotHeld(watch.words())
        if lock.try_acquire():
            with lock:
                run_until(_stay(service, opened, watch, deadline), is_cancelled)
        else:
            call_until(lambda: time.sleep(LOOK_EVERY_S), is_cancelled)
    return watch.held


async def _stay(service: Service, opened: OpenedTeam, watch: _Watch, deadline: float) -> None:
    stirred = asyncio.Event()
    node = Node(service, stirred.set)
    try:
        await node.start()
        await node.add_or_await(opened.team.id, opened.servers)
        while not watch.is_enough() and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stirred.wait(), LOOK_EVERY_S)
            stirred.clear()
    finally:
        await node.close()


class _Watch:
    """Who holds it by now."""

    def __init__(self, opened: OpenedTeam, wish: Wish, report: Callable[[str], None]) -> None:
        self._opened = opened
        self._team = opened.team
        self._wish = wish
        self._report = report
        self._heads = opened.team.replica.ledger.heads()
        self._said = ""
        self.held = 0

    def is_enough(self) -> bool:
        """Look again, and say what has changed.

        Raises:
            NoAccess: this device was removed meanwhile.
            UsageError: others were, and fewer are left than are waited for.
        """
        demand_possible(self._opened, self._wish)
        if is_removed(self._team.replica):
            raise removed(self._team.replica)
        self.held = len(holders(self._team.replica, self._heads))
        if (words := self.words()) != self._said:
            self._said = words
            self._report(words)
        return self.held >= self._wish.devices

    def words(self) -> str:
        """Return how far it is: `2 of 3 devices hold v7; waiting for Carol (carols-laptop)`."""
        devices = "device holds" if self._wish.devices == 1 else "devices hold"
        words = f"{self.held} of {self._wish.devices} {devices} {self._wish.what}"
        return words if self.held >= self._wish.devices else f"{words}; waiting for {self._awaited()}"

    def _awaited(self) -> str:
        replica = self._team.replica
        held, own = set(holders(replica, self._heads)), replica.keys.dpk
        left = [d.dpk for d in replica.state.devices.values() if d.active and d.dpk not in held | {own}]
        named = [owner_words(self._team, dpk) for dpk in left[:_NAMED_MAX]]
        if more := len(left) - len(named):
            named.append(f"{more} more")
        return ", ".join(named)
