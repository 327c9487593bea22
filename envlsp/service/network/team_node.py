"""One team on the network: meets its devices, keeps links to them, syncs with each.

Runs inside the node's event loop. Everything that decides is elsewhere: who dials
(`transport.dial_plan`), what is said (`sync.session`), what is believed (`domain.ledger`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Sequence
from random import SystemRandom
from typing import Any

from envlsp.crypto.rendezvous import RoomKey
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.errors import SignalingUnreachable, StoreError
from envlsp.service.access.removal import is_removed, note_told, note_welcome
from envlsp.service.joining.couriers import Couriers
from envlsp.service.network.meeting import Meeting
from envlsp.service.network.mesh import Mesh
from envlsp.service.network.peer_loop import PeerLoop
from envlsp.service.network.peering import is_blind, is_known, is_peer
from envlsp.service.network.presence import PeerState, Presence
from envlsp.service.network.roaming import Moved
from envlsp.service.network.telling import note_they_know
from envlsp.service.network.turn import find_servers, link_options
from envlsp.service.network.waiting import Waiting
from envlsp.service.network.witness import Witness
from envlsp.service.replica import Replica
from envlsp.service.replicas.allowed import allowed
from envlsp.service.results import SyncResult
from envlsp.sync import effects
from envlsp.sync.effects import Effect, InSync
from envlsp.transport.api import IceServers, Link, SignalKind
from envlsp.transport.dialer import Dialer, webrtc_opener
from envlsp.transport.lan import Lan, LanPoint
from envlsp.transport.meeting_point import Everywhere
from envlsp.transport.signaling_client import SignalingClient
from envlsp.transport.signaling_servers import TokenOf, no_token
from envlsp.wire.canonical import Value
from envlsp.wire.messages import CloseCode
from envlsp.wire.signals import SessionId

LEAVE_S = 2.0
FORGET_S = 180.0
"""A device that has been silent for three beacons is not dialled any more."""
TELL_AGAIN_S = 2.0
"""A removed device that was told, and has not come anew since, is not answered sooner again."""
RETURN_S = 30.0
"""How long a change of addresses is remembered while no signaling server answers; later, its
first answer brings the beacons that dial by themselves."""
REPLACE_S = 2.0
"""How long a new link waits for the end of the one whose place it takes, which is being closed."""
STIR_S = 0.1
"""How long to wait for an event before looking at the clock again."""


class TeamNode:
    """The network life of one team on this device."""

    def __init__(
        self,
        replica: Replica,
        servers: Sequence[str],
        own_room: bytes | None = None,
        *,
        is_courier: bool = False,
        lan: Lan | None = None,
        tokens: TokenOf = no_token,
    ) -> None:
        """Prepare; `start` begins. Make it inside the running loop.

        Args:
            replica: what is synced.
            servers: signaling servers, best first.
            own_room: 32 bytes that come from elsewhere than the records: with the recovery
                words, where the replica is the root key's, or a blind replica's own. Whoever is
                met there is trusted to bring records, until the records say who they are.
            is_courier: let in whoever comes with an invitation link; for who stays a while.
            lan: where teammates are met without a server too.
            tokens: what the servers' operators want to be shown.
        """
        self.replica = replica
        self.servers = tuple(servers)
        self._client = Everywhere(
            SignalingClient(self.servers, tokens=tokens) if self.servers else None,
            LanPoint(lan, replica.clock) if lan is not None else None,
        )
        self._meeting = Meeting(
            replica,
            self._client,
            self._beacon_heard,
            self._signal_heard,
            own_room=RoomKey(own_room) if own_room is not None else None,
        )
        self._couriers = Couriers(replica, self._meeting, self.online) if is_courier else None
        self._meeting.door = self._couriers
        self._meeting.is_linked = self._is_linked
        self._meeting.on_crowded_out = self._forget_stranger
        options = link_options()
        self._dialer = Dialer(
            replica.keys.dpk,
            self._meeting,
            self._find_servers,
            open_link=webrtc_opener(options),
            leaves_relays=not options.relay_only,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._there = Presence(self._is_teammate)
        self._stirred = asyncio.Event()
        self._told: dict[DevicePk, float] = {}
        self._mesh = Mesh(SystemRandom())
        self._drawn: set[DevicePk] = set()
        """Members' devices that we have asked for a link since the last draw."""
        self._witness = Witness(replica, self._asked)
        self._begins_on_trust = own_room is not None
        self.on_peers: Callable[[], None] = lambda: None
        """Called when a device of the team came or went, fell silent or was heard again."""
        self.on_asked: Callable[[], object] = lambda: None
        """Called when a device says that it lacks a key."""
        replica.on_change.append(self._records_came)

    async def start(self) -> None:
        """Connect and be there.

        Raises:
            SignalingUnreachable: no server answered.
        """
        await self._client.connect()
        await self._meeting.enter()  # whoever is told that we are there meets us from now on
        self._spawn(self._meeting.run())
        self._spawn(self._take_links())
        self._spawn(self._forget_the_silent())

    async def close(self) -> None:
        """Say goodbye to every peer, and leave."""
        self.replica.on_change.remove(self._records_came)
        for loop in self._there.loops.values():
            loop.leave()
        deadline = time.monotonic() + LEAVE_S
        while self._there.loops and time.monotonic() < deadline:
            await self._next_stir()
        if self._couriers is not None:
            await self._couriers.close()
        await self._dialer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.close()

    # --- syncing ---------------------------------------------------------------------------------

    async def sync(self, timeout_s: float) -> SyncResult:
        """Wait until every device that is there now holds what we hold, and we what they hold.

        Args:
            timeout_s: so long, and `UNDER_WAY_S` more while nobody is in step yet with whom
                that has begun; whoever is not in step by then is not counted.

        Raises:
            SignalingUnreachable: no server, so nobody to meet, and no link from before.
        """
        self.replica.refresh()
        self._client.hurry()
        waiting = Waiting(
            self._there, self._meeting, self._dialer, self._client, self._is_drawn, timeout_s=timeout_s
        )
        before = len(self.replica.ledger)
        self._dialer.nudge(*self._there.seen)
        while not waiting.is_done():
            await self._next_stir()
            if waiting.wants_to_ask():
                self._spawn(waiting.ask_for_company())
        if not self._there.loops and not self._client.is_connected:
            raise SignalingUnreachable
        return SyncResult(
            reached=len(self._there.teammates(self._there.heard())),
            in_sync=len(self.in_step()),
            received=len(self.replica.ledger) - before,
            devices=self._others(),
            removed=bool(self._there.removed_by) and is_removed(self.replica),
        )

    def _others(self) -> int:
        """Return how many devices there are to be in step with: the team's others, and our replicas."""
        if not len(self.replica.ledger):
            return 0
        devices, own = self.replica.state.devices.values(), self.replica.keys.dpk
        return sum(device.active for device in devices if device.dpk != own) + len(allowed(self.replica))

    def look_around(self) -> None:
        """Go where there is somebody to meet now: what is asked of this device alone may have changed."""
        self._meeting.look_around()

    def moved(self, moved: Moved) -> None:
        """Doubt whatever stood before: the machine has slept, or its addresses have changed."""
        for loop in self._there.loops.values():
            loop.doubt()
        self._meeting.look_again()
        self._spawn(self._come_back(moved))

    async def _come_back(self, moved: Moved) -> None:
        """Reach the server again, then dial: a dial without it would only fail."""
        await self._client.doubt(moved.gone)
        limit = time.monotonic() + RETURN_S
        while not self._client.is_connected and time.monotonic() < limit:
            await self._next_stir()
        if moved.addresses_changed:
            self._dialer.addresses_changed()
        else:
            self._dialer.nudge(*self._there.seen)

    def in_step(self) -> list[DevicePk]:
        """Return the peers that stand where we stand."""
        return self._there.in_step()

    def online(self) -> int:
        """Return how many devices of teammates are there now."""
        return len(self._there.teammates(self._there.loops))

    def peers(self) -> list[PeerState]:
        """Return how we reach each device that is there."""
        return self._there.peers(self._is_drawn)

    def _is_teammate(self, dpk: DevicePk) -> bool:
        """Return whether we want to be in step with it; a joiner with a link only wants something of us."""
        return is_peer(self.replica, dpk) or (self._begins_on_trust and self._meeting.is_vouched(dpk))

    def _is_linked(self, dpk: DevicePk) -> bool:
        return dpk in self._there.loops

    async def _next_stir(self) -> None:
        """Return when something happened, or after a moment."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stirred.wait(), STIR_S)
        self._stirred.clear()

    # --- events ----------------------------------------------------------------------------------

    def _beacon_heard(self, dpk: DevicePk, is_new: bool) -> None:  # noqa: FBT001  (as `Meeting` calls it)
        if is_new:
            self._dialer.came(dpk)
        if self._is_teammate(dpk):
            self._note(dpk)
            if not self._is_drawn(dpk):
                return  # it may have drawn us
        elif not is_new:
            return  # a removed device is told when it comes, not once a minute
        else:
            self._told.pop(dpk, None)  # it may have an answer by now
        self._dialer.nudge(dpk)
        self._dialer.want(dpk)

    def _signal_heard(self, dpk: DevicePk, session: SessionId, kind: SignalKind, params: Value) -> None:
        if self._is_teammate(dpk):
            self._note(dpk)
            if self._is_drawn(dpk):
                self._dialer.want(dpk)
        elif self._meeting.is_vouched(dpk) or self._meeting.is_stranger(dpk):
            pass  # answered, and never called
        elif time.monotonic() - self._told.get(dpk, float("-inf")) < TELL_AGAIN_S:
            return
        self._dialer.incoming(dpk, session, kind, params)

    def _is_drawn(self, dpk: DevicePk) -> bool:
        """Return whether we want a link to a teammate's device that is there (F.5)."""
        return not self._is_member(dpk) or dpk in self._look()

    def _look(self) -> frozenset[DevicePk]:
        drawn = self._mesh.look(self._present(), time.monotonic())
        self._drawn |= drawn
        return drawn

    def _present(self) -> set[DevicePk]:
        """Return the devices of members that are there, as far as we know."""
        return {dpk for dpk in self._there.seen.keys() | self._there.loops.keys() if self._is_member(dpk)}

    def _draw_again(self) -> None:
        """Go by the draw of now: call whom it names, and leave whom only an earlier one had named."""
        drawn = self._look()
        for dpk in self._drawn - drawn:  # a link that only the other side has asked for stays
            self._dialer.unwant(dpk)
            if dpk in self._there.loops:
                self._there.loops[dpk].leave()
        self._drawn = set(drawn)
        for dpk in drawn - self._there.loops.keys():
            self._dialer.want(dpk)

    def _note(self, dpk: DevicePk) -> None:
        self._stirred.set()
        self._there.note(dpk)

    def _records_came(self, ids: Sequence[RecordId]) -> None:
        self._meeting.look_around()
        for dpk in self._couriers.send_away() if self._couriers is not None else ():
            if dpk in self._there.loops:  # the link it came by was cancelled, or used by somebody else
                self._there.loops[dpk].leave()
        for loop in self._there.loops.values():
            loop.local_change(ids)
        if self._there.removed_by and self._is_ours(ids) and is_peer(self.replica, self.replica.keys.dpk):
            self._ask_again()

    def _is_ours(self, ids: Sequence[RecordId]) -> bool:
        own = self.replica.keys.dpk
        return any(self.replica.record(identity).header.author == own for identity in ids)

    def _ask_again(self) -> None:
        """Show those who sent us away that it is contested: a record of ours says so (A6)."""
        peers, self._there.removed_by = self._there.removed_by, set()
        for dpk in peers:
            self._note(dpk)
            self._dialer.want(dpk)
        self._dialer.nudge(*peers)

    def _session_event(self, dpk: DevicePk, effect: Effect) -> None:
        self._stirred.set()
        self._witness.heard(dpk, effect)
        match effect:
            case effects.PeerWentStale() | effects.PeerCameBack():
                self.on_peers()
            case effects.PeerWelcomed() if is_peer(self.replica, dpk):
                self._meeting.met_stranger(dpk)
                self.replica.store.peers.saw(dpk, self.replica.now())
            case InSync():
                if self._begins_on_trust:
                    self._stop_vouching(dpk)
                if is_peer(self.replica, dpk):
                    self.replica.store.peers.saw(dpk, self.replica.now())
                    self._there.removed_by.discard(dpk)
                    if not is_blind(self.replica, dpk):
                        note_welcome(self.replica)
            case _:
                pass

    def _asked(self) -> None:
        self.on_asked()

    def _stop_vouching(self, dpk: DevicePk) -> None:
        """Go by the records from now on: whoever brought them must be named in them."""
        self._meeting.unvouch(dpk)
        if not is_peer(self.replica, dpk) and dpk in self._there.loops:
            self._there.loops[dpk].leave()

    def _is_member(self, dpk: DevicePk) -> bool:
        """Return whether it is an active device of a member: what a replica says counts for nothing."""
        return len(self.replica.ledger) > 0 and self.replica.state.is_active(dpk)

    # --- tasks -----------------------------------------------------------------------------------

    async def _find_servers(self) -> IceServers:
        return await find_servers(self._client)

    async def _take_links(self) -> None:
        while True:
            dpk, link = await self._dialer.next_link()
            self._spawn(self._drive(dpk, link))

    async def _drive(self, dpk: DevicePk, link: Link) -> None:
        if (replaced := self._there.loops.get(dpk)) is not None:
            # What still comes over the link of before would be asked for here a second time.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(replaced.ended.wait(), REPLACE_S)
        with contextlib.suppress(StoreError):
            self.replica.refresh()  # what our commands have just written is to be heard of
        was_stranger = self._meeting.is_stranger(dpk)
        vouched = self._meeting.is_vouched(dpk)
        loop = PeerLoop(
            link, self.replica, dpk, lambda effect: self._session_event(dpk, effect), vouched=vouched
        )
        self._there.loops[dpk] = loop
        self._witness.begin(dpk)
        self.on_peers()
        try:
            code = await loop.run()
            if self._there.loops.get(dpk) is not loop:
                pass  # another link has taken its place, and says how it stands
            elif code is CloseCode.ORDERLY:
                self._forget(dpk)  # it said goodbye: nobody waits for it, or dials it
            elif code in (CloseCode.LOST, CloseCode.TIMEOUT):
                self._spawn(self._client.doubt())  # what took the link may have taken more
            elif code is CloseCode.REVOKED:
                self._part(dpk)
        finally:
            if self._there.loops.get(dpk) is loop:
                del self._there.loops[dpk]
                self.on_peers()
            if was_stranger and not is_peer(self.replica, dpk):
                self._meeting.met_stranger(dpk)
                self._dialer.forget(dpk)
            self._stirred.set()

    def _part(self, dpk: DevicePk) -> None:
        """Leave it at that, once both know that one of them was removed (A6)."""
        if not is_peer(self.replica, dpk):
            self._told[dpk] = time.monotonic()
            if is_known(self.replica, dpk):
                note_they_know(self.replica, dpk)
            self._forget(dpk)
            return
        # A session that was cut off had no time for introductions: the next one begins with them.
        if dpk in self._there.removed_by or is_removed(self.replica):
            self._forget(dpk)
        self._there.removed_by.add(dpk)
        if not is_blind(self.replica, dpk):  # its operator is no teammate, and could stop our work at will
            note_told(self.replica)
        self._meeting.look_around()

    async def _forget_the_silent(self) -> None:
        while True:
            await asyncio.sleep(FORGET_S / 3)
            now = time.monotonic()
            for dpk, seen in list(self._there.seen.items()):
                if now - seen > FORGET_S and dpk not in self._there.loops:
                    self._forget(dpk)
            self._draw_again()

    def _forget_stranger(self, dpk: DevicePk) -> None:
        """Call nobody on the word of a card that many others came after: cards cost their sender nothing."""
        if not is_peer(self.replica, dpk) and dpk not in self._there.loops:
            self._forget(dpk)

    def _forget(self, dpk: DevicePk) -> None:
        self._dialer.unwant(dpk)
        self._there.seen.pop(dpk, None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
