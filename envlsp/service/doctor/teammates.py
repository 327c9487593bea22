"""The other devices of the team: who is there and how, what they last said to hold, whose clock is off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from envlsp.domain.versions import id_text
from envlsp.errors import EnvlspError
from envlsp.service.access.alarms import alarms
from envlsp.service.access.owed import LOST, WITHHELD, own_lines
from envlsp.service.doctor.findings import Fact, Finding, fail, ok, skipped, warn
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.freshness import freshness
from envlsp.service.network.errands import peers
from envlsp.service.people import SHORT_HEX
from envlsp.service.promises import read_attest
from envlsp.service.results import Freshness, PeerInfo

SHOWN_MAX: Final = 6
SHORT_ID: Final = 8
SKEW_WARN_S: Final = 60
_DAY_S: Final = 86_400
_MEET: Final = "envlsp sync, while a teammate is online"


def teammates(service: Service, opened: OpenedTeam) -> Iterator[Finding]:
    """Look at every other device, and at what this one has seen of them."""
    yield from _own_past(opened)
    yield from _alarming(opened)
    found = peers(service, opened)
    if not found:
        yield skipped("peers", "no other device in the team: envlsp invite")
        return
    heads, now = _heads(opened), opened.team.replica.now()
    for peer in found[:SHOWN_MAX]:
        yield ok("peer", f"{peer.name}: {_how(peer, now)}{heads.get(peer.id, '')}", **_facts(peer))
    if len(found) > SHOWN_MAX:
        yield ok("peers", f"and {len(found) - SHOWN_MAX} more: envlsp peers")
    yield from _owing(found)
    yield from _fresh(opened)


def _own_past(opened: OpenedTeam) -> Iterator[Finding]:
    """Look whether this device itself has lost records (PROTOCOL F.4, rules 1 and 2)."""
    for line in own_lines(opened.team):
        says, _, way = line.partition("; ")
        yield fail("past", says, way)


def _alarming(opened: OpenedTeam) -> Iterator[Finding]:
    """Look for what people should be told, but for what each peer's own line says."""
    for alarm in alarms(opened.team)[:SHOWN_MAX]:
        if alarm.kind not in {LOST, WITHHELD}:
            yield warn("alarm", alarm.what, alarm.advice, kind=alarm.kind)


def _how(peer: PeerInfo, now: int) -> str:
    if peer.state == "offline":
        return f"offline, met {_age(now - peer.last_seen)}" if peer.last_seen else "offline, never met"
    via = f" by {peer.via}" if peer.via else ""
    return f"{peer.state}, {peer.path}{via}, {'in step' if peer.in_sync else 'not in step yet'}".replace(
        ", ,", ","
    )


def _age(age_s: int) -> str:
    if age_s < 60:
        return "just now"
    if age_s < 3600:
        return f"{age_s // 60} min ago"
    return f"{age_s // 3600} h ago" if age_s < _DAY_S else f"{age_s // _DAY_S} days ago"


def _facts(peer: PeerInfo) -> dict[str, Fact]:
    return {
        "id": peer.id,
        "state": peer.state,
        "path": peer.path,
        "via": peer.via,
        "in_sync": peer.in_sync,
        "last_seen": peer.last_seen,
    }


def _heads(opened: OpenedTeam) -> dict[str, str]:
    """Return what each device last said to hold, by its short id."""
    said = dict[str, str]()
    for dpk, note in opened.team.store.peers.all().items():
        attest = read_attest(note.attestation)
        if attest is not None and attest.heads:
            more = f" and {len(attest.heads) - 1} more" if len(attest.heads) > 1 else ""
            said[dpk.hex()[:SHORT_HEX]] = f", at {id_text(attest.heads[0])[:SHORT_ID]}{more}"
    return said


def _owing(found: Sequence[PeerInfo]) -> Iterator[Finding]:
    """Look for devices that say less than they said, hold back what they named, or know more."""
    for peer in found:
        if peer.lost_data:
            yield warn("peer", f"{peer.name} holds less than it said before", "ask: was it restored?")
        elif peer.withheld:
            said = f"{peer.name} named {peer.withheld} records and did not give them"
            yield warn("peer", said, "envlsp sync, with others online")
        elif peer.newer:
            said = f"{peer.name} holds at least {peer.newer} records that are not here"
            yield warn("peer", said, "envlsp sync, while it is online")


def _fresh(opened: OpenedTeam) -> Iterator[Finding]:
    """Look how new our view is, by what others have signed (PROTOCOL F.4)."""
    found, now = freshness(opened.team.replica), opened.team.replica.now()
    if not found.devices:
        return
    if found.as_of is None:
        yield warn("fresh", "no other device has confirmed what is here", _MEET, confirmed_by=0)
        return
    said = f"as of {_age(now - found.as_of)}, {_confirming(found)}"
    facts: dict[str, Fact] = {"as_of": found.as_of, "confirmed_by": found.confirmed_by}
    if now - found.as_of > _DAY_S:
        yield warn("fresh", said, _MEET, **facts)
    else:
        yield ok("fresh", said, **facts)


def _confirming(found: Freshness) -> str:
    """Return by how many all of it is confirmed: none can be, where something was made here since."""
    if not found.confirmed_by:
        return "and nobody has confirmed what came since"
    devices = "1 device" if found.devices == 1 else f"{found.devices} devices"
    return f"confirmed by {found.confirmed_by} of {devices}"


def clocks(opened: OpenedTeam) -> Iterator[Finding]:
    """Look for attestations from the future: one clock of two is wrong."""
    now = opened.team.replica.now()
    ahead = [note.attested_s - now for note in opened.team.store.peers.all().values() if note.attestation]
    worst = max(ahead, default=0)
    if worst > SKEW_WARN_S:
        yield warn(
            "clocks",
            f"a teammate's clock is {worst // 60} min ahead of this machine's",
            "set the clocks of both by the network: timedatectl set-ntp true",
            ahead_s=worst,
        )


def of_team(service: Service, opened: OpenedTeam) -> Iterator[Finding]:
    """Look at the other devices; what is not there to be asked is no fault of anybody."""
    try:
        yield from teammates(service, opened)
        yield from clocks(opened)
    except EnvlspError as exc:
        yield warn("peers", str(exc), exc.fix or "envlsp sync")
