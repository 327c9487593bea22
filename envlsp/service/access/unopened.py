"""Keys that should open here and do not, and the devices that say the same of themselves.

An epoch may leave a device out, or seal nonsense to it: the others see a seal and cannot
see what is in it. So a device that lacks a key says so in its attestation, which names no
current epoch then; whoever holds the key seals it to that device once more, once. And
where nobody does, a developer's device replaces the key after a minute.

Spec: docs/protocol.md, "D. Keys", points 8 and 9.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from envlsp.domain.ids import TEAM_SCOPE, DevicePk, EpochId, ScopeId
from envlsp.domain.ledger.exposure import loose_epochs
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.records import Role, carried_epochs, carried_seals
from envlsp.domain.ledger.state import EpochState
from envlsp.errors import LimitExceeded, Malformed
from envlsp.service.access.rights import own_role
from envlsp.service.replica import Replica
from envlsp.service.team import Team
from envlsp.wire.attest import Attest, decode_attest_untrusted
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import MIB

REPLACE_AFTER_S: Final = 60
"""How long a key may stay closed to a developer before their device makes another one."""
_SEEN: Final = b"unopened"


def unopened(replica: Replica) -> dict[EpochId, ScopeId]:
    """Return the epochs in use whose key this device should have and cannot open.

    In use are the current one of each scope, and those that no link from it reaches.
    """
    state, found = replica.state, dict[EpochId, ScopeId]()
    if not state.is_active(replica.keys.dpk):
        return found
    for scope in (TEAM_SCOPE, *state.scopes):
        current = state.current_epoch(scope)
        if current is not None and own_role(replica, scope) >= Role.VIEWER:
            in_use = {current} | loose_epochs(state.epochs, current)
            found.update({identity: scope for identity in in_use if replica.ring.key_of(identity) is None})
    return found


# --- for a minute ------------------------------------------------------------------------------


def overdue(replica: Replica, scopes: Collection[ScopeId]) -> tuple[ScopeId, ...]:
    """Return those of these scopes whose current key has been closed to us for a minute.

    By our own clock, and from when this device first noticed it: a choice of its own.
    """
    since, now = _note(replica), replica.now()
    current = {scope: replica.state.current_epoch(scope) for scope in scopes}
    return tuple(
        scope for scope, epoch in current.items() if epoch in since and now - since[epoch] >= REPLACE_AFTER_S
    )


def _note(replica: Replica) -> dict[EpochId, int]:
    """Remember since when each key has been closed to us; forget those that are not any more."""
    before = _read(replica.store.meta.get(_SEEN))
    after = {epoch: before.get(epoch, replica.now()) for epoch in unopened(replica)}
    if after != before:
        replica.store.meta.put(_SEEN, encode(tuple(sorted(after.items()))))
    return after


def _read(kept: bytes | None) -> dict[EpochId, int]:
    """Return what was noted; nothing where it is not readable, since the minute can begin again."""
    if kept is None:
        return {}
    try:
        rows = decode_untrusted(kept, limit_bytes=MIB)
    except (Malformed, LimitExceeded):
        return {}
    assert isinstance(rows, list)
    found = {}
    for row in rows:
        match row:
            case [bytes(epoch), int(since)]:
                found[EpochId(epoch)] = since
    return found


def makers(team: Team) -> tuple[str, ...]:
    """Return who made the keys that do not open here."""
    state, people = team.replica.state, team.people
    authors = {state.epochs[epoch].author for epoch in unopened(team.replica)}
    names = (people.of_device(dpk).display_name if dpk else people.of_user(ROOT).name for dpk in authors)
    return tuple(sorted(names))


# --- asking, and being asked -------------------------------------------------------------------


def attested_epoch(replica: Replica) -> EpochId | None:
    """Return what our attestation says is current; None asks for a key that we lack."""
    return None if unopened(replica) else replica.state.current_epoch(TEAM_SCOPE)


class Asking:
    """Which devices say that they lack a key, of those that we have not answered."""

    def __init__(self, replica: Replica) -> None:
        """Read what the others have attested."""
        self._replica = replica
        notes = replica.store.peers.all()
        self._asked = {dpk: a for dpk, note in notes.items() if (a := _asks(note.attestation)) is not None}
        self._answered = _sealed_by_us(replica) if self._asked else frozenset()

    def lacks(self, dpk: DevicePk, epoch: EpochState) -> bool:
        """Return whether a device knows of an epoch, says it lacks a key, and has none of this by us."""
        attest = self._asked.get(dpk)
        if attest is None or (epoch.id, dpk) in self._answered:
            return False
        ledger = self._replica.ledger
        known = (head for head in attest.heads if head in ledger)
        return any(head == epoch.record or ledger.is_ancestor(epoch.record, head) for head in known)


def _asks(attestation: bytes) -> Attest | None:
    if not attestation:
        return None
    try:
        attest = decode_attest_untrusted(attestation)
    except (Malformed, LimitExceeded):
        return None
    return attest if attest.epoch is None else None


def _sealed_by_us(replica: Replica) -> frozenset[tuple[EpochId, DevicePk]]:
    """Return what we have sealed to whom: a second time would be no better."""
    found: set[tuple[EpochId, DevicePk]] = set()
    for record in replica.ledger.by_author(replica.keys.dpk):
        pub = record.header.pub
        found.update((seal.epoch, seal.to) for seal in carried_seals(pub))
        for identity, epoch in zip(record.epoch_ids, carried_epochs(pub), strict=True):
            found.update((identity, dpk) for dpk, _ in epoch.seals)
    return frozenset(found)
