"""Who may do what in the team: letting in, roles, removing (PROTOCOL A2, C, D).

Each function authors records; whoever calls has synced first and syncs after. A
removal carries its new epoch in the same record, so there is no moment between.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from envlsp.crypto.epochs import Recipient
from envlsp.domain.ids import TEAM_SCOPE, BoxPk, DevicePk, RecordId, UserId
from envlsp.domain.ledger.records import Grant, Revoke, Role, SetRole
from envlsp.domain.ledger.state import Member
from envlsp.errors import Misuse, NotFound
from envlsp.service.access.rights import demand_role
from envlsp.service.access.rotation import next_epoch, rekey_heads, seals_for
from envlsp.service.history import Releases
from envlsp.service.people import Person
from envlsp.service.replica import Replica
from envlsp.wire.bodies import NoteBody, PersonBody


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody who asks to join: their new keys, the proof, and who they say they are."""

    dpk: DevicePk
    xpk: BoxPk
    pop: bytes
    person: Person


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
        pub = Grant(
            request.dpk,
            request.xpk,
            request.pop,
            role,
            seals_for(replica, Recipient(request.dpk, request.xpk)),
        )
        person = request.person
        return replica.append(pub, PersonBody(replica.now(), person.display_name, person.device, "")).id


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
        epoch, key = next_epoch(replica, TEAM_SCOPE, without=gone)
        replica.append(Revoke(tuple(sorted(users)), (epoch,)), NoteBody(replica.now(), ""), carried=key)
        rekey_heads(replica, releases)
