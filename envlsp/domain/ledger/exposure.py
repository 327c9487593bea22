"""Which keys of a scope are safe to write under, and which ones somebody can open.

An epoch is exposed once a key that has no access holds it, or can reach it through
links from one it holds. An exposed epoch stays readable and is never written under again.

Spec: docs/protocol.md, "B.9 Scopes, roles, guests", Exposure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from envlsp.domain.ids import DevicePk, EpochId, ScopeId, UserId
from envlsp.domain.ledger.records import Role
from envlsp.domain.ledger.state import Alarm, AlarmKind, EpochState, TeamState


def exposed_epochs(state: TeamState) -> frozenset[EpochId]:
    """Return the epochs that somebody without access can open."""
    readers: dict[ScopeId, frozenset[DevicePk]] = {}
    found: set[EpochId] = set()
    for epoch in state.epochs.values():
        if epoch.scope not in readers:
            readers[epoch.scope] = frozenset(device.dpk for device in state.readers(epoch.scope))
        if not _holders(epoch) <= readers[epoch.scope] | {state.root.root_sign}:
            found.add(epoch.id)
    return frozenset(_reachable(found, state.epochs))


def readable_epochs(state: TeamState, user: UserId, devices: Collection[DevicePk]) -> frozenset[EpochId]:
    """Return the epochs that somebody can open, or could before a removal.

    Those sealed to one of his devices or drawn by it, those of a scope that he may read
    now even if nobody has delivered the key yet, and what any of them opens through links.

    Args:
        state: of the team, now.
        user: whose.
        devices: every device he ever had, by a void record too.
    """
    found = {
        epoch.id
        for epoch in state.epochs.values()
        if not _holders(epoch).isdisjoint(devices) or state.role(user, epoch.scope) >= Role.VIEWER
    }
    return frozenset(_reachable(found, state.epochs))


def openable_epochs(state: TeamState, devices: Collection[DevicePk]) -> frozenset[EpochId]:
    """Return the epochs sealed to one of these devices or drawn by it, and what they open through links."""
    found = {epoch.id for epoch in state.epochs.values() if not _holders(epoch).isdisjoint(devices)}
    return frozenset(_reachable(found, state.epochs))


def loose_epochs(epochs: Mapping[EpochId, EpochState], newest: EpochId) -> set[EpochId]:
    """Return the epochs of the newest one's scope that no chain of links from it reaches."""
    scope = epochs[newest].scope
    of_scope = {identity for identity, epoch in epochs.items() if epoch.scope == scope}
    return of_scope - _reachable({newest}, epochs)


def _holders(epoch: EpochState) -> frozenset[DevicePk]:
    """Count who drew the key too: he knows it, with or without a seal to himself."""
    return epoch.recipients | {epoch.author} if epoch.author else epoch.recipients


def _reachable(start: set[EpochId], epochs: Mapping[EpochId, EpochState]) -> set[EpochId]:
    """Follow the links: a newer key opens the older ones under it."""
    reached, waiting = set(start), list(start)
    while waiting:
        for older in epochs[waiting.pop()].opens:
            if older not in reached:
                reached.add(older)
                waiting.append(older)
    return reached


def current_epochs(state: TeamState, exposed: frozenset[EpochId]) -> dict[ScopeId, EpochId]:
    """Return, per scope, the greatest unexposed epoch by (n, id) that a standing record carries."""
    best: dict[ScopeId, tuple[int, EpochId]] = {}
    for epoch in state.epochs.values():
        if epoch.ok and epoch.id not in exposed:
            best[epoch.scope] = max(best.get(epoch.scope, (0, epoch.id)), (epoch.n, epoch.id))
    return {scope: epoch_id for scope, (_, epoch_id) in best.items()}


def omissions(state: TeamState, current: Mapping[ScopeId, EpochId]) -> list[Alarm]:
    """Return an alarm for each active device that a current epoch was not sealed to."""
    found = []
    for scope, epoch_id in current.items():
        epoch = state.epochs[epoch_id]
        found += [
            Alarm(AlarmKind.EPOCH_OMITS, device.dpk, (epoch.record,))
            for device in state.readers(scope)
            if device.dpk not in epoch.recipients
        ]
    return found
