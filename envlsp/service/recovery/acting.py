"""What the root key does: the few records that only it can write.

It is no device: nothing of it is kept, and its records are stored as a stranger's are.
All it does here is one transaction. It cannot write releases, so whoever it lets in
encrypts the newest ones again. Refuses to know words and people.

Spec: docs/protocol.md, "D. Keys", point 7, and "C.2 Admission".
"""

from __future__ import annotations

from collections.abc import Collection

from envlsp.crypto.device import DeviceKeys, prove
from envlsp.crypto.epochs import Recipient
from envlsp.crypto.recovery import RootKey
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import DevicePk, ScopeId, UserId
from envlsp.domain.ledger.records import DeviceRevoke, Grant, Revoke, Role, RootReplace, Seal, SetRole
from envlsp.errors import WaitingForKey
from envlsp.service.access.rotation import (
    SEALS_MAX,
    new_epochs,
    open_epochs,
    scopes,
    seals_for,
    team_note,
)
from envlsp.service.people import Person
from envlsp.service.replica import Replica
from envlsp.store.records import NewRecord
from envlsp.wire.bodies import PersonBody, RootReplaceBody


class RootReplica(Replica):
    """A team's ledger in the hands of the recovery words: what it writes is signed by the root key."""

    def _keep_own(self, row: NewRecord) -> None:
        # The store counts the records of the device it belongs to; these are another's.
        self.store.records.append((row,))


def remove(root: RootReplica, users: Collection[UserId], devices: Collection[DevicePk]) -> None:
    """Remove members and single devices, with new keys of every scope that they do not get.

    Call it inside `writing`; there is at least one of either.
    """
    state = root.state
    gone = {*devices, *(dpk for user in users for dpk in state.members[user].devices)}
    made = new_epochs(root, scopes(state), without=gone)
    body = team_note(root, made.team_key)
    if users:
        root.append(Revoke(tuple(sorted(users)), made.epochs), body, carried=made.team_key)
    left = {dpk for dpk in devices if root.state.is_active(dpk)}
    if left and users:
        root.append(DeviceRevoke(tuple(sorted(left)), ()), team_note(root))
    elif left:
        root.append(DeviceRevoke(tuple(sorted(left)), made.epochs), body, carried=made.team_key)
    open_epochs(root, made.left)


def let_in(root: RootReplica, keys: DeviceKeys, person: Person) -> UserId:
    """Make a new device an admin, with the keys to everything; return whose it is.

    Call it inside `writing`.
    """
    seals, unsealed = _seals(root, Recipient(keys.dpk, keys.xpk))
    pop = prove(keys, root.team, PopPurpose.JOIN)
    pub = Grant(keys.dpk, keys.xpk, pop, Role.ADMIN, seals)
    body = PersonBody(root.now(), person.display_name, person.device, "by the recovery words")
    root.append(pub, body)
    open_epochs(root, unsealed)  # a new key of these is sealed to whoever reads them now
    user = root.state.user_of(keys.dpk)
    assert user is not None
    return user


def _seals(root: RootReplica, newcomer: Recipient) -> tuple[tuple[Seal, ...], list[ScopeId]]:
    """Return the keys of all scopes as far as one record has room, and the scopes left out."""
    seals: list[Seal] = []
    left: list[ScopeId] = []
    for scope in scopes(root.state):
        try:
            found = seals_for(root, newcomer, scope)
        except WaitingForKey:
            # Whoever drew the newest key sealed nonsense to the root: the next one passes it by.
            open_epochs(root, (scope,))
            found = seals_for(root, newcomer, scope)
        if len(seals) + len(found) > SEALS_MAX:
            left.append(scope)
        else:
            seals += found
    return tuple(sorted(seals, key=lambda seal: (seal.epoch, seal.to))), left


def make_admin(root: RootReplica, user: UserId) -> bool:
    """Make a member an admin; return False where they are one. Call it inside `writing`."""
    if root.state.members[user].role is Role.ADMIN:
        return False
    root.append(SetRole(user, Role.ADMIN, ()), team_note(root))
    return True


def replace_root(root: RootReplica, new: RootKey) -> None:
    """Let other words count from now on, and bring every scope a key that the old ones do not open.

    The last thing that a root key does: all it writes afterwards is refused. Scopes for
    which the record has no room have no key until a member rotates. Call it inside `writing`.
    """
    to = Recipient(new.keys.dpk, new.keys.xpk)
    made = new_epochs(root, scopes(root.state), root=to)
    assert made.team_key is not None, "the team's scope comes first"
    pop = prove(new.keys, root.team, PopPurpose.ROOT)
    body = RootReplaceBody(root.now(), "", new.room)
    root.append(RootReplace(to.dpk, to.xpk, pop, made.epochs), body, carried=made.team_key)
