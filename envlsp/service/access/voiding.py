"""What a removal makes void: said before it as far as it is known, and after it as it surfaces.

A removal reaches what was done at the same time, and that is just what nobody here has
seen yet. So before it, there are hints: who may still hold something, and whom it does
not reach. After it there are the records themselves, late. Decides nothing (C.3 does).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator

from envlsp.domain.ids import DevicePk, RecordId, UserId
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.policy import PARENTS_MAX
from envlsp.domain.ledger.records import Admit, DeviceAdd, Grant, Release, Role
from envlsp.errors import LimitExceeded, Malformed
from envlsp.service.access.devices import is_older
from envlsp.service.history import EnvironmentHistory
from envlsp.service.replica import Replica
from envlsp.service.results import Voided
from envlsp.service.team import Team
from envlsp.wire.attest import decode_attest_untrusted

FIRST_LINES = 3
"""So many void releases are told one by one; whoever wants all of them asks `log --all`."""


# --- before ------------------------------------------------------------------------------------


def foresee(
    team: Team, users: Collection[UserId] = (), devices: Collection[DevicePk] = ()
) -> tuple[str, ...]:
    """Return what a removal would make void, or would not, as sentences; call it after a sync.

    Args:
        team: opened.
        users: who is to be removed, or to have a lower role.
        devices: single devices that are.
    """
    state = team.replica.state
    kept = _unreached(team, users, devices)
    theirs = [dpk for user in users if user in state.members for dpk in state.members[user].devices]
    lines = [
        *(line for user in users for line in _of_person(team, user)),
        *(line for dpk in devices for line in _of_device(team, dpk)),
        *(
            line
            for dpk in (*theirs, *devices)
            if dpk != team.replica.keys.dpk and dpk not in kept
            for line in _unheard(team, dpk)
        ),
        *_beyond(team.replica.ledger),
    ]
    return tuple(dict.fromkeys(lines))


def _unreached(team: Team, users: Collection[UserId], devices: Collection[DevicePk]) -> set[DevicePk]:
    """Return the devices that keep what they did at the same time: they or their people outrank us."""
    state = team.replica.state
    own = {dpk for user in users if is_senior(team.replica, user) for dpk in state.members[user].devices}
    older = {d for d in devices if d in state.devices and is_older(team.replica, state.devices[d])}
    return own | older


def _of_person(team: Team, user: UserId) -> Iterator[str]:
    name = team.people.of_user(user).name
    if is_senior(team.replica, user):
        yield (
            f"{name} has been admin for longer than you: what they did at the same time stands, "
            "and they can come back (access contest); only the recovery words remove them for good"
        )
    state = team.replica.state
    links = sum(
        invite.live and team.replica.ledger.author_of(invite.id) == user for invite in state.invites.values()
    )
    if links:
        yield f"{links} open invitation{'' if links == 1 else 's'} by {name} will let nobody in any more"


def _of_device(team: Team, dpk: DevicePk) -> Iterator[str]:
    device = team.replica.state.devices.get(dpk)
    if device is not None and is_older(team.replica, device):
        label = team.people.of_device(dpk).device
        yield (
            f"{label} is older than this device: what it did at the same time stands, "
            "and it can come back (access contest); an admin removes it for good"
        )


def foresee_cancel(team: Team, invite: RecordId) -> tuple[str, ...]:
    """Return what cancelling a link would make void, as sentences; call it after a sync."""
    known = team.replica.state.invites.get(invite)
    if known is None or not known.live:
        return ()
    return ("whoever is let in with it by a device that has not heard of this yet will be no member",)


def is_senior(replica: Replica, user: UserId) -> bool:
    """Return whether a removal of theirs by us would not reach what they do at the same time (C.3)."""
    own = replica.state.user_of(replica.keys.dpk)
    mine = replica.state.members.get(own) if own else None
    theirs = replica.state.members.get(user)
    if mine is None or theirs is None or user == own or theirs.role is not Role.ADMIN:
        return False
    return mine.role is not Role.ADMIN or _order(replica, theirs.in_force[0]) < _order(
        replica, mine.in_force[0]
    )


def _order(replica: Replica, record: RecordId) -> tuple[int, RecordId]:
    return replica.record(record).header.height, record


def _unheard(team: Team, dpk: DevicePk) -> Iterator[str]:
    """Yield what speaks for something on a device that nobody here has seen."""
    note, person = team.store.peers.get(dpk), team.people.of_device(dpk)
    whose = f"{person.name} ({person.device})" if person.device else person.name
    if note.attestation and (missing := _attested_elsewhere(team.replica.ledger, note.attestation)):
        records = f"{missing} record{'' if missing == 1 else 's'}"
        yield f"{whose} says to hold {records} at least that nobody brought here: they may be void with it"
    met = time.strftime("last met here: %Y-%m-%d %H:%M", time.localtime(note.seen_s))
    yield (
        f"{whose}: what it made and did not hand on will not count "
        f"({met if note.seen_s else 'never met here'})"
    )


def _attested_elsewhere(ledger: Ledger, attestation: bytes) -> int:
    try:
        heads = decode_attest_untrusted(attestation).heads
    except (Malformed, LimitExceeded):
        return 0
    return sum(head not in ledger for head in heads)


def _beyond(ledger: Ledger) -> Iterator[str]:
    """Yield that a record cannot name all there is: what it does not name counts as of the same time."""
    if (heads := len(ledger.heads())) > PARENTS_MAX:
        yield (
            f"{heads} records were made side by side, and a removal knows {PARENTS_MAX} of them: "
            "make a release first"
        )


# --- after -------------------------------------------------------------------------------------


def voided_releases(team: Team, found: EnvironmentHistory) -> tuple[Voided, ...]:
    """Return the releases that a removal by our own person makes void, and nobody has answered yet.

    A release of the environment that was made in their sight answers them: whoever made
    it could have adopted them. Newest first.
    """
    ledger, own = team.replica.ledger, team.replica.state.user_of(team.replica.keys.dpk)
    answers = [
        node.id for node in found.history.nodes.values() if not found.is_rekey(node.id) and not node.void
    ]
    late = [
        node
        for node in found.history.nodes.values()
        if node.void
        and not found.is_rekey(node.id)
        and any(ledger.author_of(kill) == own for kill in ledger.voided_by(node.id))
        and not any(ledger.is_ancestor(node.id, answer) for answer in answers)
    ]
    late.sort(key=lambda node: (node.height, node.id), reverse=True)
    return tuple(_release(team, found, node.id) for node in late)


def _release(team: Team, found: EnvironmentHistory, record: RecordId) -> Voided:
    author = team.people.of_device(found.history.nodes[record].author).name
    return Voided(
        record.hex(), found.environment.triple, found.versions.label(record), author, _remover(team, record)
    )


def _remover(team: Team, record: RecordId) -> str:
    ledger = team.replica.ledger
    return team.people.of_user(ledger.author_of(ledger.voided_by(record)[0])).name


class Arrivals:
    """What came from now on and does not count; for whoever syncs."""

    def __init__(self, team: Team) -> None:
        """Note what is here."""
        self._team = team
        team.replica.refresh()
        self._before = {record.id for record in team.replica.ledger.records()}

    def voided(self) -> tuple[Voided, ...]:
        """Return what has come since, void by a removal of anybody; who was let in, then releases."""
        replica = self._team.replica
        replica.refresh()
        news = [r for r in replica.ledger.records() if r.id not in self._before]
        void = [r for r in news if replica.ledger.voided_by(r.id)]
        people = [
            Voided(
                record.id.hex(),
                None,
                self._team.people.of_device(record.header.pub.dpk).display_name,
                self._team.people.of_device(record.header.author).name,
                _remover(self._team, record.id),
            )
            for record in void
            if isinstance(record.header.pub, Grant | Admit | DeviceAdd)
        ]
        ids = {record.id for record in void if isinstance(record.header.pub, Release)}
        return (*people, *self._releases(ids))

    def _releases(self, ids: Collection[RecordId]) -> Iterator[Voided]:
        for triple in self._team.releases.environments() if ids else ():
            found = self._team.releases.of(triple)
            for record in ids & found.history.nodes.keys():
                if not found.is_rekey(record):
                    yield _release(self._team, found, record)


def voided_lines(found: Collection[Voided]) -> Iterator[str]:
    """Yield what does not count as sentences, and how it comes back."""
    for one in [*found][:FIRST_LINES]:
        if one.triple is None:
            yield f"{one.label}, let in by {one.author} while {one.by} removed them, is no member"
        else:
            yield (
                f"{one.author}'s {one.label} of {one.triple}, made while {one.by} removed them, does not "
                f"count; to bring it back: envlsp adopt {one.label}"
            )
    if len(found) > FIRST_LINES:
        yield f"and {len(found) - FIRST_LINES} more: envlsp log --all"
