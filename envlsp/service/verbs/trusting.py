"""The verbs about who is trusted after a removal: confirm, and contest.

Both are for times when people disagree about who is in the team. What happens is shared
with the command line; what is said about it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envlsp.errors import Misuse
from envlsp.service.access.confirming import confirm, doubts
from envlsp.service.access.contesting import answer, check, names_of, plan
from envlsp.service.access.voiding import foresee
from envlsp.service.ports import Choice, Talk
from envlsp.service.team import Team
from envlsp.service.verbs.arguments import ASK, Arguments
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import courier_of, open_team
from envlsp.service.verbs.outcomes import Confirmed, Contested
from envlsp.service.verbs.trust_shapes import confirmed_fields, contested_fields


def suspects(team: Team) -> Confirmed:
    """Return whom this device gives no new key, and change nothing."""
    team.replica.refresh()
    return Confirmed([], doubts(team), 0)


def trust(courier: Courier, team: Team, who: str) -> Confirmed:
    """Give somebody new keys again, from this device.

    Raises:
        NotFound: no such member, or nothing speaks against them.
        AmbiguousName: several.
    """
    courier.fetch()
    ended = confirm(team, who)
    reached = courier.deliver()
    return Confirmed(ended, doubts(team), reached)


def contest(courier: Courier, team: Team, who: str, talk: Talk) -> Contested:
    """Answer the removal of this device by removing its author, if that brings the device back.

    Raises:
        NoAccess: it would not, and nothing was written; the reason is said.
        NotFound: nothing here says that this device was removed.
        Misuse: the person said no.
    """
    courier.fetch(leaving=True)
    planned = plan(team, who)
    check(team, planned)
    courier.tell(foresee(team, planned.users, planned.devices))
    names = " and ".join(names_of(planned))
    if not talk.confirm(f"remove {names} in turn, and come back? what they did since you were removed stays"):
        raise Misuse("you said no; nothing was changed", fix="say yes, or add --yes")
    answer(team, planned)
    return Contested(planned.names, courier.deliver())


# --- for an editor -----------------------------------------------------------------------------


def _confirm(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    who, found = arguments.text("who"), suspects(opened.team)
    if not who or (who == ASK and not found.left):
        return confirmed_fields(found)
    if who == ASK:
        who = desk.talk.pick("who is to get new keys again?", [Choice(d.id, d.who) for d in found.left])
    return confirmed_fields(trust(courier_of(desk, opened, arguments), opened.team, who))


def _contest(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    news = courier_of(desk, opened, arguments)
    return contested_fields(contest(news, opened.team, arguments.text("who"), desk.talk))


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "access.confirm": _confirm,
    "access.contest": _contest,
}
