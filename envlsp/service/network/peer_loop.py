"""One session over one link: read, feed, obey. Decides nothing.

The machine is `sync.session`; this is the dull loop around it that owns the clock,
the link and the store. A failing disk ends the session with that word, never the node.
At its end it says, for who debugs, how many records came and how many of them were known.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence

from envlsp.crypto.handshake import Setup, side_of
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.ledger import admission
from envlsp.errors import LinkClosed, StoreError, TransportError, UpgradeNeeded
from envlsp.service.network.sync_port import SyncPort
from envlsp.service.replica import Received, Replica
from envlsp.sync import effects
from envlsp.sync.effects import Close, Effect, SendMessage, StoreRecords
from envlsp.sync.session import Session
from envlsp.sync.states import State
from envlsp.transport.api import Link
from envlsp.wire.messages import CloseCode

log = logging.getLogger(__name__)

Listener = Callable[[Effect], None]
"""Told of every event of the session, in order."""


class PeerLoop:
    """Drives one session until it ends."""

    def __init__(
        self,
        link: Link,
        replica: Replica,
        peer: DevicePk,
        listener: Listener,
        *,
        vouched: bool = False,
    ) -> None:
        """Prepare a session with the device we dialled.

        Args:
            link: open.
            replica: what is synced.
            peer: who must be at the other end.
            listener: told what happens.
            vouched: a spoken code has proved the peer, whatever our ledger says yet.
        """
        self.link = link
        self._replica = replica
        self._listener = listener
        setup = Setup(
            team=replica.team,
            key=replica.keys.sign,
            side=side_of(replica.keys.dpk, peer),
            binding=link.binding,
            expected=peer,
        )
        self.peer = peer
        self.session = Session(setup, SyncPort(replica, peer), _now(), vouched=peer if vouched else None)
        self._wake = asyncio.Event()
        self._changed: list[RecordId] = []
        self._leaving = self._doubting = False
        self._fresh = self._known = 0
        """Records that came and were new, and that were stored already."""
        self.ended = asyncio.Event()
        """Set when nothing more is stored that comes over this link."""
        self.code = CloseCode.LOST

    @property
    def is_behind(self) -> bool:
        """Whether there are records the session has not been told of yet."""
        return bool(self._changed)

    def local_change(self, ids: Sequence[RecordId]) -> None:
        """Say that these records are stored; call it on the loop's own thread."""
        self._changed += ids
        self._wake.set()

    def doubt(self) -> None:
        """Demand a sign of life within three seconds: our addresses have changed, or time has passed."""
        self._doubting = True
        self._wake.set()

    def leave(self) -> None:
        """Begin the orderly end."""
        self._leaving = True
        self._wake.set()

    async def run(self) -> CloseCode:
        """Drive the session to its end and close the link."""
        incoming = asyncio.create_task(self.link.receive())
        waking = asyncio.create_task(self._wake.wait())
        try:
            await self._obey()
            while self.session.state is not State.CLOSED:
                wait_s = max(0.0, self.session.wake_at(_now()) - _now())
                await asyncio.wait({incoming, waking}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
                if incoming.done():
                    incoming = self._take(incoming)
                if waking.done():
                    self._wake.clear()
                    waking = asyncio.create_task(self._wake.wait())
                    self._pass_on()
                self.session.tick(_now())
                await self._obey()
        finally:
            self.ended.set()
            for task in (incoming, waking):
                task.cancel()
            await asyncio.gather(incoming, waking, return_exceptions=True)
            await self.link.close()
        log.debug("a session ended: %s, %d new records, %d known", self.code.name, self._fresh, self._known)
        return self.code

    def _take(self, incoming: asyncio.Task[bytes]) -> asyncio.Task[bytes]:
        try:
            message = incoming.result()
        except TransportError:
            self.session.lost()
            return incoming
        try:
            self.session.receive(message, _now())
        except StoreError:
            self.session.abort(CloseCode.STORE, _now())
        return asyncio.create_task(self.link.receive())

    def _pass_on(self) -> None:
        if self._changed:
            changed, self._changed = self._changed, []
            self.session.local_change(changed, _now())
            self.session.membership_changed(_now())
        if self._doubting:
            self._doubting = False
            self.session.doubt(_now())
        if self._leaving:
            self.session.leave(_now())

    async def _obey(self) -> None:
        while pending := self.session.take_effects():
            for effect in pending:
                await self._obey_one(effect)

    async def _obey_one(self, effect: Effect) -> None:
        match effect:
            case SendMessage(message):
                with contextlib.suppress(LinkClosed):  # the reader will see it too
                    await self.link.send(message)
            case StoreRecords(records, auth_only):
                self._store(records, auth_only=auth_only)
            case Close(code):
                self.code = code
                self._listener(effect)
            case _:
                self._listener(effect)

    def _store(self, records: tuple[bytes, ...], *, auth_only: bool) -> None:
        try:
            received = self._replica.receive(records, auth_only=auth_only)
        except UpgradeNeeded:
            self.session.abort(CloseCode.UPGRADE, _now())
        except StoreError:
            self.session.abort(CloseCode.STORE, _now())
        else:
            accepted = [one.verdict for one in received if isinstance(one.verdict, admission.Accepted)]
            self._fresh += sum(verdict.new for verdict in accepted)
            self._known += sum(not verdict.new for verdict in accepted)
            self.session.stored([_result(one) for one in received], _now())


def _result(received: Received) -> effects.StoreResult:
    match received.verdict, received.id:
        case admission.Accepted(), identity if identity is not None:
            return effects.Accepted(identity)
        case admission.Missing(parents), identity if identity is not None:
            return effects.Missing(identity, parents)
        case _:
            return effects.Refused()


def _now() -> float:
    return time.monotonic()
