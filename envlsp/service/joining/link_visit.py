"""A stay in the room of an invitation link, with nothing but the link (PROTOCOL E.2).

Knocks, hears who answers, and goes to one courier after the other until one has let us in.
What comes goes into a replica of its own, and is judged there from the pinned team id.
Its rules:

* A courier is believed once the records that it brought say that it is a developer's device.
* Our name goes to one courier, after that. While we do not know what became of our
  request nobody else is asked: two admissions would be one too many, and both void.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from envlsp.crypto.device import DeviceKeys, prove
from envlsp.crypto.introductions import claim_of, open_card, seal_knock, seal_request
from envlsp.crypto.rendezvous import (
    SignalOrder,
    SignalWriter,
    days_at,
    invite_room_id,
    new_session,
    open_signal,
)
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, TeamId
from envlsp.domain.ledger.records import Role
from envlsp.errors import (
    EnvlspError,
    LinkRefused,
    NobodyReachable,
    PeerError,
    TransportError,
    TrustError,
)
from envlsp.service.network.peer_loop import PeerLoop
from envlsp.service.network.turn import find_servers, link_options
from envlsp.service.people import Person
from envlsp.service.replica import Replica
from envlsp.sync.effects import Effect, InSync
from envlsp.transport.api import SignalKind
from envlsp.transport.signaling_client import SignalingClient
from envlsp.wire.canonical import Value
from envlsp.wire.introductions import Answer, Card, JoinRequest, Link
from envlsp.wire.messages import CloseCode
from envlsp.wire.signaling_messages import Message, Tag
from envlsp.wire.signals import Params, SessionId, Signal, from_words, to_words

KNOCK_EVERY_S: Final = 3.0
SYNC_S: Final = 60.0
"""How long the records of the team may take."""
ADMIT_S: Final = 20.0
"""From our request to the record: a courier hesitates for two seconds at most."""
BETTER_ANSWER_S: Final = 3.0
"""After a refusal, how long somebody else may still let us in: the first one's news may be older."""
LEAVE_S: Final = 5.0
TRIES_MAX: Final = 3
"""Dials of one courier."""
DIAL_ASKS: Final = 4
DIAL_ASK_EVERY_S: Final = 3.0
CARDS_MAX: Final = 64
PIPE_MAX: Final = 64

_REFUSALS: Final = {
    Answer.USED: (
        "it was used already",
        "if that was not you, tell whoever sent it at once; then ask for another",
    ),
    Answer.CANCELLED: ("it was cancelled, or who made it is no admin any more", "ask for another"),
    Answer.EXPIRED: ("its time is over", "ask for another: envlsp invite --link"),
    Answer.OTHER_ADDRESS: ("it is for another address", '--as "You <address>", with the one it was made for'),
    Answer.FULL: ("the team has as many members as there can be", "ask an admin"),
    Answer.UNABLE: ("the teammate who answered could not let you in", "try again in a while"),
}


