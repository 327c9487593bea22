"""The node by itself: what `envlsp agent` runs, and what an editor's server embeds."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable

from envlsp.errors import AgentRuns, Locked, Misuse, StoreBusy
from envlsp.service.agent.notify import READY, STOPPING, notify
from envlsp.service.facade import Service
from envlsp.service.network.errands import HAND_OVER_S
from envlsp.service.network.node import Node
from envlsp.store.lock import FileLock

AGENT = "agent"
"""What the lock says that an agent is."""
STAND_BY_S = 0.2
"""How often an agent that stands by looks whether it is wanted: a tenth of what a hand-over may take."""


def run_agent(service: Service, on_ready: Callable[[], None], on_stand_by: Callable[[str], None]) -> None:
    """Be the node until SIGTERM or SIGINT; while an editor is the node, wait for its end.

    Args:
        service: this device.
        on_ready: called when every team was tried.
        on_stand_by: told who is the node, where that is not for this process to be yet.

    Raises:
        AgentRuns: another agent is the node and stays it.
        NotInitialised: there is no team.
        Locked: that was not the passphrase. Where nobody could be asked, it waits to be unlocked.
    """
    try:
        if not service.vault.open().teams():
            raise Misuse("this device is in no team yet", fix="envlsp init, or envlsp join CODE")
    except Locked:
        if service.vault.was_refused:
            raise  # somebody is there, and can try again; else it waits for `envlsp unlock`
    service.home.make_run_folder()
    lock = FileLock(service.home.node_lock, AGENT)
    try:
        lock.acquire(timeout_s=HAND_OVER_S)
    except StoreBusy:
        if f"({AGENT})" in (holder := lock.holder()):
            raise AgentRuns(holder) from None
        notify(service.environ, READY, "STATUS=an editor keeps this device reachable")
        on_stand_by(holder)
        while not lock.try_acquire():
            time.sleep(STAND_BY_S)
    with lock:
        asyncio.run(_serve(service, on_ready))


def _tell_ready(service: Service, on_ready: Callable[[], None]) -> None:
    notify(service.environ, READY, "STATUS=reachable for teammates")
    on_ready()


async def _serve(service: Service, on_ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await serve(service, stop, lambda: _tell_ready(service, on_ready))
    finally:
        notify(service.environ, STOPPING)


async def serve(
    service: Service,
    stop: asyncio.Event,
    on_ready: Callable[[], None],
    hear: Callable[[], None] = lambda: None,
) -> None:
    """Be the node, for every team of this device; the caller holds the node lock.

    Args:
        service: this device; one that is locked is served as soon as it is unlocked.
        stop: set when it is enough.
        on_ready: called when every team was tried.
        hear: told whenever there are news.

    Raises:
        EnvlspError: no team can be served; one that cannot leaves the others as they are.
    """
    node = Node(service, hear, is_courier=True)
    await node.start()
    try:
        await node.open_teams()
        on_ready()
        await stop.wait()
    finally:
        await node.close()
