"""The verbs about who is trusted after a removal: confirm, and contest.

Both are for times when people disagree about who is in the team. What happens is shared
with the command line; what is said about it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from envlsp.service.access.confirming import Doubt, confirm, doubts
from envlsp.service.team import Team
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import courier_of, open_team
from envlsp.service.verbs.trust_shapes import confirmed_fields


class Confirmed(NamedTuple):
    """What a confirmation came to."""

    ended: list[Doubt]
    """What spoke against them; empty where nobody was named."""
    left: list[Doubt]
    reached: int


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
    ended = confirm(team, who)
    reached = courier.deliver()
    return Confirmed(ended, doubts(team), reached)


# --- for an editor -----------------------------------------------------------------------------


def _confirm(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    if not (who := arguments.text("who")):
        return confirmed_fields(suspects(opened.team))
    return confirmed_fields(trust(courier_of(desk, opened, arguments), opened.team, who))


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "access.confirm": _confirm,
}
