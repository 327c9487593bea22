"""Who may do what: granting, roles, removing, and new epochs (PROTOCOL A2, C, D).

Each function authors records; whoever calls has synced first and syncs after. A
removal carries its new epoch in the same record, so there is no moment between.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from envlsp.crypto.epochs import Recipient, TeamKey, make_epoch, new_key, seal_key
from envlsp.domain.ids import TEAM_SCOPE, BoxPk, DevicePk, EpochId, RecordId, UserId
from envlsp.domain.ledger.records import (
    Epoch,
    Grant,
    Keys,
    Release,
    Revoke,
    Role,
    Rotate,
    Seal,
    SetRole,
)
from envlsp.domain.ledger.state import EpochState, Member
from envlsp.domain.release import ReleaseContent, ReleaseKind
from envlsp.errors import Misuse, NoAccess, NotFound, WaitingForKey
from envlsp.service.history import Releases
from envlsp.service.people import ROLE_WORDS, Person
from envlsp.service.removal import is_removed, removed
from envlsp.service.replica import Replica
from envlsp.wire.bodies import NoteBody, PersonBody


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody who asks to join: their new keys, the proof, and who they say they are."""

    dpk: DevicePk
    xpk: BoxPk
    pop: bytes
    person: Person


def own_role(replica: Replica) -> Role:
    """Return what this device's user may do in the team."""
    user = replica.state.user_of(replica.keys.dpk)
    return replica.state.role(user, TEAM_SCOPE) if user else Role.NONE


def demand_role(replica: Replica, role: Role) -> None:
    """Check that we may do what needs `role`.

    Raises:
        NoAccess: every peer would refuse the record.
    """
    if is_removed(replica):
        raise removed()
    mine = own_role(replica)
    if mine < role:
        raise NoAccess(
            f"you are {ROLE_WORDS[mine]} and this needs {ROLE_WORDS[role]}",
            fix=f"ask an admin: envlsp access grant YOU --role {ROLE_WORDS[role]}",
        )


def grant(replica: Replica, request: Request, role: Role, members_max: int) -> RecordId:
    """Let somebody in, with the keys to everything the team has; return the record that says so.

    Raises:
        NoAccess: we are no admin.
        Misuse: the team is full by its own policy.
    """
    with replica.writing():
        demand_role(replica, Role.ADMIN)
        if len(replica.state.members) >= members_max:
            raise Misuse(f"the team has {members_max} members", fix="raise members_max in ev.yaml")
        pub = Grant(request.dpk, request.xpk, request.pop, role, _team_seals(replica, request))
        person = request.person
        return replica.append(pub, PersonBody(replica.now(), person.display_name, person.device, "")).id


def _team_seals(replica: Replica, request: Request) -> tuple[Seal, ...]:
    """Seal the newest key, and every older one that no link under it opens."""
    if replica.state.current_epoch(TEAM_SCOPE) is None:
        _open_epoch(replica)  # somebody who left knows every key there is
    current = replica.state.current_epoch(TEAM_SCOPE)
    if current is None:
        raise WaitingForKey
    to = Recipient(request.dpk, request.xpk)
    wanted = {current} | _loose_epochs(replica, current)
    seals = [
        seal_key(key, epoch, to)
        for epoch in sorted(wanted)
        if (key := replica.ring.key_of(epoch)) is not None
    ]
    if not any(seal.epoch == current for seal in seals):
        raise WaitingForKey
    return tuple(seals)


def _loose_epochs(replica: Replica, newest: EpochId) -> set[EpochId]:
    epochs = replica.state.epochs
    reached, waiting = {newest}, [newest]
    while waiting:
        for older in epochs[waiting.pop()].opens:
            if older not in reached:
                reached.add(older)
                waiting.append(older)
    return {identity for identity, epoch in epochs.items() if epoch.scope == TEAM_SCOPE} - reached


def set_role(replica: Replica, user: UserId, role: Role) -> bool:
    """Give a member another role; return False when they have it already.

    Raises:
        NoAccess: we are no admin.
        NotFound: they are no member.
    """
    with replica.writing():
        demand_role(replica, Role.ADMIN)
        if _member(replica, user).role == role:
            return False
        if role < Role.ADMIN:
            _demand_other_admin(replica, {user})
        replica.append(SetRole(user, role, ()), NoteBody(replica.now(), ""))
        return True


def _demand_other_admin(replica: Replica, leaving: Collection[UserId]) -> None:
    """Make sure that somebody is left to administer the team.

    Raises:
        Misuse: these are all the admins there are.
    """
    admins = {user for user, member in replica.state.members.items() if member.role is Role.ADMIN}
    if admins and admins <= set(leaving):
        raise Misuse(
            "nobody would be left to administer the team", fix="envlsp access grant WHO --role admin"
        )


def _member(replica: Replica, user: UserId) -> Member:
    member = replica.state.members.get(user)
    if member is None:
        raise NotFound("they are no member any more", fix="envlsp members")
    return member


