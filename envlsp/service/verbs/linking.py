"""Invitation links: the verbs that make, list and cancel them.

What happens is shared with the command line; what is said about it is not. A link is
given out once, as the answer to the verb that made it, and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from envlsp.errors import NotFound, SignalingUnreachable
from envlsp.service.access.voiding import foresee_cancel
from envlsp.service.ci.exporting import life_seconds
from envlsp.service.facade import OpenedTeam
from envlsp.service.joining.invitations import LinkInfo, Terms, cancel, find_link, links, make_link
from envlsp.service.people import ROLE_WORDS, SHORT_HEX, role_from_word
from envlsp.service.ports import Choice
from envlsp.service.team import Team
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import courier_of, open_team


class LinkMade(NamedTuple):
    """A new link, and who knows of it already."""

    id: str
    link: str
    role: str
    uses: int
    address: str
    not_after: int | None
    reached: int


class Cancelled(NamedTuple):
    """What became of a wish to cancel a link."""

    id: str
    is_new: bool
    """False where it was cancelled before."""
    reached: int


def make(
    courier: Courier, opened: OpenedTeam, role: str, *, address: str = "", uses: int = 1, life: str = ""
) -> LinkMade:
    """Make a link and tell teammates, since any of them may be asked to honour it.

    Args:
        courier: who asks the network.
        opened: the team.
        role: `viewer` or `developer`.
        address: let in only whoever gives it; empty for anybody.
        uses: how many people.
        life: `7d`, `12h` or `4w`; empty for no end.

    Raises:
        SignalingUnreachable: no server is configured to meet at.
        BadText: no such role, or time.
        EnvlspError: as `make_link` does.
    """
    wanted, replica = role_from_word(role), opened.team.replica
    life_s = life_seconds(life) if life else None
    if not opened.servers:
        raise SignalingUnreachable("no signaling server is configured")
    courier.fetch()
    not_after = replica.now() + life_s if life_s is not None else None
    made = make_link(
        replica,
        wanted,
        Terms(address, not_after, ""),
        uses=uses,
        server=opened.servers[0],
        members_max=opened.members_max,
    )
    reached = courier.deliver()
    return LinkMade(made.id.hex()[:SHORT_HEX], made.text, role, uses, address, not_after, reached)


def end(courier: Courier, team: Team, word: str) -> Cancelled:
    """Cancel a link, whoever made it.

    Raises:
        NotFound, AmbiguousName: no link begins so, or several.
        NoAccess: only an admin may.
    """
    courier.fetch()
    invite = find_link(team.replica, word)
    courier.tell(foresee_cancel(team, invite))
    is_new = cancel(team.replica, invite)
    return Cancelled(invite.hex()[:SHORT_HEX], is_new, courier.deliver() if is_new else 0)


# --- as JSON -----------------------------------------------------------------------------------


def made_fields(made: LinkMade) -> Json:
    """Return a link that was made."""
    return {
        "id": made.id,
        "link": made.link,
        "role": made.role,
        "uses": made.uses,
        "address": made.address,
        "not_after": made.not_after,
        "reached": made.reached,
    }


def links_fields(team: Team) -> Json:
    """Return every link of a team, without what it takes to use one."""
    return {"invitations": [_link_fields(team, link) for link in links(team.replica)]}


def _link_fields(team: Team, link: LinkInfo) -> Json:
    return {
        "id": link.id,
        "status": link.status,
        "role": ROLE_WORDS[link.role],
        "address": link.address,
        "inviter": team.people.of_user(link.inviter).display_name,
        "uses": link.uses,
        "max_uses": link.max_uses,
        "not_after": link.not_after,
        "joined": [team.people.of_user(user).display_name for user in link.joined],
    }


def cancelled_fields(cancelled: Cancelled) -> Json:
    """Return a link that was cancelled."""
    return {"id": cancelled.id, "changed": cancelled.is_new, "reached": cancelled.reached}


# --- for an editor -----------------------------------------------------------------------------


def made_at(desk: Desk, arguments: Arguments, opened: OpenedTeam, role: str, address: str = "") -> Json:
    """Make the link that the arguments of `invite` or `access.grant` describe."""
    made = make(
        courier_of(desk, opened, arguments),
        opened,
        role,
        address=address,
        uses=arguments.number("uses", 1),
        life=arguments.text("for"),
    )
    return made_fields(made)


def _list(desk: Desk, _arguments: Arguments) -> Json:
    return links_fields(open_team(desk).team)


def _cancel(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    word = arguments.text("id") or _picked(desk, opened.team)
    return cancelled_fields(end(courier_of(desk, opened, arguments), opened.team, word))


def _picked(desk: Desk, team: Team) -> str:
    """Return the link that the person picks among those that are open.

    Raises:
        NotFound: there is none.
    """
    choices = [
        Choice(link.id, f"{ROLE_WORDS[link.role]} {link.address}".rstrip(), link.status)
        for link in links(team.replica)
        if link.status in ("open", "expired")
    ]
    if not choices:
        raise NotFound("no invitation is open", fix="envlsp invite list")
    return desk.talk.pick("cancel which invitation?", choices)


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "invite.list": _list,
    "invite.cancel": _cancel,
}
