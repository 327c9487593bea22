"""New epochs, keys for who lacks them, and heads encrypted again (PROTOCOL D.3, C.5).

A scope has epochs of its own; the team is one. Whoever comes by may finish what
somebody's change has left open, so everything in here is harmless when done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from envlsp.crypto.epochs import Recipient, TeamKey, make_epoch, new_key, seal_key
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, EpochId, RecordId, ScopeId
from envlsp.domain.ledger.exposure import loose_epochs
from envlsp.domain.ledger.records import Epoch, Keys, Release, Role, Rotate, Seal
from envlsp.domain.ledger.state import Device, EpochState, TeamState
from envlsp.domain.release import ReleaseContent, ReleaseKind
from envlsp.errors import WaitingForKey
from envlsp.service.access.rights import demand_role, own_role
from envlsp.service.access.tombstones import distrusted
from envlsp.service.access.unopened import Asking, overdue
from envlsp.service.history import Releases
from envlsp.service.replica import Replica
from envlsp.wire.bodies import NoteBody
from envlsp.wire.limits import EPOCHS_PER_RECORD_MAX

EPOCHS_MAX_BYTES = 48 * 1024
"""Of the epochs in one record: its header has at most 64 KiB, parents and targets included."""
SEALS_MAX = 256
"""Of keys in one record, about 40 KiB of its header."""


IsDue: TypeAlias = Callable[[bytes], bool]
"""Asked of a device's dpk or of a scope: is it our turn?"""


def always(_target: bytes) -> bool:
    """Say that it is our turn: a person is at work here."""
    return True


def scopes(state: TeamState) -> tuple[ScopeId, ...]:
    """Return every scope that counts, sorted; the team's is the first."""
    return (TEAM_SCOPE, *sorted(scope for scope, known in state.scopes.items() if known.created_ok))


def sealable(replica: Replica, scope: ScopeId) -> tuple[Device, ...]:
    """Return the devices that this device seals the keys of a scope to, sorted by dpk: no suspect."""
    out = suspects_of(replica, scope)
    return tuple(device for device in replica.state.readers(scope) if device.dpk not in out)


def suspects_of(replica: Replica, scope: ScopeId) -> frozenset[DevicePk]:
    """Return the readers of a scope who get no new key of it from this device (C.5)."""
    return distrusted(replica.suspects, replica.state, scope)


def is_held_by_suspect(replica: Replica, scope: ScopeId) -> bool:
    """Return whether what is written in a scope now could be read by somebody we do not trust."""
    current = replica.state.current_epoch(scope)
    if current is None:
        return False
    return any(_knows(replica.state.epochs[current], dpk) for dpk in suspects_of(replica, scope))


# --- new epochs --------------------------------------------------------------------------------


def rotate(replica: Replica, releases: Releases, wanted: Collection[ScopeId] = (TEAM_SCOPE,)) -> int:
    """Start a new epoch of each of these scopes; return how many heads were encrypted again.

    Raises:
        NoAccess: we may only read one of them.
    """
    with replica.writing():
        for scope in wanted:
            demand_role(replica, Role.DEVELOPER, scope)
        open_epochs(replica, wanted)
        return rekey_heads(replica, releases)


def open_epochs(replica: Replica, wanted: Collection[ScopeId]) -> None:
    """Write a new epoch of each of these scopes, in as many `rotate` as it takes.

    Call it inside `writing`.
    """
    left = tuple(wanted)
    while left:
        made = new_epochs(replica, left)
        replica.append(Rotate(made.epochs), team_note(replica, made.team_key), carried=made.team_key)
        left = made.left


@dataclass(frozen=True, slots=True)
class NewEpochs:
    """New epochs of several scopes for one record of the team's scope to carry."""

    epochs: tuple[Epoch, ...]
    team_key: TeamKey | None
    """The team's new key, where it has one: the record's body is sealed under it."""
    left: tuple[ScopeId, ...]
    """Scopes for which there was no room: `open_epochs` of them, right after the record."""


def new_epochs(
    replica: Replica,
    wanted: Collection[ScopeId],
    *,
    without: Collection[DevicePk] = frozenset(),
    root: Recipient | None = None,
) -> NewEpochs:
    """Return a new epoch of each of these scopes, as far as one record has room; the team's comes first.

    Args:
        replica: what the epochs follow.
        wanted: whose keys.
        without: devices that lose access by the record that carries them.
        root: the root key that this record sets; by default the one of now.
    """
    made, team_key, room = list[Epoch](), None, EPOCHS_MAX_BYTES
    order = sorted(wanted)
    for place, scope in enumerate(order):
        epoch, key = next_epoch(replica, scope, without=without, root=root)
        room -= _size(epoch)
        if (room < 0 and made) or len(made) == EPOCHS_PER_RECORD_MAX:
            return NewEpochs(tuple(made), team_key, tuple(order[place:]))
        made.append(epoch)
        team_key = key if scope == TEAM_SCOPE else team_key
    return NewEpochs(tuple(made), team_key, ())


