"""Who may do what: the verbs that let people in, change their role, remove them.

What happens is shared with the command line; what is said about it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envlsp.domain.ids import TEAM_SCOPE, UserId
from envlsp.domain.ledger.records import Role
from envlsp.errors import Misuse, NotFound, UsageError
from envlsp.service.access.exposure import exposure
from envlsp.service.access.rights import demand_role
from envlsp.service.access.roles import check_revocable, revoke, set_role
from envlsp.service.access.scope_list import scope_list
from envlsp.service.access.voiding import foresee
from envlsp.service.facade import OpenedTeam
from envlsp.service.joining.inviting import invite
from envlsp.service.people import role_from_word
from envlsp.service.ports import Choice, Talk
from envlsp.service.results import MemberInfo, ScopeInfo
from envlsp.service.team import Team
from envlsp.service.verbs import carrying
from envlsp.service.verbs.access_shapes import (
    granted_fields,
    let_in_fields,
    members_fields,
    new_keys_fields,
    removed_fields,
    taken_out_fields,
)
from envlsp.service.verbs.arguments import ASK, Arguments
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.explaining import left_to_change
from envlsp.service.verbs.linking import made_at
from envlsp.service.verbs.opening import asked, courier_of, open_team
from envlsp.service.verbs.outcomes import Granted, Removed
from envlsp.service.verbs.scoping import Named, guest_lines, let_in, named_by, pick_by, start_keys, take_out

DEFAULT_ROLE = "developer"
ROLES = (
    Choice(DEFAULT_ROLE, DEFAULT_ROLE, "reads values and changes them"),
    Choice("viewer", "viewer", "reads values"),
    Choice("admin", "admin", "reads and changes values, and says who may"),
)


def scope_infos(team: Team) -> list[ScopeInfo]:
    """Return who is in which private project or restricted environment."""
    return scope_list(team)


def members(team: Team) -> list[MemberInfo]:
    """Return the members of a team, founder first."""
    team.replica.refresh()
    return team.people.list()


def grant(courier: Courier, team: Team, who: str, role: str, *, may_invite: bool) -> Granted | None:
    """Give a member a role; None where `who` is an address of nobody yet, who is to be invited.

    Raises:
        NotFound: nobody of that name, and no address to invite.
        EnvlspError: as `set_role` does.
    """
    courier.fetch()
    wanted = role_from_word(role)
    try:
        user = team.people.find(who)
    except NotFound:
        if "@" not in who or not may_invite:
            raise
        return None
    demand_role(team.replica, Role.ADMIN)  # before anything is said of what it would do
    if wanted < team.replica.state.role(user, TEAM_SCOPE):
        courier.tell(foresee(team, [user]))
    is_new = set_role(team.replica, team.releases, user, wanted)
    reached = courier.deliver() if is_new else 0
    return Granted(_name(team, user), is_new, reached)


def remove(courier: Courier, team: Team, who: str, talk: Talk) -> Removed:
    """Remove a member and start a new key without them, once the person here has said yes.

    Raises:
        Misuse: they said no.
        EnvlspError: as `revoke` does.
    """
    courier.fetch()
    user = team.people.find(who)
    check_revocable(team.replica, {user})
    count = len(team.replica.state.members[user].devices)
    name, devices = _name(team, user), f"{count} device{'' if count == 1 else 's'}"
    courier.tell(foresee(team, [user]))
    if not talk.confirm(f"remove {name} ({devices}) from the team?"):
        raise Misuse("you said no; nobody was removed", fix="say yes, or add --yes")
    revoke(team.replica, team.releases, {user})
    reached = courier.deliver()
    return Removed(name, reached, exposure(team, user))


def _name(team: Team, user: UserId) -> str:
    return team.people.of_member(team.replica.state.members[user]).display_name


# --- for an editor -----------------------------------------------------------------------------


def _members(desk: Desk, _arguments: Arguments) -> Json:
    team = open_team(desk).team
    return members_fields(members(team), scope_infos(team))


def _invite(desk: Desk, arguments: Arguments) -> Json:
    opened, role = open_team(desk), _role(desk, arguments)
    named = named_by(desk, arguments)
    if not arguments.flag("link"):
        return _let_in(desk, opened, role, None, named)
    if named is not None:
        raise UsageError("a link lets into the team, never a guest", fix="leave out 'link': a code does")
    return made_at(desk, arguments, opened, role)


def _let_in(
    desk: Desk, opened: OpenedTeam, role: str, address: str | None, named: Named | None = None
) -> Json:
    """Show a code and wait for whoever uses it: minutes, unless it is cancelled."""

    def show(code: str) -> None:
        once = "it works once, for ten minutes"
        desk.tell_code(code, f"read this to them: {code}; {once}; they type: envlsp join {code}")

    joined = invite(
        desk.service,
        opened,
        Role.NONE if named else role_from_word(role),
        show,
        address=address,
        lines=guest_lines(opened.team, role, named) if named else (),
        talk=desk.talk,
        is_cancelled=desk.is_cancelled,
    )
    return {"joined": joined}


def _grant(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    who = asked(desk, arguments, "who", "who: an address, a name, or the first letters of an id")
    role = _role(desk, arguments)
    courier = courier_of(desk, opened, arguments)
    if carrying.is_request(who):
        welcome = desk.folder / (arguments.text("out") or carrying.welcome_name(who))
        named = named_by(desk, arguments)
        answered = carrying.answer(
            courier,
            opened,
            who,
            Role.NONE if named else role_from_word(role),
            talk=desk.talk,
            welcome=welcome,
            lines=guest_lines(opened.team, role, named) if named else (),
        )
        return carrying.answered_fields(answered, role)
    may_invite = not arguments.flag("offline")
    named = named_by(desk, arguments)
    if named is None:
        may_link = may_invite or arguments.flag("link")
        granted = grant(courier, opened.team, who, role, may_invite=may_link)
        if granted is None and arguments.flag("link"):
            return made_at(desk, arguments, opened, role, who)
        return granted_fields(granted, role) if granted else _let_in(desk, opened, role, who)
    entered = let_in(courier, opened.team, who, role, named, may_invite=may_invite)
    return let_in_fields(entered, role) if entered else _let_in(desk, opened, role, who, named)


def _revoke(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    who = arguments.text("who") or _picked(desk, opened.team)
    courier, named = courier_of(desk, opened, arguments), named_by(desk, arguments)
    if named is not None:
        gone = take_out(courier, opened.team, who, named, desk.talk)
        desk.talk.say("\n".join(left_to_change(gone.exposure)))
        return taken_out_fields(gone)
    removed = remove(courier, opened.team, who, desk.talk)
    desk.talk.say("\n".join(left_to_change(removed.exposure)))
    return removed_fields(removed)


def _role(desk: Desk, arguments: Arguments) -> str:
    """Return the role that is given; a question mark asks for it."""
    role = arguments.text("role", DEFAULT_ROLE)
    return desk.talk.pick("what may they do?", ROLES) if role == ASK else role


def _picked(desk: Desk, team: Team) -> str:
    """Return the id of the member whom the person picks."""
    others = [member for member in members(team) if not member.is_self]
    if not others:
        raise NotFound("you are the only member", fix="envlsp members")
    choices = [Choice(m.id, f"{m.name} {m.address}".rstrip(), m.role) for m in others]
    return desk.talk.pick("remove whom?", choices)


def _rotate(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    pick = pick_by(desk, opened, arguments)
    return new_keys_fields(start_keys(courier_of(desk, opened, arguments), opened.team, pick))


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "members": _members,
    "invite": _invite,
    "access.list": _members,
    "access.grant": _grant,
    "access.revoke": _revoke,
    "access.rotate": _rotate,
}
