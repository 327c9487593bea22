"""Letting somebody in by a spoken code: the side that reads it out (PROTOCOL E.1, A6).

Runs in the process of the command, beside the node if there is one: a mailbox is a pipe
of two parties and no room of the team. What a person decides, `Talk` asks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection

from envlsp.crypto.pairing import Code, new_code
from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.records import Role
from envlsp.errors import CodeRefused, EnvlspError, NobodyReachable, Stopped, TransportError
from envlsp.service.access.scope_members import ScopeLine
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.joining.burned_codes import BurnedCodes
from envlsp.service.joining.offers import NewMember, Offer
from envlsp.service.joining.pipe import CODE_LIFE_S, Pipe, ask_person, meeting_place, sync_over
from envlsp.service.people import Person
from envlsp.service.ports import Cancelled, Talk, never
from envlsp.service.stopping import run_until
from envlsp.sync import join as machine
from envlsp.sync.join import InviterJoin
from envlsp.transport.mailbox import Mailbox
from envlsp.transport.signaling_client import SignalingClient
from envlsp.wire.join import SERVER_MAX_BYTES, SERVERS_MAX, Request, Welcome


def invite(
    service: Service,
    opened: OpenedTeam,
    role: Role,
    on_code: Callable[[str], None],
    *,
    address: str | None = None,
    lines: Collection[ScopeLine] = (),
    talk: Talk | None = None,
    is_cancelled: Cancelled = never,
) -> str:
    """Invite somebody who is at the other end of a phone, and wait until they are in.

    Args:
        service: this device.
        opened: the team.
        role: what they may do.
        on_code: told the code once, to be read out.
        address: let in only whoever says this is theirs.
        lines: scopes they are let into; with the role `Role.NONE`, they are a guest of these.
        talk: who is asked whether the words are the same; by default the service's person.
        is_cancelled: whether the person has stopped waiting.

    Returns:
        Who joined.

    Raises: as `offer_code` does.
    """
    offer = NewMember(opened, role, address, lines)
    return offer_code(service, opened, offer, on_code, talk=talk, is_cancelled=is_cancelled).display_name


def offer_code(
    service: Service,
    opened: OpenedTeam,
    offer: Offer,
    on_code: Callable[[str], None],
    *,
    talk: Talk | None = None,
    is_cancelled: Cancelled = never,
) -> Person:
    """Make a code for what is offered, and wait until whoever uses it has everything.

    Args:
        service: this device.
        opened: the team.
        offer: what the code makes of whoever uses it.
        on_code: told the code once.
        talk: who is asked whether the words are the same; by default the service's person.
        is_cancelled: whether the person has stopped waiting.

    Returns:
        Who came in.

    Raises:
        NoAccess: we may not let anybody in.
        CodeRefused: the code was burned, or the person here said no.
        NobodyReachable: nobody came in time.
        SignalingUnreachable: no server to meet at.
        Stopped: it was stopped; the detail says whether somebody was let in.
    """
    offer.check()
    BurnedCodes(opened.team.store, service.clock).check()
    inviter = _Inviter(service, opened, offer, talk or service.talk)
    try:
        return run_until(inviter.run(on_code), is_cancelled)
    except Stopped:
        raise inviter.stopped() from None


class _Inviter:
    """The side that reads the code out."""

    def __init__(self, service: Service, opened: OpenedTeam, offer: Offer, talk: Talk) -> None:
        self._service = service
        self._opened = opened
        self._offer = offer
        self._talk = talk
        self._joined: Person | None = None

    async def run(self, on_code: Callable[[str], None]) -> Person:
        """Do all of it; return who came in."""
        async with meeting_place(self._service, self._opened.servers) as client:
            mailbox = await client.allocate()
            code = new_code(int(mailbox.number))
            on_code(code.spoken())
            try:
                async with asyncio.timeout(CODE_LIFE_S):
                    await mailbox.paired()
                    return await self._pair(client, mailbox, code)
            except TimeoutError:
                raise NobodyReachable("nobody used the code", fix=self._offer.again) from None
            finally:
                with contextlib.suppress(EnvlspError):
                    await mailbox.close()

    async def _pair(self, client: SignalingClient, mailbox: Mailbox, code: Code) -> Person:
        half = InviterJoin(code, self._welcome())
        pipe = Pipe(mailbox, half, again=self._offer.again)
        try:
            came = await pipe.until(machine.JoinRequested)
        except CodeRefused:
            BurnedCodes(self._opened.team.store, self._service.clock).note()
            raise
        joined = await self._decide(pipe, half, came.request, came.sas)
        try:
            await sync_over(pipe, client, self._opened.team, came.request.dpk, vouched=False)
        except TransportError as exc:
            raise NobodyReachable(
                f"{joined.display_name} was let in, and left before everything was there",
                fix=f"{self._offer.again}, and a join on their side goes on where this one ended",
            ) from exc
        return joined

    def stopped(self) -> Stopped:
        """Return what to say when the person here did not want to wait any longer."""
        if self._joined is None:
            fix = self._offer.again
            return Stopped("nobody was let in, and the code is of no use any more", fix=fix)
        name = self._joined.display_name
        return Stopped(f"{name} was let in; they get the rest with the next sync", fix="envlsp sync")

    def _welcome(self) -> Welcome:
        replica = self._opened.team.replica
        return Welcome(
            team=replica.team,
            root_sign=replica.state.root.root_sign,
            genesis=replica.raw(RecordId(replica.team)),
            servers=told_servers(self._opened.servers),
            dpk=replica.keys.dpk,
            xpk=replica.keys.xpk,
            owner=self._offer.owner,
        )

    async def _decide(self, pipe: Pipe, half: InviterJoin, request: Request, sas: tuple[str, ...]) -> Person:
        try:
            person = await self._accepted(request, sas)
            record = self._offer.let_in(request, person)
        except EnvlspError:
            half.deny()
            await pipe.flush()
            raise
        self._joined = person
        half.grant([record])
        await pipe.flush()
        return person

    async def _accepted(self, request: Request, sas: tuple[str, ...]) -> Person:
        """Return who wants in, once the person here has said yes.

        Raises:
            CodeRefused: they said no, or it is not who was meant.
        """
        person = self._offer.person(request)
        self._talk.say(self._offer.announce(person))
        self._talk.say(f"both screens must show: {' '.join(sas)}")
        if not await ask_person(lambda: self._talk.confirm(self._offer.question)):
            raise CodeRefused("you said no; nobody was let in")
        return person


def told_servers(servers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the signaling servers that a newcomer is told of: those that fit the format."""
    return tuple(server for server in servers if len(server.encode()) <= SERVER_MAX_BYTES)[:SERVERS_MAX]
