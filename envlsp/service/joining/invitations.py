"""Invitation links in the ledger: made, listed, cancelled (PROTOCOL E.2, A6).

A link's own key pair is derived from a seed that stands in the link alone; here only the
public half is kept. When a link ends by a date, its note says so first:

    until 2026-11-29T12:00:00Z<line end>words for people

The date is for couriers, who go by their own clocks; no rule of the ledger reads it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from envlsp.crypto.introductions import link_key, new_seed
from envlsp.domain.ids import TEAM_SCOPE, RecordId, UserId
from envlsp.domain.ledger.policy import USERS_MAX
from envlsp.domain.ledger.reach import reaches_admits
from envlsp.domain.ledger.records import Invite, InviteCancel, Role
from envlsp.domain.ledger.state import InviteState
from envlsp.errors import AmbiguousName, Misuse, NotFound
from envlsp.service.access.rights import demand_role, own_role
from envlsp.service.people import SHORT_HEX
from envlsp.service.replica import Replica
from envlsp.wire.bodies import InviteBody, NoteBody
from envlsp.wire.introductions import Link, to_link_text

_UNTIL = re.compile(r"until (?P<end>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)(?:\n(?P<words>.*))?", re.DOTALL)
_STAMP: Final = "%Y-%m-%dT%H:%M:%SZ"
INVITABLE: Final = frozenset({Role.VIEWER, Role.DEVELOPER})
"""A link is found, forwarded, photographed: it never makes an admin."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an inviter says about a link in its body."""

    address: str
    """Let in only whoever gives it; empty for anybody."""
    not_after: int | None
    """Seconds since 1970 by the courier's clock; None for no end."""
    note: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new link, to be sent by a way that others do not read."""

    id: RecordId
    text: str


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """One link, as people see it."""

    id: str
    """The first letters of its record's id, in hex."""
    role: Role
    address: str
    inviter: UserId
    uses: int
    max_uses: int
    not_after: int | None
    status: str
    """`open`, `used`, `cancelled`, `expired`, `overused`, or `void`: its inviter is no admin now."""
    joined: tuple[UserId, ...]


# --- making ------------------------------------------------------------------------------------


def make_link(
    replica: Replica, role: Role, terms: Terms, *, uses: int, server: str, members_max: int
) -> Made:
    """Write an invitation and return its link, which is kept nowhere.

    Raises:
        NoAccess: only an admin invites.
        Misuse: links make no admins; more uses than the team has room for.
        WaitingForKey: we do not hold the team's newest key.
    """
    if role not in INVITABLE:
        raise Misuse(
            "a link lets in viewers and developers only",
            fix="envlsp invite --link, then envlsp access grant WHO --role admin",
        )
    seed = new_seed()
    with replica.writing():
        demand_role(replica, Role.ADMIN)
        _demand_room(replica, uses, min(members_max, USERS_MAX))
        body = InviteBody(replica.now(), to_note(terms), terms.address, ())
        record = replica.append(Invite(link_key(seed).public, role, uses), body)
    return Made(record.id, to_link_text(Link(replica.team, record.id, seed, server)))


def _demand_room(replica: Replica, uses: int, members_max: int) -> None:
    if uses < 1:
        raise Misuse("a link works once at least", fix="--uses 1")
    state = replica.state
    promised = sum(link.max_uses - len(link.uses) for link in state.invites.values() if link.live)
    if len(state.members) + promised + uses > members_max:
        raise Misuse(
            f"{len(state.members)} members and {promised} open invitations, of {members_max} members at most",
            fix="envlsp invite list, then envlsp invite cancel ID; or raise members_max in ev.yaml",
        )


def to_note(terms: Terms) -> str:
    """Return the note of an invitation."""
    if terms.not_after is None:
        return terms.note
    end = dt.datetime.fromtimestamp(terms.not_after, dt.UTC).strftime(_STAMP)
    return f"until {end}\n{terms.note}" if terms.note else f"until {end}"


