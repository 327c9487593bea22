"""Epochs: the generations of a scope's key, and how a device comes to hold them.

A key reaches a device in a seal (its own), or through a link from a newer key it
holds already. Whatever came out is compared with the epoch's `commit` before it is
believed: that pins one key for everyone. Refuses to know which epoch is current or
exposed (`domain.ledger`), and who should get one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from envlsp.crypto.device import DeviceKeys
from envlsp.crypto.labels import kdf, u32be
from envlsp.crypto.memory import SecretBuffer
from envlsp.crypto.primitives import (
    KEY_BYTES,
    open_box,
    open_seal,
    random_bytes,
    seal_box,
    seal_to,
)
from envlsp.domain.ids import BoxPk, DevicePk, EpochId, RecordId, ScopeId, TeamId
from envlsp.domain.ledger.records import CheckedRecord, Epoch, Keys, Link, Seal, carried_epochs, carried_seals
from envlsp.errors import CannotOpen


class TeamKey(SecretBuffer):
    """32 bytes: the key of one epoch of one scope (TK), the team's or a smaller one's."""

    __slots__ = ()


ITSELF: Final = EpochId(b"")
"""What stands for an epoch's own id in the links it carries."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a key is sealed to: a device, or the root key under `root_sign`."""

    dpk: DevicePk
    xpk: BoxPk


@dataclass(frozen=True, slots=True)
class EpochFacts:
    """What the ledger says in public about an epoch.

    `team` is that of the record which carries it: 32 zero bytes inside genesis.
    """

    id: EpochId
    team: TeamId
    scope: ScopeId
    n: int
    commit: bytes


def new_key() -> TeamKey:
    """Return a fresh key for an epoch."""
    return TeamKey.taken(random_bytes(KEY_BYTES))


def commit(key: TeamKey, team: TeamId, scope: ScopeId, n: int) -> bytes:
    """Return the 32 bytes that pin `key` for an epoch: `KDF(TK, "commit", team‖scope‖u32be n)`."""
    return kdf(key, "commit", team + scope + u32be(n))


def room_key(key: TeamKey) -> bytes:
    """Return RK, the key of an epoch's rooms (PROTOCOL G)."""
    return kdf(key, "room")


# --- making ------------------------------------------------------------------------------------


def make_epoch(
    key: TeamKey,
    *,
    team: TeamId,
    scope: ScopeId,
    n: int,
    recipients: Iterable[Recipient],
    older: Mapping[EpochId, TeamKey],
) -> Epoch:
    """Return a new epoch to carry in a record.

    Args:
        key: fresh, from `new_key`.
        team: as in the header of the record that will carry it.
        scope: whose key it is.
        n: one more than the scope's highest.
        recipients: every device that may read the scope, and the root key.
        older: the keys to put under the new one; without them its readers lose history.

    Spec: docs/protocol.md, "D. Keys".
    """
    return Epoch(
        scope=scope,
        n=n,
        commit=commit(key, team, scope, n),
        links=tuple(Link(old, ITSELF, link_box(old_key, old, key)) for old, old_key in sorted(older.items())),
        seals=tuple((to.dpk, seal_to(key, to.xpk)) for to in sorted(recipients, key=lambda to: to.dpk)),
    )


def seal_key(key: TeamKey, epoch: EpochId, to: Recipient) -> Seal:
    """Return an existing epoch's key, sealed to one more recipient."""
    return Seal(epoch, to.dpk, seal_to(key, to.xpk))


def make_link(old: EpochId, old_key: TeamKey, new: EpochId, new_key: TeamKey) -> Link:
    """Return an older epoch's key under a newer one's, for a `keys` record."""
    return Link(old, new, link_box(old_key, old, new_key))


def link_box(old_key: TeamKey, old: EpochId, new_key: TeamKey) -> bytes:
    """Return the 72 bytes of a link: `secretbox(TK_old, KDF(TK_new, "link", old))`."""
    return seal_box(old_key, kdf(new_key, "link", old))


# --- opening -----------------------------------------------------------------------------------


def open_key_seal(sealed: bytes, facts: EpochFacts, keys: DeviceKeys) -> TeamKey:
    """Return the key sealed to us, once its commit is checked.

    Raises:
        CannotOpen: not sealed to us, altered, or not this epoch's key.
    """
    return _committed(open_seal(sealed, keys.box), facts)


def open_link(box: bytes, old: EpochFacts, new_key: TeamKey) -> TeamKey:
    """Return the older key under a newer one, once its commit is checked.

    Raises:
        CannotOpen: not under this key, altered, or not that epoch's key.
    """
    return _committed(open_box(box, kdf(new_key, "link", old.id)), old)


def _committed(plain: bytes, facts: EpochFacts) -> TeamKey:
    if len(plain) == KEY_BYTES:
        key = TeamKey.taken(plain)
        if commit(key, facts.team, facts.scope, facts.n) == facts.commit:
            return key
    raise CannotOpen("the key does not fit the epoch it is said to be of")


