"""Coming into a team by a spoken code: the side that types it (PROTOCOL E.1, A6).

Runs in the process of the command, beside the node if there is one. The team is pinned,
and our keys in it are on the disk, before any record of it is stored.
"""

from __future__ import annotations

import asyncio
import contextlib

from envlsp.crypto.device import device_keys, new_seeds, prove
from envlsp.crypto.pairing import Code, parse_code
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import NO_OWNER
from envlsp.errors import CodeRefused, EnvlspError, NobodyReachable, NotFound, Stopped
from envlsp.service.context import Project
from envlsp.service.facade import Service, parse_team
from envlsp.service.joining.links import is_link, join_by_link
from envlsp.service.joining.pinning import check_team, pin_team, said_no
from envlsp.service.joining.pipe import CODE_LIFE_S, Pipe, ask_person, meeting_place, sync_over
from envlsp.service.network import errands
from envlsp.service.people import Person
from envlsp.service.ports import Cancelled, Talk, never
from envlsp.service.results import JoinResult
from envlsp.service.stopping import run_until
from envlsp.store.keyfile import DeviceSeeds
from envlsp.sync import join as machine
from envlsp.sync.join import JoinerJoin
from envlsp.transport.mailbox import Mailbox
from envlsp.transport.signaling_client import SignalingClient
from envlsp.wire.introductions import from_link_text_untrusted
from envlsp.wire.join import Request, Welcome
from envlsp.wire.text import to_team_text

_OWN_DEVICE = (
    "this code makes this machine another device of whoever reads it out,"
    " not a member of its own; is that yourself?"
)


def join(
    service: Service,
    project: Project | None,
    code: str,
    person: Person,
    servers: tuple[str, ...],
    *,
    talk: Talk | None = None,
    is_cancelled: Cancelled = never,
) -> JoinResult:
    """Join a team by the code that an admin reads out, or by an invitation link.

    Args:
        service: this device.
        project: where we stand, if in one: the code must be of its team.
        code: as typed, or a link as pasted.
        person: who we are.
        servers: signaling servers to meet at.
        talk: who is asked and told; by default the service's person.
        is_cancelled: whether the person has stopped waiting.

    Raises:
        BadText: no possible code.
        CodeRefused: another code, or the admin said no.
        LinkRefused: a member says why the link lets nobody in.
        TrustError: it is of another team than `ev.yaml` names.
        SignalingUnreachable, NobodyReachable: nobody to meet.
        Stopped: it was stopped before everything was here.
    """
    if is_link(code):
        return join_by_link(service, project, code, person, servers, talk=talk, is_cancelled=is_cancelled)
    parsed = parse_code(code)
    joiner = _Joiner(service, project, person, talk or service.talk)
    try:
        result = run_until(joiner.run(parsed, servers), is_cancelled)
    except Stopped:
        raise Stopped("the code is of no use any more", fix="ask for a new code, and join again") from None
    errands.tell_node(service, parse_team(result.team), "joined")
    return result


def check_code(code: str) -> None:
    """Make sure that this may be a code or a link, before anybody is asked anything.

    Raises:
        BadText: it cannot be one.
    """
    if is_link(code):
        from_link_text_untrusted(code)
    else:
        parse_code(code)


class _Joiner:
    """The side that types the code."""

    def __init__(self, service: Service, project: Project | None, person: Person, talk: Talk) -> None:
        self._service = service
        self._talk = talk
        self._project = project
        self._person = person

    async def run(self, code: Code, servers: tuple[str, ...]) -> JoinResult:
        """Do all of it; return the team we are in now."""
        self._service.vault.open_or_create(self._talk)  # a passphrase is asked for before anybody waits
        async with meeting_place(self._service, servers) as client:
            mailbox = await _claim(client, code)
            try:
                async with asyncio.timeout(CODE_LIFE_S):
                    return await self._pair(client, mailbox, code)
            except TimeoutError:
                raise NobodyReachable("the other side never answered", fix="ask for a new code") from None
            finally:
                with contextlib.suppress(EnvlspError):
                    await mailbox.close()

    async def _pair(self, client: SignalingClient, mailbox: Mailbox, code: Code) -> JoinResult:
        half = JoinerJoin(code)
        pipe = Pipe(mailbox, half, again="ask for a new code")
        welcome = (await pipe.until(machine.Welcomed)).welcome
        await self._agree(welcome)
        pending = self._service.pending
        seeds = pending.of_team(welcome.team) or DeviceSeeds(*new_seeds())
        pending.put(welcome.team, seeds, int(self._service.clock()))
        words = " ".join(half.request(self._request(seeds, welcome)))
        self._talk.say(f"both screens must show: {words}")
        self._talk.say("waiting for the other side to let you in")
        try:
            await pipe.until(machine.JoinGranted)
        finally:
            if pipe.is_denied:
                pending.drop(seeds)  # they may be keys that nobody lets in again
        team = pin_team(self._service, welcome.team, seeds, welcome.servers)
        await sync_over(pipe, client, team, welcome.dpk, vouched=True)
        pending.drop(seeds)
        inviter = team.people.of_device(welcome.dpk).name
        return JoinResult(
            team=to_team_text(team.id),
            inviter=inviter,
            words=words,
            members=len(team.replica.state.members),
            is_own_device=welcome.owner != NO_OWNER,
        )

    async def _agree(self, welcome: Welcome) -> None:
        """Make sure that it is the team we mean, and that we become in it what we mean to become.

        Raises:
            TrustError: another team than `ev.yaml` names, or the person said no.
        """
        questions = [check_team(self._service, self._project, welcome.team)]
        if welcome.owner != NO_OWNER:
            questions.append(_OWN_DEVICE)
        for question in filter(None, questions):
            if not await self._asked(question):
                raise said_no()

    async def _asked(self, question: str) -> bool:
        return await ask_person(lambda: self._talk.confirm(question))

    def _request(self, seeds: DeviceSeeds, welcome: Welcome) -> Request:
        keys = device_keys(seeds.sign, seeds.box)
        purpose = PopPurpose.JOIN if welcome.owner == NO_OWNER else PopPurpose.DEVICE_ADD
        pop = prove(keys, welcome.team, purpose, welcome.owner)
        return Request(keys.dpk, keys.xpk, pop, self._person.display_name, self._person.device)


async def _claim(client: SignalingClient, code: Code) -> Mailbox:
    try:
        return await client.claim(code.spoken().partition("-")[0])
    except NotFound as exc:
        raise CodeRefused("nobody waits behind it; it may have been used, or mistyped") from exc
