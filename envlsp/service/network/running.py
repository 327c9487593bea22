"""The node by itself: what `envlsp agent` runs, and what an editor's server embeds."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from envlsp.errors import Locked, Misuse
from envlsp.service.facade import Service
from envlsp.service.network.errands import HAND_OVER_S
from envlsp.service.network.node import Node
from envlsp.store.lock import FileLock


def run_agent(service: Service, on_ready: Callable[[], None]) -> None:
    """Be the node until SIGTERM or SIGINT.

    Raises:
        StoreBusy: another process is the node and stays it.
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
    lock = FileLock(service.home.node_lock, "agent")
    lock.acquire(timeout_s=HAND_OVER_S)
    with lock:
        asyncio.run(_serve(service, on_ready))


async def _serve(service: Service, on_ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(service, stop, on_ready)


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