def revoke(replica: Replica, releases: Releases, users: Collection[UserId]) -> None:
    """Remove members, start an epoch without them, and encrypt every head again.

    Raises:
        NoAccess: we are no admin, and it is not ourselves.
        NotFound: one is no member.
        Misuse: nobody would be left to administer the team.
    """
    with replica.writing():
        own = replica.state.user_of(replica.keys.dpk)
        if set(users) != {own}:
            demand_role(replica, Role.ADMIN)
        _demand_other_admin(replica, users)
        gone = {dpk for user in users for dpk in _member(replica, user).devices}
        if replica.keys.dpk in gone:  # leaving: whoever stays opens the next epoch
            replica.append(Revoke(tuple(sorted(users)), ()), NoteBody(replica.now(), ""))
            return
        epoch, key = _next_epoch(replica, without=gone)
        replica.append(Revoke(tuple(sorted(users)), (epoch,)), NoteBody(replica.now(), ""), carried=key)
        rekey_heads(replica, releases)


def rotate(replica: Replica, releases: Releases) -> int:
    """Start a new epoch of the team's key; return how many heads were encrypted again.

    Raises:
        NoAccess: we are a viewer.
    """
    with replica.writing():
        demand_role(replica, Role.DEVELOPER)
        _open_epoch(replica)
        return rekey_heads(replica, releases)


def _open_epoch(replica: Replica) -> None:
    epoch, key = _next_epoch(replica, without=frozenset())
    replica.append(Rotate((epoch,)), NoteBody(replica.now(), ""), carried=key)


def mend(replica: Replica, releases: Releases) -> bool:
    """Finish what somebody's change has left open; return whether anything was written.

    Opens an epoch where every one is exposed, delivers keys to devices that a rotation
    did not know, and encrypts heads again that a crash has left under an older epoch.
    Whoever comes by may do it; twice is harmless (PROTOCOL D.3, C.5).
    """
    with replica.writing():
        own, state = replica.keys.dpk, replica.state
        if not state.is_active(own):
            return False
        before = replica.ledger.next_seq(own)
        may_write = own_role(replica) >= Role.DEVELOPER
        if may_write and state.current_epoch(TEAM_SCOPE) is None:
            _open_epoch(replica)
        _deliver_keys(replica)
        if may_write and not releases.has_closed():
            rekey_heads(replica, releases)
        return replica.ledger.next_seq(own) != before


def _deliver_keys(replica: Replica) -> None:
    """Seal the keys that some device of the team needs and nobody has sealed to it."""
    current = replica.state.current_epoch(TEAM_SCOPE)
    if current is None:
        return
    seals = [
        seal_key(key, identity, Recipient(device.dpk, device.xpk))
        for identity in sorted({current} | _loose_epochs(replica, current))
        if (key := replica.ring.key_of(identity)) is not None
        for device in replica.state.readers(TEAM_SCOPE)
        if not _knows(replica.state.epochs[identity], device.dpk)
    ]
    if seals:
        replica.append(Keys(tuple(seals), ()))


def _knows(epoch: EpochState, dpk: DevicePk) -> bool:
    return dpk in epoch.recipients or dpk == epoch.author


def _next_epoch(replica: Replica, *, without: Collection[DevicePk]) -> tuple[Epoch, TeamKey]:
    state, key = replica.state, new_key()
    recipients = [Recipient(d.dpk, d.xpk) for d in state.readers(TEAM_SCOPE) if d.dpk not in without]
    root = Recipient(state.root.root_sign, state.root.root_box)
    epoch = make_epoch(
        key,
        team=replica.team,
        scope=TEAM_SCOPE,
        n=state.next_n(TEAM_SCOPE),
        recipients=(*recipients, root),
        older=_tops(replica),
    )
    return epoch, key


def _tops(replica: Replica) -> Mapping[EpochId, TeamKey]:
    """Return the epochs of the team that no other links to: linking them opens all history."""
    epochs = {i: e for i, e in replica.state.epochs.items() if e.scope == TEAM_SCOPE}
    below = {older for epoch in epochs.values() for older in epoch.opens}
    keys = ((identity, replica.ring.key_of(identity)) for identity in epochs if identity not in below)
    return {identity: key for identity, key in keys if key is not None}


def rekey_heads(replica: Replica, releases: Releases) -> int:
    """Encrypt again, under the current epoch, every head that is still under another one.

    Any developer's client may do it, so a crash between a removal and this is mended
    by whoever comes next (PROTOCOL D.3). Returns how many there were.
    """
    current, done = replica.state.current_epoch(TEAM_SCOPE), 0
    if current is None or replica.ring.key_of(current) is None:
        return 0
    for triple in releases.environments():
        found = releases.of(triple)
        for head in found.history.heads():
            record = replica.record(head)
            if replica.epoch_of(record) == current:
                continue
            content = ReleaseContent(
                ts=replica.now(),
                kind=ReleaseKind.REKEY,
                message="",
                triple=triple,
                base=(head,),
                of=head,
                snapshot=found.snapshots[head],
            )
            assert isinstance(record.header.pub, Release)
            replica.append(record.header.pub, content)
            done += 1
    return done
