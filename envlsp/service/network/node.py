"""The node: the one process of a device that owns the network.

It holds the node lock for as long as it lives, syncs every team of the device, and
serves the local API to the other processes. When it ends, whoever wants the network
next takes the lock. While the device is locked it stays, so that it can be unlocked:
it has no link, no open store and no key then, and answers that it is locked.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from envlsp.crypto.memory import SecretBuffer
from envlsp.domain.ids import DevicePk, RecordId, TeamId
from envlsp.errors import EnvlspError, Locked, NodeRefused, TransportError, UsageError
from envlsp.service.access.mending import TURNS_S, mend_in_turn
from envlsp.service.config import is_lan_used
from envlsp.service.facade import Service
from envlsp.service.holding import FOREVER
from envlsp.service.joining.invitations import close_used_up
from envlsp.service.lending import from_ms, to_ms
from envlsp.service.locking import see_locked
from envlsp.service.network.local_api import LocalServer, Values
from envlsp.service.network.presence import PeerState
from envlsp.service.network.roaming import Whereabouts
from envlsp.service.network.team_node import TeamNode
from envlsp.service.replica import Replica
from envlsp.service.replicas.keeping import own_room
from envlsp.service.results import SyncResult
from envlsp.service.signaling_tokens import tokens_from
from envlsp.transport.lan import Lan
from envlsp.wire.canonical import Value

log = logging.getLogger(__name__)

REFRESH_S = 2.0
"""How often the store is looked at for records of processes that did not say so."""
TURNS_ALONE = 3
"""So many of those looks make one look at the machine's addresses, where no link stands that they concern."""
RETRY_S = 5.0
"""How often a team whose signaling server was unreachable is tried again."""
SYNC_MAX_S = 60.0


