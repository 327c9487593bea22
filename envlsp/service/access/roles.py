"""Who may do what in the team: letting in, roles, removing (PROTOCOL A2, C, D).

Each function authors records; whoever calls has synced first and syncs after. A
removal carries a new epoch of every scope that it takes away in the same record, so
there is no moment between.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from envlsp.crypto.epochs import Recipient
from envlsp.domain.ids import BoxPk, DevicePk, RecordId, ScopeId, UserId
from envlsp.domain.ledger.records import Grant, Revoke, Role, SetRole
from envlsp.domain.ledger.state import Member, TeamState
from envlsp.errors import Misuse, NotFound
from envlsp.service.access.rights import demand_role
from envlsp.service.access.rotation import (
    deliver_keys,
    mend,
    new_epochs,
    open_epochs,
    rekey_heads,
    scopes,
    seals_for,
    team_note,
)
from envlsp.service.access.scope_members import ScopeLine, let_into_scopes
from envlsp.service.access.scopes import scopes_read
from envlsp.service.history import Releases
from envlsp.service.people import Person
from envlsp.service.replica import Replica
from envlsp.wire.bodies import PersonBody


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody who asks to join: their new keys, the proof, and who they say they are."""

    dpk: DevicePk
    xpk: BoxPk
    pop: bytes
    person: Person


def grant(
    replica: Replica,
    request: Request,
    role: Role,
    members_max: int,
    *,
    lines: Collection[ScopeLine] = (),
) -> RecordId:
    """Let somebody in, with the keys to all they may read; return the last record that says so.

    Args:
        replica: the ledger.
        request: who it is.
        role: in the team; `Role.NONE` makes a guest, who gets no key of the team's.
        members_max: how many members the team has by its own policy.
        lines: scopes they are let into at once.

    Raises:
        NoAccess: we are no admin.
        Misuse: the team is full by its own policy.
    """
    with replica.writing():
        demand_role(replica, Role.ADMIN)
        if len(replica.state.members) >= members_max:
            raise Misuse(f"the team has {members_max} members", fix="raise members_max in ev.yaml")
        newcomer = Recipient(request.dpk, request.xpk)
        seals = seals_for(replica, newcomer) if role > Role.NONE else ()
        pub = Grant(request.dpk, request.xpk, request.pop, role, seals)
        body = PersonBody(replica.now(), request.person.display_name, request.person.device, "")
        replica.append(pub, body)
        user = replica.state.user_of(request.dpk)
        assert user is not None
        let_into_scopes(replica, user, lines)
        deliver_keys(replica)  # an admin reads every scope
        return _own_last(replica)


def _own_last(replica: Replica) -> RecordId:
    return max(replica.ledger.by_author(replica.keys.dpk), key=lambda record: record.header.seq).id


def set_role(replica: Replica, releases: Releases, user: UserId, role: Role) -> bool:
    """Give a member another role in the team; return False when they have it already.

    Whoever loses sight of a scope by it loses its next key in the same record; whoever
    gains sight of one is given the keys.

    Raises:
        NoAccess: we are no admin.
        NotFound: they are no member.
        Misuse: nobody would be left to administer the team.
    """
    with replica.writing():
        demand_role(replica, Role.ADMIN)
        member = _member(replica, user)
        if member.role == role:
            return False
        if role < Role.ADMIN:
            _demand_other_admin(replica, {user})
        made = new_epochs(replica, _taken(replica.state, user, role), without=frozenset(member.devices))
        pub = SetRole(user, role, made.epochs)
        replica.append(pub, team_note(replica, made.team_key), carried=made.team_key)
        open_epochs(replica, made.left)
        mend(replica, releases)
        return True


def _taken(state: TeamState, user: UserId, role: Role) -> tuple[ScopeId, ...]:
    """Return the scopes that a member may read now, and not once this is their role in the team."""
    if role is Role.ADMIN:
        return ()
    listed = {scope for scope in scopes(state)[1:] if user in state.scopes[scope].roles}
    kept = listed | ({scopes(state)[0]} if role > Role.NONE else set())
    return tuple(scope for scope in scopes_read(state, user) if scope not in kept)


def _demand_other_admin(replica: Replica, leaving: Collection[UserId]) -> None:
    """Make sure that somebody is left to administer the team.

    Raises:
        Misuse: these are all the admins there are.
    """
    members = replica.state.members.items()
    # An admin without a device cannot do anything: every peer counts as this does.
    admins = {user for user, member in members if member.role is Role.ADMIN and member.devices}
    if admins and admins <= set(leaving):
        raise Misuse(
            "nobody would be left to administer the team", fix="envlsp access grant WHO --role admin"
        )


def _member(replica: Replica, user: UserId) -> Member:
    member = replica.state.members.get(user)
    if member is None:
        raise NotFound("they are no member any more", fix="envlsp members")
    return member


def check_revocable(replica: Replica, users: Collection[UserId]) -> None:
    """Make sure that we may remove members.

    Raises:
        NoAccess: we are no admin, and it is not ourselves.
        Misuse: nobody would be left to administer the team.
    """
    own = replica.state.user_of(replica.keys.dpk)
    # A device that was removed says nothing for its member either, not even that he leaves.
    demand_role(replica, Role.NONE if set(users) == {own} else Role.ADMIN)
    _demand_other_admin(replica, users)


def revoke(replica: Replica, releases: Releases, users: Collection[UserId]) -> None:
    """Remove members, start an epoch of all they could read without them, encrypt every head again.

    Raises:
        NoAccess, Misuse: as `check_revocable` does.
        NotFound: one is no member.
    """
    with replica.writing():
        check_revocable(replica, users)
        gone = {dpk for user in users for dpk in _member(replica, user).devices}
        if replica.keys.dpk in gone:  # leaving: whoever stays opens the next epoch
            replica.append(Revoke(tuple(sorted(users)), ()), team_note(replica))
            return
        taken = {scope for user in users for scope in scopes_read(replica.state, user)}
        made = new_epochs(replica, taken, without=gone)
        pub = Revoke(tuple(sorted(users)), made.epochs)
        replica.append(pub, team_note(replica, made.team_key), carried=made.team_key)
        open_epochs(replica, made.left)
        rekey_heads(replica, releases)
