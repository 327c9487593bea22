"""Answering a removal of this device with one of its own, as if it had not been seen (PROTOCOL A6).

The one use of old parents that is meant: what is written here is concurrent with the
removal on purpose, and the seniority of C.3 decides between the two, as between any two
people who removed each other. Nothing is written that would not succeed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NoReturn

from envlsp.crypto.epochs import Recipient, TeamKey, make_epoch, new_key
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, RecordId, ScopeId, UserId
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.records import DeviceRevoke, Epoch, Revoke, Role
from envlsp.domain.ledger.state import TeamState
from envlsp.errors import NoAccess, NotFound, RecordRefused
from envlsp.service.access.reasons import ground_words
from envlsp.service.access.removal import is_removed, note_contested, removals
from envlsp.service.access.rotation import scopes
from envlsp.service.access.tombstones import distrusted
from envlsp.service.people import SHORT_HEX
from envlsp.service.replica import Replica
from envlsp.service.team import Team
from envlsp.wire.bodies import NoteBody

_RECOVER = "envlsp recover, with the recovery words"


@dataclass(frozen=True, slots=True)
class Contest:
    """What answers the removals of this device."""

    removals: tuple[RecordId, ...]
    users: tuple[UserId, ...]
    """Whom it removes in turn."""
    devices: tuple[DevicePk, ...]
    """Own devices that it removes in turn: one of them removed this one."""
    names: tuple[tuple[str, str], ...]
    """`(short id, name)` of each, users first."""


def plan(team: Team, who: str = "") -> Contest:
    """Return what would answer the removals of this device.

    Args:
        team: opened.
        who: only those by this person.

    Raises:
        NotFound: nobody removed it, or not this person, or the record has not come yet.
    """
    team.replica.refresh()
    own, ledger = team.replica.keys.dpk, team.replica.ledger
    state = team.replica.state
    mine = state.user_of(own)
    found = removals(state, own)
    if who:
        wanted = team.people.find_anybody(who)
        found = tuple(removal for removal in found if ledger.author_of(removal) == wanted)
    if not found or mine is None:
        raise _nothing(team, who)
    authors = {removal: ledger.author_of(removal) for removal in found}
    users = tuple(sorted(set(authors.values()) - {mine}))
    others = {team.replica.record(removal).header.author for removal, by in authors.items() if by == mine}
    devices = tuple(sorted(others - {own}))
    names = [(user.hex()[:SHORT_HEX], team.people.of_user(user).display_name) for user in users]
    names += [(dpk.hex()[:SHORT_HEX], team.people.of_device(dpk).device) for dpk in devices]
    return Contest(found, users, devices, tuple(names))


def _nothing(team: Team, who: str) -> NotFound:
    if who:
        return NotFound(f"no removal of this device by '{who}' is known here", fix="envlsp access contest")
    if is_removed(team.replica):
        return NotFound(
            "the record of the removal has not come here",
            fix="envlsp sync while whoever removed it is online, or ask an admin for a new invitation",
        )
    return NotFound("nobody has removed this device", fix="envlsp access")


def check(team: Team, contest: Contest) -> None:
    """Make sure that an answer would bring this device back, by trying it and taking it back.

    Raises:
        NoAccess: it would not; the reason is said.
    """
    with contextlib.suppress(_TakenBack), team.replica.writing():
        _take_back(_write(team, contest))


def answer(team: Team, contest: Contest) -> RecordId:
    """Write the answer; return its id.

    Raises:
        NoAccess: it would not bring this device back; nothing was written.
    """
    replica, ledger = team.replica, team.replica.ledger
    with replica.writing():
        before, first = ledger.people, ledger.next_seq(replica.keys.dpk)
        record = _write(team, contest)
        written = (r.id for r in ledger.by_author(replica.keys.dpk) if r.header.seq >= first)
        replica.tombstones.note(ledger, before, written)
        if mine := _own_back(replica, before):
            replica.tombstones.confirm(mine)
        note_contested(team.replica)  # whoever takes us for removed is met where the removed are
    return record


class _TakenBack(Exception):
    """Ends a trial: `writing` keeps nothing of what was written before it."""


def _take_back(_written: RecordId) -> NoReturn:
    raise _TakenBack


def _write(team: Team, contest: Contest) -> RecordId:
    """Write what answers, and raise if it changes nothing: `writing` takes it back then."""
    replica = team.replica
    own, ledger = replica.keys.dpk, replica.ledger
    if ROOT in contest.users:
        raise NoAccess("it would change nothing: the recovery words decide over everybody", fix=_RECOVER)
    parents = ledger.parents_without(own, *contest.removals)
    past = ledger.state_after(parents)
    if not past.is_active(own):
        raise NoAccess(
            "somebody else has removed this device too", fix="envlsp access contest, without a name"
        )
    users = [user for user in contest.users if user in past.members]
    if not users and not any(past.is_active(dpk) for dpk in contest.devices):
        # We have removed them as well: had that stood, this device would not be out.
        raise NoAccess(
            "it would change nothing: you removed them at the same time, and they are senior", fix=_RECOVER
        )
    written = []
    doubted = _back_again(replica, past)
    try:
        if users:
            written.append(_remove(replica, past, parents, users, doubted))
        if any(past.is_active(dpk) for dpk in contest.devices):
            after = parents if not written else (written[0],)
            past = ledger.state_after(after)
            written.append(_remove_devices(replica, past, after, contest.devices, doubted))
    except RecordRefused as exc:
        raise NoAccess(
            "only an admin can answer a removal by somebody else", fix="ask another admin"
        ) from exc
    if replica.state.is_active(own):
        return written[-1]
    grounds = [ground_words(team, ruling) for record in written for ruling in ledger.rulings(record)]
    raise NoAccess(f"it would change nothing: {'; '.join(dict.fromkeys(grounds))}", fix=_RECOVER)


def _back_again(replica: Replica, past: TeamState) -> frozenset[DevicePk]:
    """Return the devices that were there then and are removed now: they get no key by our answer (C.5).

    What we answer may have come with removals that were right. Our own other devices are
    ours to vouch for, unless somebody removed just that one.
    """
    then = {device.dpk for device in past.devices.values() if device.active}
    now = {device.dpk for device in replica.state.devices.values() if device.active}
    return frozenset(then - now - {replica.keys.dpk}) - _own_back(replica, replica.state)


def _own_back(replica: Replica, before: TeamState) -> frozenset[DevicePk]:
    """Return our other devices that were removed with us, and not by themselves."""
    mine = before.user_of(replica.keys.dpk)
    own = (device.dpk for device in before.devices.values() if device.user == mine and not device.active)
    return frozenset(dpk for dpk in own if not before.removed_devices.get(dpk))


def _remove(
    replica: Replica,
    past: TeamState,
    parents: tuple[RecordId, ...],
    users: Collection[UserId],
    doubted: frozenset[DevicePk],
) -> RecordId:
    gone = {dpk for user in users if user in past.members for dpk in past.members[user].devices}
    targets = tuple(user for user in users if user in past.members)
    read = [scope for scope in scopes(past) if any(past.role(u, scope) >= Role.VIEWER for u in targets)]
    epochs, key = _epochs(replica, past, read, gone | doubted)
    note = NoteBody(replica.now(), "") if key else None
    return replica.append(Revoke(targets, epochs), note, carried=key, parents=parents).id


def _remove_devices(
    replica: Replica,
    past: TeamState,
    parents: tuple[RecordId, ...],
    devices: tuple[DevicePk, ...],
    doubted: frozenset[DevicePk],
) -> RecordId:
    targets = tuple(dpk for dpk in devices if past.is_active(dpk))
    read = [scope for scope in scopes(past) if any(past.access(dpk, scope) for dpk in targets)]
    epochs, key = _epochs(replica, past, read, doubted.union(targets))
    note = NoteBody(replica.now(), "") if key else None
    return replica.append(DeviceRevoke(targets, epochs), note, carried=key, parents=parents).id


def _epochs(
    replica: Replica, past: TeamState, wanted: Collection[ScopeId], gone: Collection[DevicePk]
) -> tuple[tuple[Epoch, ...], TeamKey | None]:
    """Return new epochs for those who were there then, and the team's key if it is among them."""
    mine = past.user_of(replica.keys.dpk)
    found, team_key = [], None
    for scope in sorted(wanted):
        if mine is None or past.role(mine, scope) < Role.DEVELOPER:
            continue
        key = new_key()
        found.append(_epoch(replica, past, scope, key, gone))
        team_key = key if scope == TEAM_SCOPE else team_key
    return tuple(found), team_key


def _epoch(
    replica: Replica, past: TeamState, scope: ScopeId, key: TeamKey, gone: Collection[DevicePk]
) -> Epoch:
    out = {*gone, *distrusted(replica.suspects, past, scope)}
    readers = (Recipient(d.dpk, d.xpk) for d in past.readers(scope) if d.dpk not in out)
    known = {identity: epoch for identity, epoch in past.epochs.items() if epoch.scope == scope}
    below = {older for epoch in known.values() for older in epoch.opens}
    older = {i: held for i in known if i not in below and (held := replica.ring.key_of(i)) is not None}
    return make_epoch(
        key,
        team=replica.team,
        scope=scope,
        n=past.next_n(scope),
        recipients=(*readers, Recipient(past.root.root_sign, past.root.root_box)),
        older=older,
    )


def names_of(contest: Contest) -> Iterator[str]:
    """Yield whom an answer removes in turn."""
    return (name for _, name in contest.names)
