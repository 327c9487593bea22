"""Inviting and joining by a spoken code: the loops around `sync.join` (PROTOCOL E.1, A6).

Both run in the process of the command, beside the node if there is one: a mailbox is
a pipe of two parties and no room of the team. The first link between them is dialled
through that pipe too, since the joiner holds no key of a room yet; over it the records
flow by an ordinary session. What a person decides, `Talk` asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from envlsp.crypto.device import DeviceKeys, device_keys, new_seeds, prove
from envlsp.crypto.pairing import Code, new_code, parse_code
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import DevicePk, RecordId, TeamId
from envlsp.domain.ledger.records import Role
from envlsp.errors import (
    BadConfig,
    CodeRefused,
    EnvlspError,
    NobodyReachable,
    NotFound,
    SignalingUnreachable,
    Stopped,
    TransportError,
    TrustError,
)
from envlsp.service import network
from envlsp.service.access import roles
from envlsp.service.access.removal import is_removed
from envlsp.service.access.rights import demand_role
from envlsp.service.context import Project
from envlsp.service.facade import OpenedTeam, Service, parse_team, team_of
from envlsp.service.joining.burned_codes import BurnedCodes
from envlsp.service.peer_loop import PeerLoop
from envlsp.service.people import SHORT_HEX, Person, parse_person, printable
from envlsp.service.ports import Cancelled, Talk, never
from envlsp.service.results import JoinResult
from envlsp.service.stopping import run_until
from envlsp.service.team import Team
from envlsp.service.turn import find_servers
from envlsp.store.keyfile import DeviceSeeds
from envlsp.sync import join as machine
from envlsp.sync.effects import Effect, InSync
from envlsp.sync.join import InviterJoin, JoinerJoin
from envlsp.transport.api import SignalKind
from envlsp.transport.mailbox import Mailbox
from envlsp.transport.signaling_client import SignalingClient
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.join import SERVER_MAX_BYTES, SERVERS_MAX, Request, Welcome
from envlsp.wire.limits import BLOB_MAX_BYTES
from envlsp.wire.text import to_team_text

T = TypeVar("T")

CODE_LIFE_S = 600.0
"""How long a code can be used (PROTOCOL E.1): the server ends its mailbox then."""
LEAVE_S = 5.0
SYNC_S = 60.0
"""How long the first sync may take once the code has matched."""
# --- inviting ----------------------------------------------------------------------------------


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
        async with _meeting_place(self._opened.servers) as client:
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
        pipe = _Pipe(mailbox, half)
        try:
            asked = await pipe.until(machine.JoinRequested)
        except CodeRefused:
            BurnedCodes(self._opened.team.store, self._service.clock).note()
            raise
        await self._decide(pipe, half, asked.request, asked.sas)
        try:
            await _sync_over(pipe, client, self._opened.team, asked.request.dpk, vouched=False)
        except TransportError as exc:
            user = self._opened.team.replica.state.user_of(asked.request.dpk) or b""
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

    async def _decide(self, pipe: _Pipe, half: InviterJoin, request: Request, sas: tuple[str, ...]) -> None:
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
        if not await _asked(lambda: self._talk.confirm("do they read the same words to you?")):
            raise CodeRefused("you said no; nobody was let in")
        return person


# --- joining -----------------------------------------------------------------------------------


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
    """Join a team by the code that an admin reads out.

    Args:
        service: this device.
        project: where we stand, if in one: the code must be of its team.
        code: as typed.
        person: who we are.
        servers: signaling servers to meet at.
        talk: who is asked and told; by default the service's person.
        is_cancelled: whether the person has stopped waiting.

    Raises:
        BadText: no possible code.
        CodeRefused: another code, or the admin said no.
        TrustError: the code is of another team than `ev.yaml` names.
        SignalingUnreachable, NobodyReachable: nobody to meet.
        Stopped: it was stopped before everything was here.
    """
    parsed = parse_code(code)
    joiner = _Joiner(service, project, person, talk or service.talk)
    try:
        result = run_until(joiner.run(parsed, servers), is_cancelled)
    except Stopped:
        raise Stopped("the code is of no use any more", fix="ask for a new code, and join again") from None
    network.tell_node(service, parse_team(result.team), "joined")
    return result


class _Joiner:
    """The side that types the code."""

    def __init__(self, service: Service, project: Project | None, person: Person, talk: Talk) -> None:
        self._service = service
        self._talk = talk
        self._project = project
        self._person = person
        self._words = ""

    async def run(self, code: Code, servers: tuple[str, ...]) -> JoinResult:
        """Do all of it; return the team we are in now."""
        self._service.vault.open_or_create(self._talk)  # a passphrase is asked for before anybody waits
        async with _meeting_place(servers) as client:
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
        pipe = _Pipe(mailbox, half)
        welcome = (await pipe.until(machine.Welcomed)).welcome
        await self._check_team(welcome)
        seeds = DeviceSeeds(*new_seeds())
        keys = device_keys(seeds.sign, seeds.box)
        self._words = " ".join(half.request(self._request(keys, welcome)))
        self._talk.say(f"both screens must show: {self._words}")
        self._talk.say("waiting for the other side to let you in")
        await pipe.until(machine.JoinGranted)
        team = self._remember(welcome, seeds)
        await _sync_over(pipe, client, team, welcome.dpk, vouched=True)
        inviter = team.people.of_device(welcome.dpk).name
        return JoinResult(to_team_text(team.id), inviter, self._words, len(team.replica.state.members))

    async def _check_team(self, welcome: Welcome) -> None:
        """Make sure that this is the team we mean to join.

        Raises:
            TrustError: another one than `ev.yaml` names, or the person said no.
        """
        text = to_team_text(welcome.team)
        if self._project is not None:
            if team_of(self._project) != welcome.team:
                raise TrustError(
                    f"the code is for the team {text}, and {self._project.config_path} names another",
                    fix="ask for a code of this project's team",
                )
        elif not await _asked(
            lambda: self._talk.confirm(f"the code is for the team {text}; is that the one?")
        ):
            raise TrustError("you said no; nothing was joined")
        if self._is_member(welcome.team):
            raise BadConfig(
                "this device is in that team already",
                fix="envlsp status; after a removal, envlsp sync first: it says so",
            )

    def _is_member(self, team: TeamId) -> bool:
        """Return whether we are in; not so after a removal, or a join that broke off."""
        if self._service.vault.open().seeds(team) is None:
            return False
        replica = self._service.team(team).replica
        return len(replica.ledger) > 0 and not is_removed(replica)

    def _request(self, keys: DeviceKeys, welcome: Welcome) -> Request:
        pop = prove(keys, welcome.team, PopPurpose.JOIN)
        return Request(keys.dpk, keys.xpk, pop, self._person.display_name, self._person.device)

    def _remember(self, welcome: Welcome, seeds: DeviceSeeds) -> Team:
        """Pin the team: its id and our keys are on disk before any record of it."""
        device = self._service.vault.open()
        if device.seeds(welcome.team) is not None:  # of an earlier time: no record of theirs counts again
            self._service.forget(welcome.team)
            device.remove_team(welcome.team)
        device.add_team(welcome.team, seeds)
        team = self._service.team(welcome.team)
        if team.store.records.is_rolled_back():
            team.store.records.accept_loss()  # the mark is about the earlier keys
        team.store.peers.set_servers(welcome.servers)
        return team


# --- what both do ------------------------------------------------------------------------------


class _Pipe:
    """A join machine on its mailbox. Also the way of the first dial's messages."""

    def __init__(self, mailbox: Mailbox, half: InviterJoin | JoinerJoin) -> None:
        self._mailbox = mailbox
        self._half = half
        self._events: list[machine.JoinEffect] = []
        self._again = "envlsp invite" if isinstance(half, InviterJoin) else "ask for a new code"
        # One guess may be all that an inviter ever hears of a stranger; a joiner's inviter just left.
        self._is_trusted = isinstance(half, JoinerJoin)

    async def until(self, kind: type[T]) -> T:
        """Feed the machine until an event of this kind; return it.

        Raises:
            CodeRefused: the code was burned, or we were refused.
            NobodyReachable: whoever has the code has left.
        """
        while True:
            try:
                await self.flush()
                for event in self._take():
                    if (found := self._judge(event, kind)) is not None:
                        return found
                self._half.receive(await self._mailbox.recv())
            except SignalingUnreachable as exc:
                if not self._is_trusted:
                    text = "whoever answered left without proving it"
                    raise CodeRefused(text, fix="envlsp invite") from exc
                raise NobodyReachable("the other side left before you were done", fix=self._again) from exc

    def _judge(self, event: machine.JoinEffect, kind: type[T]) -> T | None:
        match event:
            case machine.CodeBurned():
                raise CodeRefused("somebody tried another code, or altered a message") from event.error
            case machine.JoinDenied():
                raise CodeRefused("the other side said no", fix="ask them why, then for a new code")
            case machine.CodeMatched():
                self._is_trusted = True
            case _:
                pass
        return event if isinstance(event, kind) else None

    async def flush(self) -> None:
        """Send what the machine wants sent; keep its events."""
        for effect in self._half.take_effects():
            if isinstance(effect, machine.SendBlob):
                await self._mailbox.send(effect.blob)
            else:
                self._events.append(effect)

    def _take(self) -> list[machine.JoinEffect]:
        events, self._events = self._events, []
        return events

    async def send(self, kind: SignalKind, params: Value) -> None:
        """Send a message of the dial."""
        await self._mailbox.send(self._half.seal_signal(encode([kind, params])))

    async def receive(self) -> tuple[SignalKind, Value]:
        """Return the peer's next message of the dial."""
        event = await self.until(machine.SignalReceived)
        match decode_untrusted(event.data, limit_bytes=BLOB_MAX_BYTES):
            case ["dial" | "params" | "candidates" | "end" | "bye" as kind, params]:
                return kind, params
        raise CodeRefused("the other side speaks another protocol")


