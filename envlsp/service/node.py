"""The node: the one process of a device that owns the network.

It holds the node lock for as long as it lives, syncs every team it was given, and
serves the local API to the other processes. When it ends, whoever wants the network
next takes the lock (DESIGN 3).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

from envlsp.domain.ids import DevicePk, TeamId
from envlsp.errors import NodeRefused, TransportError, UsageError
from envlsp.service.facade import Service
from envlsp.service.local_api import LocalServer, Values
from envlsp.service.results import SyncResult
from envlsp.service.team_node import PeerState, TeamNode
from envlsp.wire.canonical import Value

REFRESH_S = 2.0
"""How often the store is looked at for records of processes that did not say so."""
RETRY_S = 5.0
"""How often a team whose signaling server was unreachable is tried again."""
SYNC_MAX_S = 60.0


class Node:
    """The network of this device. Make it inside the running loop, holding the lock."""

    def __init__(self, service: Service) -> None:
        """Prepare; teams are added, then `start`."""
        self._service = service
        self._teams: dict[TeamId, TeamNode] = {}
        self._waiting: dict[TeamId, TeamNode] = {}
        self._server = LocalServer(Path(service.home.node_socket), self._answer)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Serve the local API."""
        await self._server.start()
        self._tasks.add(asyncio.create_task(self._watch()))

    async def add_team(self, team: TeamId, servers: tuple[str, ...]) -> TeamNode:
        """Begin to sync a team.

        Raises:
            SignalingUnreachable: no server answered; tried again from time to time.
        """
        if team in self._teams:
            return self._teams[team]
        node = self._waiting.pop(team, None) or TeamNode(self._service.team(team).replica, servers)
        node.replica.on_change.append(lambda _ids: self._server.broadcast("changed", team))
        try:
            await node.start()
        except TransportError:
            self._waiting[team] = TeamNode(node.replica, servers)
            raise
        self._teams[team] = node
        return node

    async def add_or_await(self, team: TeamId, servers: tuple[str, ...]) -> None:
        """Begin to sync a team, now or as soon as a signaling server answers."""
        with contextlib.suppress(TransportError):
            await self.add_team(team, servers)

    async def close(self) -> None:
        """Leave every team and stop serving."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(node.close() for node in self._teams.values()))
        await self._server.close()

    async def _watch(self) -> None:
        """Notice what other processes wrote without saying so, and servers that are back."""
        tried = time.monotonic()
        while True:
            await asyncio.sleep(REFRESH_S)
            for node in self._teams.values():
                node.replica.refresh()
            if self._waiting and time.monotonic() - tried > RETRY_S:
                tried = time.monotonic()
                for team, node in list(self._waiting.items()):
                    with contextlib.suppress(TransportError):
                        await self.add_team(team, node.servers)

    async def _team(self, team: TeamId, servers: tuple[str, ...]) -> TeamNode:
        if team not in self._teams:
            if team not in self._service.vault.open().teams():
                self._service.vault.reload()  # joined after we started
            known = servers or self._service.team(team).store.peers.servers()
            return await self.add_team(team, known)
        return self._teams[team]

    # --- the local API ---------------------------------------------------------------------------

    async def _answer(self, method: str, args: Values) -> Values:
        match method, args:
            case "key", ():
                return (self._service.vault.open().kek,)
            case "changed", (bytes() as team,):
                (await self._team(TeamId(team), ())).replica.refresh()
                return ()
            case "sync", (bytes() as team, int() as timeout_ms, list() as servers):
                node = await self._team(TeamId(team), tuple(s for s in servers if isinstance(s, str)))
                return sync_values(await node.sync(min(timeout_ms / 1000, SYNC_MAX_S)))
            case "peers", (bytes() as team,):
                return tuple(peer_values(peer) for peer in (await self._team(TeamId(team), ())).peers())
            case _:
                raise UsageError(method)


def sync_values(result: SyncResult) -> Values:
    """Return a result as the local API carries it."""
    return (result.reached, result.in_sync, result.received, result.devices)


def to_sync_result(values: Values) -> SyncResult:
    """Return the result that `sync_values` wrote.

    Raises:
        NodeRefused: the node said something else.
    """
    match values:
        case (int() as reached, int() as in_sync, int() as received, int() as devices):
            return SyncResult(reached, in_sync, received, devices)
    raise NodeRefused


def peer_values(peer: PeerState) -> list[Value]:
    """Return a peer as the local API carries it."""
    return [peer.dpk, peer.state, peer.path, int(peer.in_sync)]


def to_peer_state(value: Value) -> PeerState:
    """Return the peer that `peer_values` wrote.

    Raises:
        NodeRefused: the node said something else.
    """
    match value:
        case [bytes() as dpk, str() as state, str() as path, int() as in_sync]:
            return PeerState(DevicePk(dpk), state, path, bool(in_sync))
    raise NodeRefused
