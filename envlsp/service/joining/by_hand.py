"""Joining without a network: a request goes to an admin, a welcome comes back (PROTOCOL E.3).

Three moments, on two machines that never meet: `ask` on the new one, `let_in` on the
admin's, `arrive` on the new one again. The keys that asked wait sealed on the disk, and
are used once. Refuses to know how the two texts travel.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from envlsp.crypto.device import device_keys, new_seeds
from envlsp.crypto.requests import (
    check_request_untrusted,
    make_request,
    open_welcome_untrusted,
    request_words,
    seal_welcome,
)
from envlsp.crypto.signing import check_untrusted
from envlsp.crypto.verify import Signatures
from envlsp.domain.ids import NO_TEAM, BoxPk, DevicePk
from envlsp.domain.ledger.admission import Accepted
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import Role
from envlsp.errors import (
    BadText,
    CannotOpen,
    LimitExceeded,
    Malformed,
    Misuse,
    PeerError,
    StoreError,
    TrustError,
)
from envlsp.service.access import roles
from envlsp.service.access.rights import demand_role
from envlsp.service.access.scope_members import ScopeLine
from envlsp.service.context import Project
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.joining.inviting import told_servers
from envlsp.service.joining.pinning import check_team, pin_team, said_no
from envlsp.service.network import errands
from envlsp.service.people import Person, parse_person, printable
from envlsp.service.ports import Talk
from envlsp.service.replica import Replica
from envlsp.service.results import JoinResult
from envlsp.store.files import write_whole
from envlsp.store.keyfile import DeviceSeeds
from envlsp.store.pending import Waiting
from envlsp.wire.requests import WELCOME_MAX_BYTES, WELCOME_MAX_RECORDS, JoinRequest, WelcomeFile
from envlsp.wire.text import to_team_text

_ROOM_BYTES = 64 * 1024
"""Left in a welcome for what is written besides the records that are there now."""


class Asked(NamedTuple):
    """A request that somebody carries to an admin."""

    text: str
    words: str
    """To be read to the admin by another way."""


class LetIn(NamedTuple):
    """Somebody who was let in, and the file that tells them."""

    person: Person
    words: str
    welcome: Path


# --- the new machine asks ----------------------------------------------------------------------


def ask(service: Service, person: Person, talk: Talk) -> Asked:
    """Draw fresh keys, keep them, and return a request that any team's admin can answer."""
    service.vault.open_or_create(talk)
    seeds = DeviceSeeds(*new_seeds())
    service.pending.put(NO_TEAM, seeds, int(service.clock()))
    text = make_request(device_keys(seeds.sign, seeds.box), person.display_name)
    return Asked(text, " ".join(request_words(check_request_untrusted(text))))


# --- an admin answers --------------------------------------------------------------------------


def let_in(
    opened: OpenedTeam,
    text: str,
    role: Role,
    talk: Talk,
    welcome: Path,
    *,
    lines: Collection[ScopeLine] = (),
) -> LetIn:
    """Let in whoever made a request, once the person here has compared the words.

    Args:
        opened: the team.
        text: the request, `rq1…`.
        role: in the team.
        talk: who is asked.
        welcome: the file to write, which must not be there.
        lines: scopes they are let into at once.

    Raises:
        BadText: no request, or a slip in it.
        TrustError: its proof is not of its keys.
        NoAccess: only an admin lets somebody in.
        Misuse: the keys were let in before, the team's history is too long, or the
            person said no.
        StoreError: the file cannot be written; nobody was let in.
    """
    replica = opened.team.replica
    demand_role(replica, Role.ADMIN)
    request = check_request_untrusted(text)
    _check_fresh(replica, request)
    _check_size(replica)
    _check_place(welcome)
    person = parse_person(printable(request.name), "")
    words = " ".join(request_words(request))
    talk.say(f"{person.display_name} asks to be let in by a request; its words: {words}")
    if not talk.confirm("do they read the same words to you?"):
        raise Misuse("you said no; nobody was let in", fix="ask them for another request: envlsp request")
    wish = roles.Request(request.dpk, request.xpk, request.pop, person)
    roles.grant(replica, wish, role, opened.members_max, lines=lines)
    write_whole(str(welcome), _welcome(opened, request))
    return LetIn(person, words, welcome)