def from_body(body: InviteBody) -> Terms:
    """Return what the body of an invitation says; a date that is none counts as words."""
    found = _UNTIL.fullmatch(body.note)
    if found is None:
        return Terms(body.address, None, body.note)
    try:
        end = dt.datetime.strptime(found["end"], _STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return Terms(body.address, None, body.note)
    return Terms(body.address, int(end.timestamp()), found["words"] or "")


def terms_of(replica: Replica, invite: RecordId) -> Terms | None:
    """Return what a link's body says; None where we cannot read it."""
    body = replica.body(replica.record(invite))
    return from_body(body) if isinstance(body, InviteBody) else None


# --- looking -----------------------------------------------------------------------------------


def links(replica: Replica) -> list[LinkInfo]:
    """Return every link that was ever made and stands, the oldest first."""
    replica.refresh()
    return [_info(replica, invite) for invite in replica.state.invites.values()]


def _info(replica: Replica, invite: InviteState) -> LinkInfo:
    terms = terms_of(replica, invite.id) or Terms("", None, "")
    return LinkInfo(
        id=invite.id.hex()[:SHORT_HEX],
        role=invite.role,
        address=terms.address,
        inviter=replica.ledger.author_of(invite.id),
        uses=len(invite.uses),
        max_uses=invite.max_uses,
        not_after=terms.not_after,
        status=_status(invite, terms, replica.now()),
        joined=tuple(_joined(replica, invite)),
    )


def _joined(replica: Replica, invite: InviteState) -> Iterator[UserId]:
    for use in invite.uses:
        introduced = replica.record(use).introduces
        assert introduced is not None
        yield introduced


def _status(invite: InviteState, terms: Terms, now: int) -> str:
    if invite.overused:
        return "overused"
    if len(invite.uses) >= invite.max_uses:
        return "used"
    if invite.cancelled:
        return "cancelled"
    if not invite.live:
        return "void"
    return "expired" if is_expired(terms, now) else "open"


def is_expired(terms: Terms, now: int) -> bool:
    """Return whether a link is past its end by our clock."""
    return terms.not_after is not None and now > terms.not_after


def find_link(replica: Replica, word: str) -> RecordId:
    """Return the link that the start of an id means.

    Raises:
        NotFound: none.
        AmbiguousName: several.
    """
    wanted = word.strip().lower()
    fits = [
        invite for invite in replica.state.invites if len(wanted) >= 4 and invite.hex().startswith(wanted)
    ]
    if not fits:
        raise NotFound(f"there is no invitation '{word}'", fix="envlsp invite list")
    if len(fits) > 1:
        raise AmbiguousName(f"'{word}' begins several", fix="give more letters")
    return fits[0]


# --- ending ------------------------------------------------------------------------------------


def cancel(replica: Replica, invite: RecordId, note: str = "") -> bool:
    """Make a link useless, whoever made it; return False when it was cancelled already.

    Raises:
        NoAccess: only an admin may.
        NotFound: there is no such link.
    """
    with replica.writing():
        demand_role(replica, Role.ADMIN)
        known = replica.state.invites.get(invite)
        if known is None:
            raise NotFound("that invitation does not stand any more", fix="envlsp invite list")
        if known.cancelled:
            return False
        current = replica.state.current_epoch(TEAM_SCOPE)
        can_note = current is not None and replica.ring.key_of(current) is not None
        replica.append(InviteCancel(invite), NoteBody(replica.now(), note) if can_note else None)
        return True


def close_used_up(replica: Replica) -> bool:
    """Cancel links that were used as often as they may be; return whether anything was written.

    A courier who was cut off may still admit somebody: that would be one use too many, and
    all of them void. A cancellation that follows the uses makes the late one void instead.
    It reaches back only from somebody as senior as the inviter, and a link is cancelled
    only once: so others leave it alone (PROTOCOL A6).
    """
    with replica.writing():
        if own_role(replica) < Role.ADMIN:
            return False
        done = False
        for invite in list(replica.state.invites.values()):
            full = len(invite.uses) >= invite.max_uses and not invite.overused
            if full and not invite.cancelled and reaches_admits(replica.ledger, replica.keys.dpk, invite.id):
                done |= cancel(replica, invite.id)
        return done
