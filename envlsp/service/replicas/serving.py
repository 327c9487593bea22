"""`envlsp replica`: be the node of a machine that keeps teams' records and reads none."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass

from envlsp.errors import SignalingUnreachable
from envlsp.service.facade import Service
from envlsp.service.network.errands import HAND_OVER_S
from envlsp.service.network.node import Node
from envlsp.service.replicas.keeping import Waiting, keep_team, own_room, pairing_of, waiting_seeds
from envlsp.service.signaling_tokens import tokens_from
from envlsp.store.lock import FileLock
from envlsp.wire.replicas import Pairing, to_pairing_text
from envlsp.wire.text import to_team_text


@dataclass(frozen=True, slots=True)
class Told:
    """Whom to tell what happens."""

    pairing: Callable[[str], None]
    """The string that a member of the team is to add."""
    team: Callable[[str], None]
    """The text of a team that is kept from now on."""
    kept: Callable[[str, str], None]
    """The text of a team that was kept before, and its string again, for one more of its devices."""
    ready: Callable[[], None]
    """Every team that was kept before is served."""


def run_replica(service: Service, servers: tuple[str, ...], told: Told, *, another: bool = False) -> None:
    """Keep the teams of this replica in step with their members, until SIGTERM or SIGINT.

    Args:
        service: this device; it gets a device.key if it has none.
        servers: signaling servers to wait at for a team, by default those of the teams kept
            before; these have their own.
        told: whom to tell.
        another: wait for one more team, where there are some already.

    Raises:
        SignalingUnreachable: a team is waited for, and no server is named.
        StoreBusy: another process is the node of this device.
    """
    device = service.vault.open_or_create()
    kept = device.teams()
    waits = another or not kept
    if another:
        servers = servers or tuple(dict.fromkeys(url for one in kept for url in service.servers_of(one)))
    if waits and not servers:
        raise SignalingUnreachable(
            "a replica needs a server to be met at", fix="envlsp replica --signaling wss://…"
        )
    service.home.make_run_folder()
    lock = FileLock(service.home.node_lock, "replica")
    lock.acquire(timeout_s=HAND_OVER_S)
    with lock:
        asyncio.run(_serve(service, servers if waits else (), told))


async def _serve(service: Service, servers: tuple[str, ...], told: Told) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    node = Node(service)
    await node.start()
    waiting = asyncio.create_task(_await_team(service, node, servers, told)) if servers else None
    stopping = asyncio.create_task(stop.wait())
    try:
        await node.open_teams()
        _tell_kept(service, told)
        told.ready()
        if waiting is not None:
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                waiting.result()
        await stopping
    finally:
        for task in (waiting, stopping):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await node.close()


def _tell_kept(service: Service, told: Told) -> None:
    for identity in service.vault.open().teams():
        team = service.team(identity)
        if (room := own_room(team)) is not None:
            pairing = Pairing(team.keys.dpk, team.keys.xpk, room)
            told.kept(to_team_text(identity), to_pairing_text(pairing))


async def _await_team(service: Service, node: Node, servers: tuple[str, ...], told: Told) -> None:
    seeds = waiting_seeds(service)
    told.pairing(to_pairing_text(pairing_of(seeds)))
    card = await Waiting(seeds, servers, service.clock, tokens_from(service.environ)).card()
    team = keep_team(service, card.team, servers)
    told.team(to_team_text(team.id))
    await node.add_or_await(team.id, servers)
