"""Members whom this device gives no new key, told with the reason, and trusted again by a person.

A confirmation is local: every device has seen other things, and asks its own person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from envlsp.domain.ids import TEAM_SCOPE, RecordId, ScopeId, UserId
from envlsp.domain.ledger.suspicion import EVERYWHERE, Suspect, Suspicion
from envlsp.errors import NotFound
from envlsp.service.access.rotation import deliver_keys, scopes
from envlsp.service.access.scopes import THE_TEAM
from envlsp.service.access.tombstones import distrusted
from envlsp.service.people import SHORT_HEX
from envlsp.service.team import Team


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why one person gets no new key from this device, for one set of readers."""

    id: str
    """Of the person, short."""
    who: str
    devices: tuple[tuple[str, str], ...]
    """`(short id, label)` of each of theirs that is concerned."""
    where: str
    """What they get no new key of: empty for everything, else a scope in words."""
    why: Suspicion
    by: tuple[str, ...]
    """Who removed them; of somebody who was let in, who did that."""
    records: tuple[str, ...]
    """64 hex digits each: what shows it."""


def doubts(team: Team) -> list[Doubt]:
    """Return whom this device does not trust with new keys, though they are members; by name."""
    replica = team.replica
    grouped: dict[tuple[UserId, ScopeId, Suspicion, tuple[RecordId, ...]], list[Suspect]] = defaultdict(list)
    for one in sorted(replica.suspects):
        device = replica.state.devices.get(one.device)
        if device is not None and _is_felt(team, one):
            grouped[device.user, one.scope, one.why, one.records].append(one)
    found = [_doubt(team, user, alike) for (user, *_), alike in grouped.items()]
    return sorted(found, key=lambda doubt: (doubt.who, doubt.where, doubt.id))


def _is_felt(team: Team, one: Suspect) -> bool:
    state = team.replica.state
    return any(one.device in distrusted((one,), state, scope) for scope in scopes(state))


def _doubt(team: Team, user: UserId, alike: Sequence[Suspect]) -> Doubt:
    """Return one reason for several devices of one person."""
    scope, why, records = alike[0].scope, alike[0].why, alike[0].records
    devices = (one.device for one in alike)
    return Doubt(
        id=user.hex()[:SHORT_HEX],
        who=team.people.of_user(user).display_name,
        devices=tuple((dpk.hex()[:SHORT_HEX], team.people.of_device(dpk).device) for dpk in devices),
        where=_place(team, scope),
        why=why,
        by=_authors(team, user, why, records),
        records=tuple(record.hex() for record in records),
    )


def _place(team: Team, scope: ScopeId) -> str:
    if scope == EVERYWHERE:
        return ""
    if scope == TEAM_SCOPE:
        return THE_TEAM
    known = (str(one) for one in team.releases.scopes.all() if one.id == scope)
    return next(known, f"scope {scope.hex()[:SHORT_HEX]}")


def _authors(team: Team, user: UserId, why: Suspicion, records: Iterable[RecordId]) -> tuple[str, ...]:
    """Return who did it; of a duel the other one."""
    ledger = team.replica.ledger
    removals = set(ledger.removals())
    wanted = [r for r in records if (r in removals) != (why is Suspicion.BROUGHT_IN)]
    users = {ledger.author_of(record) for record in wanted} - {user}
    return tuple(sorted(team.people.of_user(one).display_name for one in users))


def confirm(team: Team, who: str) -> list[Doubt]:
    """Trust somebody with new keys again, and give them those they miss; return what that ends.

    Raises:
        NotFound: no such member, or nothing speaks against them.
        AmbiguousName: several.
    """
    team.replica.refresh()
    user = team.people.find(who)
    ended = [doubt for doubt in doubts(team) if doubt.id == user.hex()[:SHORT_HEX]]
    if not ended:
        raise NotFound(
            f"{team.people.of_user(user).display_name} is trusted with new keys here already",
            fix="envlsp access confirm",
        )
    with team.replica.writing():
        team.replica.tombstones.confirm(team.replica.state.members[user].devices)
        if team.replica.state.is_active(team.replica.keys.dpk):
            deliver_keys(team.replica)
    return ended


def doubt_lines(team: Team) -> list[str]:
    """Return a sentence for each member whom this device gives no new key, and what ends it."""
    return [
        f"{doubt.who} is not trusted with new secrets here: {why_words(doubt)}; "
        f"envlsp access confirm {doubt.id}"
        for doubt in doubts(team)
    ]


def why_words(doubt: Doubt) -> str:
    """Return the reason as a sentence about them."""
    by = " and ".join(doubt.by) or "somebody"
    match doubt.why:
        case Suspicion.RETURNED:
            return f"{by} had removed them, which no longer counts since another removal came late"
        case Suspicion.DUEL:
            return f"{by} and they removed each other, and this device learnt of both at once"
        case Suspicion.BROUGHT_IN:
            return f"{by} let them in while being removed, or is not confirmed either"
