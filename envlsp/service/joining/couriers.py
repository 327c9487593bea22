"""The member's side of an invitation link: meets whoever comes with one, and admits them (PROTOCOL E.2).

Runs in the node, never in a short command, and asks no person: an admin made the link,
and a courier lends it no authority. Its rules:

* Who shows the link's signature over their keys is answered, and given records; a link that
  does not live is answered with the reason, as far as a courier may say it.
* The joiner chooses one courier and tells that one who they are. Nobody else may admit
  them, so several couriers cannot both do it for one joiner.
* Two joiners with one link are the danger left: with teammates online a courier waits for
  a moment and looks again, since one use too many makes all of them void.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from envlsp.crypto.epochs import Recipient
from envlsp.crypto.introductions import Claim, open_knock, open_request
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, RecordId
from envlsp.domain.ledger.policy import USERS_MAX
from envlsp.domain.ledger.records import Admit, Role
from envlsp.domain.ledger.state import InviteState
from envlsp.errors import EnvlspError, PeerError, TrustError
from envlsp.service.access.removal import is_removed
from envlsp.service.access.rights import own_role
from envlsp.service.access.rotation import seals_for, suspects_of
from envlsp.service.joining.invitations import close_used_up, is_expired, terms_of
from envlsp.service.network.meeting import Meeting
from envlsp.service.network.rooms import Room
from envlsp.service.people import Person, parse_person, printable
from envlsp.service.replica import Replica
from envlsp.wire.bodies import PersonBody
from envlsp.wire.introductions import Answer, JoinRequest, Knock
from envlsp.wire.signaling_messages import Tag

HESITATE_S: Final = 2.0
"""So long at most a courier leaves it to others to be first; a record reaches them in a tenth of it."""
ANSWER_EVERY_S: Final = 2.0
"""A joiner says every few seconds that it is there; a card that got lost is made up for."""
KNOCKS_MAX: Final = 32


@dataclass(frozen=True, slots=True)
class _Visitor:
    """Somebody who has shown a link."""

    invite: RecordId
    knock: Knock
    tag: Tag
    answered_at: float


class Couriers:
    """One device as a courier of one team. `service.meeting.Door`."""

    def __init__(self, replica: Replica, meeting: Meeting, teammates: Callable[[], int]) -> None:
        """Prepare; make it inside the running loop.

        Args:
            replica: of a developer's device; for anybody else nothing happens.
            meeting: how joiners are answered.
            teammates: how many of their devices are online now.
        """
        self._replica = replica
        self._meeting = meeting
        self._teammates = teammates
        self._visitors: dict[DevicePk, _Visitor] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._deciding: set[DevicePk] = set()

    async def hear(self, room: Room, tag: Tag, blob: bytes) -> bool:
        """Take what came into the room of a link; return whether it was for a courier."""
        invite = room.place.invite
        assert invite is not None, "the room of a link"
        try:
            claim = Claim(self._replica.team, invite, DevicePk(room.place.key))
            knock = open_knock(blob, claim, room.id)
        except (TrustError, PeerError):
            return self._hear_request(tag, blob)
        await self._knocked(invite, tag, knock)
        return True

    async def close(self) -> None:
        """Admit nobody any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send_away(self) -> list[DevicePk]:
        """Return whoever was answered and may not come any more; they are vouched for no longer."""
        state = self._replica.state
        live = {identity for identity, link in state.invites.items() if link.live}
        gone = [
            dpk
            for dpk, visitor in self._visitors.items()
            if visitor.invite not in live and not state.is_active(dpk)
        ]
        for dpk in gone:
            del self._visitors[dpk]
            self._meeting.unvouch(dpk)
        return gone

    # --- somebody shows a link -------------------------------------------------------------------

    async def _knocked(self, invite: RecordId, tag: Tag, knock: Knock) -> None:
        known, now = self._visitors.get(knock.dpk), time.monotonic()
        if known is not None and known.tag == tag and now - known.answered_at < ANSWER_EVERY_S:
            return
        answer = self._verdict(invite, knock.dpk)
        if answer is None:
            return
        self._remember(_Visitor(invite, knock, tag, now))
        if answer is Answer.COME:
            self._meeting.vouch(knock.dpk, knock.xpk, tag)
        await self._meeting.give_card(tag, knock.dpk, knock.xpk, answer)

    def _remember(self, visitor: _Visitor) -> None:
        self._visitors.pop(visitor.knock.dpk, None)
        self._visitors[visitor.knock.dpk] = visitor
        if len(self._visitors) > KNOCKS_MAX:
            gone = next(iter(self._visitors))
            del self._visitors[gone]
            self._meeting.unvouch(gone)

    def _verdict(self, invite: RecordId, joiner: DevicePk) -> Answer | None:
        """Return what to say to somebody with this link; None where another courier may know better."""
        self._replica.refresh()
        state = self._replica.state
        if is_removed(self._replica) or own_role(self._replica) < Role.DEVELOPER:
            return None
        if state.is_active(joiner):
            return Answer.COME  # let in already, and cut off before they heard of it
        link, terms = state.invites.get(invite), terms_of(self._replica, invite)
        if link is None or terms is None or self._is_doubted(invite):
            return None
        why_not = _refusal(link, is_expired=is_expired(terms, self._replica.now()))
        return why_not or (Answer.FULL if len(state.members) >= USERS_MAX else Answer.COME)

    def _is_doubted(self, invite: RecordId) -> bool:
        """Return whether a link is by somebody who gets no new key from us: nor does who has it (C.5)."""
        maker = self._replica.record(invite).header.author
        return maker in suspects_of(self._replica, TEAM_SCOPE)

    # --- somebody asks to be admitted ------------------------------------------------------------

    def _hear_request(self, tag: Tag, blob: bytes) -> bool:
        keys = self._replica.keys
        try:
            request = open_request(blob, keys.box, own=keys.dpk, team=self._replica.team)
        except (TrustError, PeerError):
            return False
        visitor = self._visitors.get(request.dpk)
        if visitor is None or visitor.invite != request.invite:
            return True
        if request.dpk not in self._deciding:  # one at a time, however often they ask
            self._deciding.add(request.dpk)
            self._spawn(self._decide(tag, visitor.knock, request))
        return True

    async def _decide(self, tag: Tag, knock: Knock, request: JoinRequest) -> None:
        try:
            if self._teammates():
                await asyncio.sleep(random.uniform(0, HESITATE_S))  # noqa: S311 (jitter, not a secret)
            answer = self._admit(knock, request)
        except EnvlspError:  # no key, a bad proof, a busy disk: not the link's fault
            answer = Answer.UNABLE
        finally:
            self._deciding.discard(knock.dpk)
        if answer is not Answer.COME:
            await self._meeting.give_card(tag, knock.dpk, knock.xpk, answer)

    def _admit(self, knock: Knock, request: JoinRequest) -> Answer:
        replica, invite = self._replica, request.invite
        person = parse_person(printable(request.name), printable(request.label))
        with replica.writing():
            answer = self._verdict(invite, knock.dpk)
            if answer is not Answer.COME or replica.state.is_active(knock.dpk):
                return answer or Answer.UNABLE
            if not self._is_meant(invite, person):
                return Answer.OTHER_ADDRESS
            seals = seals_for(replica, Recipient(knock.dpk, knock.xpk))
            pub = Admit(invite, knock.dpk, knock.xpk, request.pop, knock.inv_sig, seals)
            replica.append(pub, PersonBody(replica.now(), person.display_name, person.device, ""))
            close_used_up(replica)
        self._meeting.unvouch(knock.dpk)  # the records name them now
        return Answer.COME

    def _is_meant(self, invite: RecordId, person: Person) -> bool:
        terms = terms_of(self._replica, invite)
        return terms is not None and terms.address.lower() in ("", person.address.lower())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _refusal(link: InviteState, *, is_expired: bool) -> Answer | None:
    if link.overused or len(link.uses) >= link.max_uses:
        return Answer.USED
    if not link.live:
        return Answer.CANCELLED
    return Answer.EXPIRED if is_expired else None