@dataclass(frozen=True, slots=True)
class BadSeal:
    """A seal to us that gave nothing: to be reported, and asked for again."""

    record: RecordId
    epoch: EpochId


class Keyring:
    """Every key that one device can reach, opened when it is first asked for.

    Feed it every stored record with `learn`, in any order; then ask with `key_of`.
    Void records count too: a key is a key, whoever brought it, if its commit fits.
    """

    __slots__ = ("_facts", "_found", "_keys", "_links", "_seals", "bad_seals")

    def __init__(self, keys: DeviceKeys) -> None:
        self._keys = keys
        self._facts: dict[EpochId, EpochFacts] = {}
        self._seals: dict[EpochId, list[tuple[RecordId, bytes]]] = {}
        self._links: dict[EpochId, list[tuple[EpochId, bytes]]] = {}
        self._found: dict[EpochId, TeamKey] = {}
        self.bad_seals: set[BadSeal] = set()

    def learn(self, record: CheckedRecord) -> None:
        """Take in the epochs, seals and links that a record carries."""
        pub = record.header.pub
        for identity, epoch in zip(record.epoch_ids, carried_epochs(pub), strict=True):
            self._facts[identity] = EpochFacts(
                identity, record.header.team, epoch.scope, epoch.n, epoch.commit
            )
            for dpk, sealed in epoch.seals:
                self._note_seal(record.id, identity, dpk, sealed)
            for link in epoch.links:
                self._links.setdefault(link.old, []).append((identity, link.box))
        for seal in carried_seals(pub):
            self._note_seal(record.id, seal.epoch, seal.to, seal.sealed)
        for link in pub.links if isinstance(pub, Keys) else ():
            self._links.setdefault(link.old, []).append((link.new, link.box))

    def _note_seal(self, record: RecordId, epoch: EpochId, to: DevicePk, sealed: bytes) -> None:
        if to == self._keys.dpk:
            self._seals.setdefault(epoch, []).append((record, sealed))

    def add(self, epoch: EpochId, key: TeamKey) -> None:
        """Remember a key we made ourselves, or opened before."""
        self._found[epoch] = key

    def close(self) -> None:
        """Wipe every key: this device is locked, or has left the team."""
        for key in self._found.values():
            key.close()
        self._found.clear()

    def facts(self, epoch: EpochId) -> EpochFacts | None:
        """Return what the ledger says about an epoch, if anything."""
        return self._facts.get(epoch)

    def key_of(self, epoch: EpochId) -> TeamKey | None:
        """Return the key of an epoch, or None while nobody has delivered it to us."""
        if epoch not in self._found:
            self._find(epoch)
        return self._found.get(epoch)

    def all_keys(self) -> dict[EpochId, TeamKey]:
        """Return every key we can reach."""
        return {epoch: key for epoch in self._facts if (key := self.key_of(epoch)) is not None}

    def _find(self, wanted: EpochId) -> None:
        """Open `wanted`, and what lies between it and a key we hold.

        Walks from the old epoch up the links to keys that open by themselves, then
        back down, trying each link once. A loop and not a recursion: a team that
        rotates weekly for years has a long chain, and links may lie in circles.
        """
        below: dict[EpochId, list[tuple[EpochId, bytes]]] = {}
        queue, ready = [wanted], list[EpochId]()
        for epoch in queue:
            if epoch in self._found or self._open_own(epoch):
                ready.append(epoch)
                continue
            for newer, box in self._links.get(epoch, ()):
                if newer not in below:
                    below[newer] = []
                    queue.append(newer)
                below[newer].append((epoch, box))
        while ready:
            newer = ready.pop()
            for old, box in below.pop(newer, ()):
                if old not in self._found and self._open_link(old, box, self._found[newer]):
                    ready.append(old)

    def _open_own(self, epoch: EpochId) -> bool:
        """Open a seal to ourselves; one that gave nothing once is not tried again."""
        facts = self._facts.get(epoch)
        if facts is None:
            return False
        for record, sealed in self._seals.get(epoch, ()):
            if BadSeal(record, epoch) in self.bad_seals:
                continue
            try:
                self._found[epoch] = open_key_seal(sealed, facts, self._keys)
            except CannotOpen:
                self.bad_seals.add(BadSeal(record, epoch))
            else:
                return True
        return False

    def _open_link(self, old: EpochId, box: bytes, new_key: TeamKey) -> bool:
        facts = self._facts.get(old)
        if facts is None:
            return False
        try:
            self._found[old] = open_link(box, facts, new_key)
        except CannotOpen:
            return False
        return True


def keyring(keys: DeviceKeys, records: Iterable[CheckedRecord]) -> Keyring:
    """Return the keyring of a device over these records."""
    ring = Keyring(keys)
    for record in records:
        ring.learn(record)
    return ring