def _welcome(opened: OpenedTeam, request: JoinRequest) -> bytes:
    replica = opened.team.replica
    records = tuple(replica.raw(record.id) for record in replica.ledger.records())
    granted = replica.state.devices[request.dpk].intro
    content = WelcomeFile(replica.team, told_servers(opened.servers), granted, records)
    return seal_welcome(content, request.xpk)


def _check_fresh(replica: Replica, request: JoinRequest) -> None:
    replica.refresh()
    known = (getattr(record.header.pub, "dpk", b"") for record in replica.ledger.auth_records())
    if request.dpk in known:  # by a void record too
        raise Misuse(
            "key already introduced: that request was answered before, and each works once",
            fix="ask them for another request: envlsp request",
        )


def _check_size(replica: Replica) -> None:
    records = replica.ledger.records()
    size = sum(len(replica.raw(record.id)) + 4 for record in records)
    if size + _ROOM_BYTES > WELCOME_MAX_BYTES or len(records) >= WELCOME_MAX_RECORDS - 64:
        raise Misuse(
            f"the team's history is {size >> 20} MiB, more than a welcome carries",
            fix="envlsp invite, where both can reach a signaling server",
        )


def _check_place(path: Path) -> None:
    if os.path.lexists(path):
        raise StoreError(f"{path} is there already", fix="give another: --out FILE")
    if not os.access(path.parent, os.W_OK):
        raise StoreError(f"cannot write into {path.parent}", fix="give another: --out FILE")


# --- the new machine is in ---------------------------------------------------------------------


def arrive(service: Service, project: Project | None, data: bytes, talk: Talk) -> JoinResult:
    """Become part of the team whose admin answered a request of this device.

    Args:
        service: this device.
        project: where we stand, if in one: the welcome must be of its team.
        data: the welcome, as it came.
        talk: who is asked, outside of a project.

    Raises:
        BadText: no welcome, or for no request of this device.
        TrustError: of another team than `ev.yaml` names, or the person said no, or it
            does not let this device in.
    """
    waiting, welcome = _opened(service, data)
    question = check_team(service, project, welcome.team, what="the welcome")
    if question and not talk.confirm(question):
        raise said_no()
    keys = device_keys(waiting.seeds.sign, waiting.seeds.box)
    _check_lets_in(welcome, keys.dpk, keys.xpk)
    team = pin_team(service, welcome.team, waiting.seeds, welcome.servers)
    team.replica.receive(welcome.records)
    service.pending.drop(waiting.seeds)
    errands.tell_node(service, team.id, "joined")
    granter = team.replica.record(welcome.granted).header.author
    asked = JoinRequest(keys.dpk, keys.xpk, b"", "")
    return JoinResult(
        team=to_team_text(team.id),
        inviter=team.people.of_device(granter).name,
        words=" ".join(request_words(asked)),
        members=len(team.replica.state.members),
    )


def _opened(service: Service, data: bytes) -> tuple[Waiting, WelcomeFile]:
    if not service.vault.exists:
        raise _not_for_us()
    waiting = [one for one in service.pending.all() if one.team == NO_TEAM]
    try:
        place, welcome = open_welcome_untrusted(data, [device_keys(*w.seeds).box for w in waiting])
    except (Malformed, LimitExceeded):
        raise BadText("that is no welcome, or it was cut", fix="copy the file again") from None
    except CannotOpen:
        raise _not_for_us() from None
    return waiting[place], welcome


def _not_for_us() -> BadText:
    return BadText(
        "that welcome is for no request that waits on this device, or was altered",
        fix="copy the file again, or begin anew: envlsp request",
    )


def _check_lets_in(welcome: WelcomeFile, dpk: DevicePk, xpk: BoxPk) -> None:
    """Judge the records before anything of them is kept.

    Raises:
        TrustError: they do not make this device a member's.
    """
    ledger = Ledger(welcome.team, Signatures())
    for raw in welcome.records:
        try:
            verdict = ledger.admit(check_untrusted(raw, welcome.team))
        except (PeerError, TrustError) as exc:
            raise _lets_nobody_in() from exc
        if not isinstance(verdict, Accepted):
            raise _lets_nobody_in()
    device = ledger.state.devices.get(dpk) if len(ledger) else None
    if device is None or not device.active or device.xpk != xpk or welcome.granted not in ledger:
        raise _lets_nobody_in()


def _lets_nobody_in() -> TrustError:
    return TrustError("that welcome does not let this device in", fix="ask the admin for another welcome")