class Node:
    """The network of this device. Make it inside the running loop, holding the lock."""

    def __init__(
        self, service: Service, hear: Callable[[], None] = lambda: None, *, is_courier: bool = False
    ) -> None:
        """Prepare; teams are added, then `start`.

        Args:
            service: this device.
            hear: told, in the loop's thread, whenever the other processes are told something.
            is_courier: let in whoever comes with an invitation link; for a node that stays.
        """
        self._service = service
        self._hear = hear
        self._is_courier = is_courier
        self._lan = Lan() if is_lan_used(service.environ) else None
        self._is_locked = False
        self._turn = service.vault.hold.turn
        self._teams: dict[TeamId, TeamNode] = {}
        self._waiting: dict[TeamId, tuple[str, ...]] = {}
        self._adding = asyncio.Lock()
        self._unmended: dict[TeamId, float] = {}
        self._listeners: dict[TeamId, tuple[Replica, Callable[[Sequence[RecordId]], None]]] = {}
        self._server = LocalServer(Path(service.home.node_socket), self._answer)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Serve the local API."""
        await self._server.start()
        self._service.vault.is_nodes_own = True
        self._tasks.add(asyncio.create_task(self._watch()))

    async def open_teams(self) -> None:
        """Begin to sync every team of this device; where it is locked, as soon as it is unlocked.

        Raises:
            EnvlspError: no team can be served; one that cannot leaves the others as they are.
        """
        try:
            teams = self._service.vault.open().teams()
        except Locked:
            self._is_locked = True
            return
        failures: list[EnvlspError] = []
        for team in teams:
            try:
                await self.add_or_await(team, self._service.servers_of(team))
            except EnvlspError as exc:
                log.warning("a team is not served: %s", exc.code)
                failures.append(exc)
        if failures and len(failures) == len(teams):
            raise failures[0]

    async def add_team(self, team: TeamId, servers: tuple[str, ...]) -> TeamNode:
        """Begin to sync a team.

        Raises:
            SignalingUnreachable: no server answered; tried again from time to time.
        """
        async with self._adding:
            if team in self._teams:
                return self._teams[team]
            self._waiting.pop(team, None)
            self._listen(team)
            opened = self._service.team(team)
            node = TeamNode(
                opened.replica,
                servers,
                own_room(opened),
                is_courier=self._is_courier,
                lan=self._lan,
                tokens=tokens_from(self._service.environ),
            )
            node.on_peers = lambda: self._say("peers", team)
            node.on_asked = lambda: self._unmended.setdefault(team, time.monotonic())
            try:
                await node.start()
            except BaseException:  # whoever asked has hung up, too: it is tried again for the next
                await node.close()
                self._waiting[team] = servers
                raise
            self._teams[team] = node
            return node

    def _listen(self, team: TeamId) -> Replica:
        """Tell the other processes of what comes to a team, whether it can be synced or not."""
        replica = self._service.team(team).replica
        if team in self._listeners:
            known, listener = self._listeners[team]
            if known is replica:
                return replica
            known.on_change.remove(listener)

        def changed(_: Sequence[RecordId]) -> None:
            self._say("changed", team)
            self._unmended.setdefault(team, time.monotonic())

        replica.on_change.append(changed)
        self._listeners[team] = replica, changed
        return replica

    def _say(self, what: str, team: TeamId) -> None:
        self._server.broadcast(what, team)
        self._hear()

    async def add_or_await(self, team: TeamId, servers: tuple[str, ...]) -> None:
        """Begin to sync a team, now or as soon as a signaling server answers."""
        with contextlib.suppress(TransportError):
            await self.add_team(team, servers)

    async def close(self) -> None:
        """Leave every team and stop serving."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._leave_teams()
        await self._server.close()
        self._service.vault.is_nodes_own = False

    async def _leave_teams(self) -> None:
        async with self._adding:
            for replica, listener in self._listeners.values():
                replica.on_change.remove(listener)
            nodes = tuple(self._teams.values())
            for known in (self._teams, self._listeners, self._waiting, self._unmended):
                known.clear()
            await asyncio.gather(*(node.close() for node in nodes))

    # --- locking ---------------------------------------------------------------------------------

    async def _follow_lock(self) -> None:
        """Lock when somebody has locked the device, or the time is over; unlock when the key is there."""
        vault = self._service.vault
        if not self._is_locked and vault.heed_lock() != self._turn:
            await self._lock()
        elif self._is_locked and not self._service.home.is_locked and vault.asks_nobody:
            await self._unlock()

    async def _lock(self) -> None:
        """End every link, close every store, and forget the keys."""
        self._is_locked = True
        self._service.vault.hold.forget()
        see_locked(self._service.home)
        await self._leave_teams()
        self._service.lock()
        self._server.broadcast("locked")
        self._hear()

    async def _unlock(self) -> None:
        """Take everything up again, with the key that is held."""
        self._service.vault.open()  # before anybody is told
        self._is_locked, self._turn = False, self._service.vault.hold.turn
        self._server.broadcast("unlocked")
        with contextlib.suppress(EnvlspError):
            await self.open_teams()
        self._hear()

    async def _take_key(self, kek: SecretBuffer, for_s: float) -> None:
        """Hold the key from now on, for another time perhaps, or of another protection."""
        with kek:
            self._service.vault.take_key(kek, for_s)
        if self._is_locked:
            await self._unlock()
        else:
            self._turn = self._service.vault.hold.turn  # an editor may have let go of the key before it

    def _left_ms(self) -> int:
        self._demand_open()
        hold = self._service.vault.hold
        return to_ms(hold.left_s() or FOREVER)  # nothing is held where a key file opens the device

    def _demand_open(self) -> None:
        if self._is_locked:
            raise Locked(fix="envlsp unlock")

    async def _watch(self) -> None:
        """Notice what other processes wrote without saying so, servers that are back, another place."""
        tried, whereabouts = time.monotonic(), Whereabouts()
        for turn in itertools.count(1):
            await asyncio.sleep(REFRESH_S)
            is_due = turn % TURNS_ALONE == 0 or any(node.online() for node in self._teams.values())
            if is_due and (moved := whereabouts.moved()) is not None:
                log.debug("the machine has slept, or other addresses")
                tried = float("-inf")
                for node in self._teams.values():
                    node.moved(moved)
            with contextlib.suppress(EnvlspError):
                await self._follow_lock()
            for replica, _ in list(self._listeners.values()):
                with contextlib.suppress(EnvlspError):  # a busy disk is asked again
                    replica.refresh()
            with contextlib.suppress(EnvlspError):
                self._mend()
            if self._waiting and time.monotonic() - tried > RETRY_S:
                tried = time.monotonic()
                for team, servers in list(self._waiting.items()):
                    await self.add_or_await(team, self._service.servers_of(team) or servers)

    def _mend(self) -> None:
        """Finish what somebody else's change left open, unless others were faster."""
        for team, since in list(self._unmended.items()):
            waited_s = time.monotonic() - since
            try:
                opened = self._service.team(team)
                close_used_up(opened.replica)  # at once: the next admission may be on its way
                is_left = mend_in_turn(opened, waited_s)
            except EnvlspError:
                is_left = waited_s < TURNS_S  # a busy disk is asked again, and the other teams go on
            if not is_left:
                del self._unmended[team]

    async def _team(self, team: TeamId, servers: tuple[str, ...]) -> TeamNode:
        if team not in self._teams:
            if team not in self._service.vault.open().teams():
                self._service.vault.reload()  # joined after we started
            known = servers or self._service.team(team).store.peers.servers()
            return await self.add_team(team, known)
        return self._teams[team]

    async def _changed(self, team: TeamId) -> None:
        """Take in what another process has written, then see to it that it is passed on."""
        if team in self._listeners:
            self._listeners[team][0].refresh()
        if team not in self._waiting:  # there it is tried again anyway, and nobody has to wait for that
            node = await self._team(team, ())
            node.replica.refresh()
            node.look_around()

    async def _begin_anew(self, team: TeamId) -> None:
        """Serve a team with the keys of now: this device has joined it, perhaps not for the first time."""
        self._service.vault.reload()
        known = self._listeners.get(team)
        if known is not None and known[0].keys.dpk != self._service.vault.keys(team).dpk:
            replica, listener = self._listeners.pop(team)
            replica.on_change.remove(listener)
            if (node := self._teams.pop(team, None)) is not None:
                await node.close()
            self._service.forget(team)
        await self._team(team, ())

    # --- the local API ---------------------------------------------------------------------------

    async def _answer(self, method: str, args: Values) -> Values:
        match method, args:
            case "lock", ():
                await self._lock()
                return ()
            case "unlock", (bytes() as kek, int() as left_ms):
                await self._take_key(SecretBuffer.taken(kek), from_ms(left_ms))
                return ()
            case "online", ():
                return (sum(node.online() for node in self._teams.values()),)
            case "left", ():
                return (self._left_ms(),)
        self._demand_open()
        return await self._answer_open(method, args)

    async def _answer_open(self, method: str, args: Values) -> Values:
        match method, args:
            case "key", ():
                return (self._service.vault.open().kek.reveal(), self._left_ms())
            case "changed", (bytes() as team,):
                await self._changed(TeamId(team))
                return ()
            case "joined", (bytes() as team,):
                await self._begin_anew(TeamId(team))
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
    return (result.reached, result.in_sync, result.received, result.devices, int(result.removed))


def to_sync_result(values: Values) -> SyncResult:
    """Return the result that `sync_values` wrote.

    Raises:
        NodeRefused: the node said something else.
    """
    match values:
        case (int() as reached, int() as in_sync, int() as received, int() as devices, int() as removed):
            return SyncResult(reached, in_sync, received, devices, bool(removed))
    raise NodeRefused


def peer_values(peer: PeerState) -> list[Value]:
    """Return a peer as the local API carries it."""
    way: list[Value] = [peer.path, int(peer.in_sync), peer.via, peer.since_s, peer.connected_ms]
    return [peer.dpk, peer.state, *way]


def to_peer_state(value: Value) -> PeerState:
    """Return the peer that `peer_values` wrote.

    Raises:
        NodeRefused: the node said something else.
    """
    match value:
        case [
            bytes() as dpk,
            str() as state,
            str() as path,
            int() as in_sync,
            str() as via,
            int() as since_s,
            int() as connected_ms,
        ]:
            return PeerState(DevicePk(dpk), state, path, bool(in_sync), via, since_s, connected_ms)
    raise NodeRefused