def _size(epoch: Epoch) -> int:
    """Return about how many bytes an epoch takes, rather more than fewer."""
    return 96 + 120 * len(epoch.seals) + 112 * len(epoch.links)


def team_note(replica: Replica, carried: TeamKey | None = None, note: str = "") -> NoteBody | None:
    """Return the body of a record of the team's scope; None where it is left empty.

    That is what a guest does, and whoever writes between two keys of the team (A2).

    Args:
        replica: what the record follows.
        carried: the team's key that the record itself brings, if it does.
        note: a word about it.
    """
    current = replica.state.current_epoch(TEAM_SCOPE)
    can_seal = carried is not None or (current is not None and replica.ring.key_of(current) is not None)
    return NoteBody(replica.now(), note) if can_seal else None


def next_epoch(
    replica: Replica,
    scope: ScopeId,
    *,
    without: Collection[DevicePk] = frozenset(),
    root: Recipient | None = None,
) -> tuple[Epoch, TeamKey]:
    """Return a new epoch of a scope for a record to carry, and its key.

    Args:
        replica: what the epoch follows.
        scope: whose key it is.
        without: devices that lose access by the record that carries it.
        root: the root key that this record sets; by default the one of now.
    """
    state, key = replica.state, new_key()
    recipients = [Recipient(d.dpk, d.xpk) for d in sealable(replica, scope) if d.dpk not in without]
    root = root or Recipient(state.root.root_sign, state.root.root_box)
    epoch = make_epoch(
        key,
        team=replica.team,
        scope=scope,
        n=state.next_n(scope),
        recipients=(*recipients, root),
        older=_tops(replica, scope),
    )
    return epoch, key


def _tops(replica: Replica, scope: ScopeId) -> Mapping[EpochId, TeamKey]:
    """Return the epochs of a scope that no other links to: linking them opens all history."""
    epochs = {i: e for i, e in replica.state.epochs.items() if e.scope == scope}
    below = {older for epoch in epochs.values() for older in epoch.opens}
    keys = ((identity, replica.ring.key_of(identity)) for identity in epochs if identity not in below)
    return {identity: key for identity, key in keys if key is not None}


# --- delivering --------------------------------------------------------------------------------


def mend(replica: Replica, releases: Releases, is_due: IsDue = always) -> bool:
    """Finish what somebody's change has left open; return whether anything was written.

    Opens an epoch where every one is exposed, or where the current one stays closed to
    us, delivers keys to devices that a rotation did not know or that ask for them, and
    encrypts heads again that a crash has left under an older epoch. Whoever comes by may
    do it; twice is harmless (PROTOCOL D.3, C.5).

    Args:
        replica: the ledger.
        releases: what is in it.
        is_due: whether it is our turn to do something for a device, or in a scope.
    """
    with replica.writing():
        own = replica.keys.dpk
        if not replica.state.is_active(own):
            return False
        before = replica.ledger.next_seq(own)
        writable = [s for s in scopes(replica.state) if own_role(replica, s) >= Role.DEVELOPER]
        if closed := [scope for scope in _without_key(replica, writable) if is_due(scope)]:
            open_epochs(replica, closed)
        deliver_keys(replica, is_due)
        if writable:
            rekey_heads(replica, releases, is_due)
        return replica.ledger.next_seq(own) != before


def pending(replica: Replica, releases: Releases) -> frozenset[bytes]:
    """Return for whom, and in which scopes, `mend` would do something now: devices and scopes."""
    if not replica.state.is_active(replica.keys.dpk):
        return frozenset()
    every = scopes(replica.state)
    writable = [scope for scope in every if own_role(replica, scope) >= Role.DEVELOPER]
    asking = Asking(replica)
    lacking = {device.dpk for scope in every for _, device in _lacking(replica, scope, asking)}
    stale = {scope for _, _, scope in _stale_heads(replica, releases)} if writable else frozenset()
    return frozenset(lacking | stale | set(_without_key(replica, writable)))