class LinkVisit:
    """One stay, on one connection."""

    def __init__(self, client: SignalingClient, replica: Replica, link: Link, person: Person) -> None:
        """Prepare; `there` begins.

        Args:
            client: connected.
            replica: empty, with the keys that are to be admitted.
            link: what we have.
            person: who we are.
        """
        self._client = client
        self._replica = replica
        self._link = link
        self._person = person
        self._inv_pk = claim_of(link).inv_pk
        self._order = SignalOrder()
        self._cards: asyncio.Queue[tuple[Card, Tag]] = asyncio.Queue(CARDS_MAX)
        self._pipe: _Pipe | None = None
        self._asked: DevicePk | None = None
        self._refused: Answer | None = None

    @property
    def _keys(self) -> DeviceKeys:
        return self._replica.keys

    @contextlib.asynccontextmanager
    async def there(self) -> AsyncIterator[None]:
        """Be in the room, knock, and hear what is said to us."""
        for day in days_at(self._replica.now()):
            await self._client.subscribe(invite_room_id(self._inv_pk, day))
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._knock())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def get_in(self, wait_s: float) -> DevicePk:
        """Return the courier that let us in.

        Raises:
            LinkRefused: the link lets nobody in.
            NobodyReachable: nobody came in time.
            SignalingUnreachable: the server is gone.
        """
        clock = asyncio.get_running_loop().time
        deadline, tries = clock() + wait_s, dict[DevicePk, int]()
        while (heard := await self._next_card(deadline - clock())) is not None:
            card, tag = heard
            if card.answer is not Answer.COME:
                self._refused = card.answer
                deadline = min(deadline, clock() + BETTER_ANSWER_S)
            elif self._asked in (None, card.dpk) and tries.get(card.dpk, 0) < TRIES_MAX:
                tries[card.dpk] = tries.get(card.dpk, 0) + 1
                with contextlib.suppress(TransportError):  # the same one again, or another
                    await self._ask(card, tag)
                    return card.dpk
        raise self._nobody()

    def _nobody(self) -> EnvlspError:
        if self._refused is not None:
            return _refusal(self._refused)
        if self._asked is not None:
            return NobodyReachable(
                "the teammate who was about to let you in went away",
                fix="join again with the same link once they are back; you may be in already",
            )
        return NobodyReachable(
            "no teammate who can let you in is online, or the link is no good any more",
            fix="try again while one runs an editor or envlsp agent, or ask for a code: envlsp invite",
        )

    # --- in the room -----------------------------------------------------------------------------

    async def _knock(self) -> None:
        while True:
            now = self._replica.now()
            room = invite_room_id(self._inv_pk, days_at(now)[0])
            with contextlib.suppress(TransportError):
                await self._client.publish(room, seal_knock(self._link, self._keys, room, now))
            await asyncio.sleep(KNOCK_EVERY_S)

    async def _listen(self) -> None:
        async for event in self._client.messages():
            if isinstance(event, Message):
                self._hear(event.tag, event.blob)

    def _hear(self, tag: Tag, blob: bytes) -> None:
        box, own, team = self._keys.box, self._keys.dpk, self._link.team
        with contextlib.suppress(TrustError, PeerError):
            card = open_card(blob, box, own=own, team=team)
            if not self._cards.full():
                self._cards.put_nowait((card, tag))
            return
        with contextlib.suppress(TrustError, PeerError):
            signal = open_signal(blob, box, own=own, team=team)
            if self._pipe is not None and self._order.accept(signal):
                self._pipe.push(signal)

    async def _next_card(self, wait_s: float) -> tuple[Card, Tag] | None:
        if wait_s <= 0:
            return None  # whatever lies there: cards are free, and each asks us for a dial
        try:
            async with asyncio.timeout(wait_s):
                return await self._cards.get()
        except TimeoutError:
            return None

    # --- one courier -----------------------------------------------------------------------------

    async def _ask(self, card: Card, tag: Tag) -> None:
        """Get the records from one courier, and be admitted by it.

        Raises:
            TransportError: it cannot be reached, went away, or is no courier: try another.
            LinkRefused: the records, or the courier, say why the link is no good.
        """
        async with self._session(card, tag) as session:
            await session.in_step(SYNC_S)
            if self._is_in():
                return  # admitted at an earlier time, and cut off before we heard of it
            self._check(card.dpk)
            session.expect_news()
            self._asked = card.dpk
            await self._client.send(tag, self._request(card))
            await self._admitted(card.dpk, session)
            with contextlib.suppress(TransportError):
                await session.in_step(SYNC_S)  # we are in; what is left comes with any sync

    def _is_in(self) -> bool:
        return len(self._replica.ledger) > 0 and self._replica.state.is_active(self._keys.dpk)

    def _check(self, courier: DevicePk) -> None:
        """Believe the courier, and the link, if the records do."""
        if not len(self._replica.ledger):
            raise NobodyReachable("who answered has no records of the team")
        state = self._replica.state
        user = state.user_of(courier) if state.is_active(courier) else None
        if user is None or state.role(user, TEAM_SCOPE) < Role.DEVELOPER:
            raise NobodyReachable("who answered may let nobody in")
        link = state.invites.get(self._link.invite)
        if link is not None and (link.overused or len(link.uses) >= link.max_uses):
            raise _refusal(Answer.USED)
        if link is None or not link.live:
            raise _refusal(Answer.CANCELLED)

    def _request(self, card: Card) -> bytes:
        request = JoinRequest(
            team=self._link.team,
            dpk=self._keys.dpk,
            to=card.dpk,
            invite=self._link.invite,
            ts=self._replica.now(),
            pop=prove(self._keys, self._link.team, PopPurpose.JOIN),
            name=self._person.display_name,
            label=self._person.device,
        )
        return seal_request(request, self._keys.sign, card.xpk)

    async def _admitted(self, courier: DevicePk, session: _Session) -> None:
        """Wait for the record that lets us in, or for the reason why there is none."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + ADMIT_S
        while not self._is_in():
            if clock() > deadline or session.is_over:
                raise NobodyReachable("who answered went away before you were let in")
            card, _ = await self._next_card(0.1) or (None, None)
            if card is not None and card.dpk == courier and card.answer is not Answer.COME:
                self._asked = None
                if card.answer is not Answer.UNABLE:
                    raise _refusal(card.answer)
                self._refused = card.answer
                raise NobodyReachable("who answered could not let you in")

    @contextlib.asynccontextmanager
    async def _session(self, card: Card, tag: Tag) -> AsyncIterator[_Session]:
        """Dial a courier through the room and sync with it, whoever it may be."""
        from envlsp.transport.webrtc import Dial

        controlling = self._keys.dpk < card.dpk
        pipe = self._pipe = _Pipe(self._client, tag, self._keys, self._link.team, card)
        try:
            if not controlling:
                await pipe.be_dialled()
            servers = await find_servers(self._client)
            link = await Dial(
                controlling=controlling, servers=servers, signals=pipe, options=link_options()
            ).open()
        finally:
            self._pipe = None
        in_step = asyncio.Event()

        def note(effect: Effect) -> None:
            if isinstance(effect, InSync):
                in_step.set()

        loop = PeerLoop(link, self._replica, card.dpk, note, vouched=True)
        running = asyncio.create_task(loop.run())
        try:
            yield _Session(running, in_step)
        finally:
            loop.leave()
            await asyncio.wait({running}, timeout=LEAVE_S)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


class _Session:
    """A session that runs, as far as a joiner cares."""

    def __init__(self, running: asyncio.Task[CloseCode], in_step: asyncio.Event) -> None:
        self._running = running
        self._in_step = in_step

    @property
    def is_over(self) -> bool:
        return self._running.done()

    def expect_news(self) -> None:
        """Wait anew: something is about to be written."""
        self._in_step.clear()

    async def in_step(self, timeout_s: float) -> None:
        """Return once both sides hold the same.

        Raises:
            NobodyReachable: it took too long, or the other side left.
        """
        waiting = asyncio.create_task(self._in_step.wait())
        await asyncio.wait({self._running, waiting}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if not self._in_step.is_set():
            raise NobodyReachable("who answered went away before everything was there")


class _Pipe:
    """The way of one dial's messages, through the room of the link."""

    def __init__(self, client: SignalingClient, tag: Tag, keys: DeviceKeys, team: TeamId, card: Card) -> None:
        self._client = client
        self._tag = tag
        self._keys = keys
        self._team = team
        self._card = card
        self._writer = self._new_writer(new_session())
        self._dialled = asyncio.Event()
        self._inbox: asyncio.Queue[tuple[SignalKind, Value]] = asyncio.Queue(PIPE_MAX)

    def push(self, signal: Signal) -> None:
        """Take a message to us, if it is of this dial."""
        if signal.sender != self._card.dpk or self._inbox.full():
            return
        if isinstance(signal.content, Params) and not self._dialled.is_set():
            self._dialled.set()
            is_other = signal.session != self._writer.session
            if is_other and signal.sender < self._keys.dpk:  # theirs to begin, of their own accord
                self._writer = self._new_writer(signal.session)
        if signal.session == self._writer.session:
            self._inbox.put_nowait(to_words(signal.content))

    async def be_dialled(self) -> None:
        """Ask for the dial that is theirs to begin, and return when it has begun.

        Raises:
            NobodyReachable: it did not.
            TransportError: the server is gone.
        """
        for _ in range(DIAL_ASKS):
            await self.send("dial", [])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DIAL_ASK_EVERY_S):
                    await self._dialled.wait()
                    return
        raise NobodyReachable("who answered does not connect")

    async def send(self, kind: SignalKind, params: Value) -> None:
        """Send a message of the dial."""
        await self._client.send(self._tag, self._writer.seal(from_words(kind, params)))

    async def receive(self) -> tuple[SignalKind, Value]:
        """Return the next message of the dial."""
        return await self._inbox.get()

    def _new_writer(self, session: SessionId) -> SignalWriter:
        return SignalWriter(self._keys.sign, self._team, self._card.dpk, self._card.xpk, session)


def _refusal(answer: Answer) -> LinkRefused:
    text, fix = _REFUSALS[answer]
    return LinkRefused(text, fix=fix)
