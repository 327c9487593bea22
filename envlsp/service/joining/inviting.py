"""Letting somebody in by a spoken code: the side that reads it out (PROTOCOL E.1, A6).

Runs in the process of the command, beside the node if there is one: a mailbox is a pipe
of two parties and no room of the team. What a person decides, `Talk` asks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from envlsp.crypto.pairing import Code, new_code
from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.records import Role
from envlsp.errors import CodeRefused, EnvlspError, NobodyReachable, Stopped, TransportError
from envlsp.service.access import roles
from envlsp.service.access.rights import demand_role
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.joining.burned_codes import BurnedCodes
from envlsp.service.joining.pipe import CODE_LIFE_S, Pipe, ask_person, meeting_place, sync_over
from envlsp.service.people import SHORT_HEX, Person, parse_person, printable
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
        talk: who is asked whether the words are the same; by default the service's person.
        is_cancelled: whether the person has stopped waiting.

    Returns:
        Who joined.

    Raises:
        NoAccess: only an admin invites.
        CodeRefused: the code was burned, or the person here said no.
        NobodyReachable: nobody came in time.
        SignalingUnreachable: no server to meet at.
        Stopped: it was stopped; the detail says whether somebody was let in.
    """
    demand_role(opened.team.replica, Role.ADMIN)
    BurnedCodes(opened.team.store, service.clock).check()
    inviter = _Inviter(service, opened, role, address, talk or service.talk)
    try:
        return run_until(inviter.run(on_code), is_cancelled)
    except Stopped:
        raise inviter.stopped() from None


class _Inviter:
    """The side that reads the code out."""

    def __init__(
        self, service: Service, opened: OpenedTeam, role: Role, address: str | None, talk: Talk
    ) -> None:
        self._service = service
        self._talk = talk
        self._opened = opened
        self._role = role
        self._address = address
        self._joined = ""

    async def run(self, on_code: Callable[[str], None]) -> str:
        """Do all of it; return who joined."""
        async with meeting_place(self._opened.servers) as client:
            mailbox = await client.allocate()
            code = new_code(int(mailbox.number))
            on_code(code.spoken())
            try:
                async with asyncio.timeout(CODE_LIFE_S):
                    await mailbox.paired()
                    return await self._pair(client, mailbox, code)
            except TimeoutError:
                raise NobodyReachable("nobody used the code", fix="envlsp invite") from None
            finally:
                with contextlib.suppress(EnvlspError):
                    await mailbox.close()

    async def _pair(self, client: SignalingClient, mailbox: Mailbox, code: Code) -> str:
        half = InviterJoin(code, self._welcome())
        pipe = Pipe(mailbox, half)
        try:
            came = await pipe.until(machine.JoinRequested)
        except CodeRefused:
            BurnedCodes(self._opened.team.store, self._service.clock).note()
            raise
        await self._decide(pipe, half, came.request, came.sas)
        try:
            await sync_over(pipe, client, self._opened.team, came.request.dpk, vouched=False)
        except TransportError as exc:
            user = self._opened.team.replica.state.user_of(came.request.dpk) or b""
            raise NobodyReachable(
                f"{self._joined} was let in, and left before everything was there",
                fix=f"envlsp sync; before they join anew: envlsp access revoke {user.hex()[:SHORT_HEX]}",
            ) from exc
        return self._joined

    def stopped(self) -> Stopped:
        """Return what to say when the person here did not want to wait any longer."""
        if not self._joined:
            return Stopped("nobody was let in, and the code is of no use any more", fix="envlsp invite")
        return Stopped(f"{self._joined} was let in; they get the rest with the next sync", fix="envlsp sync")

    def _welcome(self) -> Welcome:
        replica = self._opened.team.replica
        servers = [server for server in self._opened.servers if len(server.encode()) <= SERVER_MAX_BYTES]
        return Welcome(
            team=replica.team,
            root_sign=replica.state.root.root_sign,
            genesis=replica.raw(RecordId(replica.team)),
            servers=tuple(servers[:SERVERS_MAX]),
            dpk=replica.keys.dpk,
            xpk=replica.keys.xpk,
        )

    async def _decide(self, pipe: Pipe, half: InviterJoin, request: Request, sas: tuple[str, ...]) -> None:
        try:
            person = await self._accepted(request, sas)
            wish = roles.Request(request.dpk, request.xpk, request.pop, person)
            limit = self._opened.members_max
            record = roles.grant(self._opened.team.replica, wish, self._role, limit)
        except EnvlspError:
            half.deny()
            await pipe.flush()
            raise
        self._joined = person.display_name
        half.grant([record])
        await pipe.flush()

    async def _accepted(self, request: Request, sas: tuple[str, ...]) -> Person:
        """Return who wants to join, once the person here has said yes.

        Raises:
            CodeRefused: they said no, or it is not who was invited.
        """
        person = parse_person(printable(request.name), printable(request.label))
        if self._address and person.address.lower() != self._address.lower():
            raise CodeRefused("somebody else answered than was invited")
        self._talk.say(f"{person.display_name} wants to join from {person.device or 'a device'}")
        self._talk.say(f"both screens must show: {' '.join(sas)}")
        if not await ask_person(lambda: self._talk.confirm("do they read the same words to you?")):
            raise CodeRefused("you said no; nobody was let in")
        return person