async def _sync_over(
    pipe: _Pipe, client: SignalingClient, team: Team, peer: DevicePk, *, vouched: bool
) -> None:
    """Dial the other party through the mailbox and sync until both have everything.

    Raises:
        DialFailed: no way to them; the grant stands, and a later sync finishes.
        NobodyReachable: they went away in between.
    """
    from envlsp.transport.webrtc import Dial

    servers = await find_servers(client)
    link = await Dial(controlling=team.keys.dpk < peer, servers=servers, signals=pipe).open()
    in_step = asyncio.Event()

    def note(effect: Effect) -> None:
        if isinstance(effect, InSync):
            in_step.set()

    loop = PeerLoop(link, team.replica, peer, note, vouched=vouched)
    running = asyncio.create_task(loop.run())
    waiting = asyncio.create_task(in_step.wait())
    await asyncio.wait({running, waiting}, timeout=SYNC_S, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    loop.leave()
    await asyncio.wait({running}, timeout=LEAVE_S)
    running.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    if not in_step.is_set():
        raise NobodyReachable("the other side went away before everything was there", fix="envlsp sync")


async def _claim(client: SignalingClient, code: Code) -> Mailbox:
    try:
        return await client.claim(code.spoken().partition("-")[0])
    except NotFound as exc:
        raise CodeRefused("nobody waits behind it; it may have been used, or mistyped") from exc


async def _asked(question: Callable[[], bool]) -> bool:
    """Return a person's answer. The server hangs up on who is silent: they may think, we may not.

    Raises:
        EnvlspError: as the question does, where nobody is there to answer.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bool] = loop.create_future()

    def settle(set_it: Callable[[T], None], value: T) -> None:
        if not answer.done():
            set_it(value)

    def ask() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            try:
                said = question()
            except Exception as exc:  # noqa: BLE001  (raised again where it was asked)
                loop.call_soon_threadsafe(settle, answer.set_exception, exc)
            else:
                loop.call_soon_threadsafe(settle, answer.set_result, said)

    # A daemon: Ctrl-C must not wait for the person to press Enter.
    threading.Thread(target=ask, name="question", daemon=True).start()
    return await answer


@contextlib.asynccontextmanager
async def _meeting_place(servers: tuple[str, ...]) -> AsyncIterator[SignalingClient]:
    if not servers:
        raise SignalingUnreachable("no signaling server is configured")
    client = SignalingClient(servers, reconnect=False)
    try:
        await client.connect()
        yield client
    finally:
        await client.close()