def _without_key(replica: Replica, writable: Collection[ScopeId]) -> list[ScopeId]:
    """Return the scopes that have no key to write under, or for a minute none that opens here."""
    closed = {scope for scope in writable if replica.state.current_epoch(scope) is None}
    return sorted(closed.union(overdue(replica, writable)))


def deliver_keys(replica: Replica, is_due: IsDue = always) -> None:
    """Seal the keys that some device needs and nobody has sealed to it, or that it asks for."""
    asking = Asking(replica)
    seals = [
        seal for scope in scopes(replica.state) for seal in _missing_seals(replica, scope, asking, is_due)
    ]
    seals.sort(key=lambda seal: (seal.epoch, seal.to))
    for start in range(0, len(seals), SEALS_MAX):
        replica.append(Keys(tuple(seals[start : start + SEALS_MAX]), ()))


def _missing_seals(replica: Replica, scope: ScopeId, asking: Asking, is_due: IsDue) -> Iterator[Seal]:
    for identity, device in _lacking(replica, scope, asking):
        key = replica.ring.key_of(identity)
        if key is not None and is_due(device.dpk):
            yield seal_key(key, identity, Recipient(device.dpk, device.xpk))


def _lacking(replica: Replica, scope: ScopeId, asking: Asking) -> Iterator[tuple[EpochId, Device]]:
    """Yield the epochs that we hold and could seal, each with a device that lacks it."""
    current = replica.state.current_epoch(scope)
    if current is None or own_role(replica, scope) < Role.VIEWER:
        return  # of one who may not read it, no peer takes a key: not even an old one they still hold
    trusted = sealable(replica, scope)
    for identity in sorted({current} | loose_epochs(replica.state.epochs, current)):
        if replica.ring.key_of(identity) is not None:
            epoch = replica.state.epochs[identity]
            for device in trusted:
                if not _knows(epoch, device.dpk) or asking.lacks(device.dpk, epoch):
                    yield identity, device


def _knows(epoch: EpochState, dpk: DevicePk) -> bool:
    return dpk in epoch.recipients or dpk == epoch.author


def seals_for(replica: Replica, newcomer: Recipient, scope: ScopeId = TEAM_SCOPE) -> tuple[Seal, ...]:
    """Return what lets a new reader of a scope read all of it, past and present.

    The newest key, and every older one that no link under it opens. Opens an epoch first
    where none is current. Call it inside `writing`.

    Raises:
        WaitingForKey: we do not hold the newest key ourselves.
    """
    if replica.state.current_epoch(scope) is None:
        open_epochs(replica, (scope,))  # somebody who left knows every key there is
    current = replica.state.current_epoch(scope)
    if current is None:
        raise WaitingForKey
    wanted = {current} | loose_epochs(replica.state.epochs, current)
    seals = [
        seal_key(key, epoch, newcomer)
        for epoch in sorted(wanted)
        if (key := replica.ring.key_of(epoch)) is not None
    ]
    if not any(seal.epoch == current for seal in seals):
        raise WaitingForKey
    return tuple(seals)


# --- encrypting again --------------------------------------------------------------------------


def rekey_heads(replica: Replica, releases: Releases, is_due: IsDue = always) -> int:
    """Encrypt again, under its scope's current epoch, every head that is under another one.

    Any developer's client may do it, so a crash between a removal and this is mended
    by whoever comes next (PROTOCOL D.3). An environment that waits for a key is left
    alone, and so is what is shadowed. Returns how many there were.
    """
    stale = [one for one in _stale_heads(replica, releases) if is_due(one[2])]
    for head, content, scope in stale:
        again = replace(content, ts=replica.now(), kind=ReleaseKind.REKEY, message="", base=(head,), of=head)
        replica.append(Release(scope), again)
    return len(stale)


def _stale_heads(replica: Replica, releases: Releases) -> Iterator[tuple[RecordId, ReleaseContent, ScopeId]]:
    """Yield the heads that we could encrypt again under a newer key."""
    for triple in releases.environments():
        if not releases.waits(triple):
            found = releases.of(triple)
            scope = found.environment.scope
            for head in found.history.heads() if _can_rekey(replica, scope) else ():
                if replica.epoch_of(replica.record(head)) != replica.state.current_epoch(scope):
                    yield head, found.opened[head], scope


def _can_rekey(replica: Replica, scope: ScopeId) -> bool:
    current = replica.state.current_epoch(scope)
    if current is None or replica.ring.key_of(current) is None:
        return False
    return own_role(replica, scope) >= Role.DEVELOPER and not is_held_by_suspect(replica, scope)
