"""Whom this device has seen removed, and does not trust with new secrets although they are back.

A late record may change who is in the team: that is resolution, equal everywhere. Who
is given new keys is a local choice, and it follows what this device has seen: state
before, state after, and what came in between. Changes no state and decides about no
record. Its rules, for each (device, scope):

- Access that was taken away, and is back by no record that gives it anew, is suspect.
- Of two who removed each other in records that came at once, the one who stays is suspect.
- So is what somebody let in who was removed at the same time, or is suspect: neither his
  removal nor his return says anything about it.
- A record by the recovery words that knew all of this ends it; so does the record that
  let this device in, since whoever wrote it answers for what was before. Else a person
  says so (`access confirm`).

Spec: docs/protocol.md, "C.5 What this yields", tombstones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from envlsp.domain.ids import TEAM_SCOPE, DevicePk, RecordId, ScopeId, UserId
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.policy import is_auth
from envlsp.domain.ledger.records import (
    Admit,
    CheckedRecord,
    DeviceAdd,
    DeviceRevoke,
    Grant,
    Invite,
    Keys,
    Revoke,
    Role,
    ScopeSet,
    SetRole,
)
from envlsp.domain.ledger.state import Device, TeamState

EVERYWHERE: Final = ScopeId(b"")
"""Stands for every scope: the device itself is what was removed."""


class Suspicion(StrEnum):
    """What this device has seen."""

    RETURNED = "returned"
    """Their removal was here, and counts no more."""
    DUEL = "duel"
    """They and somebody else removed each other, and this device learnt of both at once."""
    BROUGHT_IN = "brought-in"
    """Somebody let them in who was removed at the same time, or is suspect."""


@dataclass(frozen=True, slots=True, order=True)
class Suspect:
    """A device that gets no new key of a scope from this one."""

    device: DevicePk
    scope: ScopeId
    """`EVERYWHERE` unless only one scope is concerned."""
    why: Suspicion
    records: tuple[RecordId, ...]
    """What shows it: removals, and the record that let them in."""


def can_matter(record: CheckedRecord) -> bool:
    """Tell whether a record can make anybody suspect, or clear them."""
    return is_auth(record.header.type) and not isinstance(record.header.pub, Keys | Invite)


def suspects_after(
    ledger: Ledger,
    before: TeamState | None,
    news: Collection[RecordId],
    known: Collection[Suspect],
    own: DevicePk,
) -> frozenset[Suspect]:
    """Return who is suspect once these records are here.

    Args:
        ledger: with them.
        before: who was in the team without them; None where nothing was here.
        news: the auth-class records that came at once.
        known: who was suspect before.
        own: this device, which never suspects itself.
    """
    return _Look(ledger, before, news, known, own).result()


class _Look:
    """One comparison of before and after. Each step may rest on those above it."""

    def __init__(
        self,
        ledger: Ledger,
        before: TeamState | None,
        news: Collection[RecordId],
        known: Collection[Suspect],
        own: DevicePk,
    ) -> None:
        self.ledger = ledger
        self.before = before
        self.after = ledger.people
        self.news = frozenset(news)
        self.own = own
        self.found = {(one.device, one.scope): one for one in known}
        self.scopes = (TEAM_SCOPE, *(s for s, state in self.after.scopes.items() if state.created_ok))

    def result(self) -> frozenset[Suspect]:
        for device in self.after.devices.values():
            if device.active and self.before is not None:
                self._look_for_return(self.before, device)
        fresh = [record for record in self.ledger.auth_records() if record.id in self.news]
        for record in fresh:
            self._look_for_duel(record)
        for record in fresh:  # parents first: suspicion goes on to whom a suspect lets in
            self._look_for_newcomers(record)
        return frozenset(one for one in self.found.values() if not self._is_settled(one))

    def _add(self, device: DevicePk, scope: ScopeId, why: Suspicion, records: Collection[RecordId]) -> None:
        if device != self.own:
            self.found.setdefault((device, scope), Suspect(device, scope, why, tuple(sorted(records))))

    # --- back again ---

    def _look_for_return(self, before: TeamState, device: Device) -> None:
        if not before.is_active(device.dpk):
            if device.intro not in self.news:
                self._returned(before, device, EVERYWHERE)
            return
        for scope in self.scopes:
            gained = self.after.access(device.dpk, scope) and not before.access(device.dpk, scope)
            if gained and self.news.isdisjoint(self._givers(device.user, scope)):
                self._returned(before, device, scope)

    def _returned(self, before: TeamState, device: Device, scope: ScopeId) -> None:
        over = set(before.kills) - set(self.after.kills)
        named = {*before.removed_users.get(device.user, ()), *before.removed_devices.get(device.dpk, ())}
        self._add(device.dpk, scope, Suspicion.RETURNED, over & named or over or named)

    def _givers(self, user: UserId, scope: ScopeId) -> set[RecordId]:
        """Return the records by which somebody may read a scope."""
        member = self.after.members[user]
        if scope == TEAM_SCOPE:
            return set(member.in_force)
        state = self.after.scopes[scope]
        given = member.in_force if member.role is Role.ADMIN else state.in_force.get(user, ())
        return {state.created_by, *given}

    # --- a duel ---

    def _look_for_duel(self, record: CheckedRecord) -> None:
        """Find a removal without effect, that came together with its answer."""
        for dpk, scope in self._named(record):
            if dpk in self.after.devices and self.after.is_active(dpk):
                for answer in self._answers(record, dpk):
                    self._add(dpk, scope, Suspicion.DUEL, (record.id, answer))

    def _answers(self, record: CheckedRecord, dpk: DevicePk) -> Iterator[RecordId]:
        """Yield the new removals that void this one and were written by whom it removes."""
        user = self.after.devices[dpk].user
        for answer in self.ledger.voided_by(record.id):
            if answer in self.news and self.ledger.author_of(answer) == user:
                yield answer

    def _named(self, record: CheckedRecord) -> Iterator[tuple[DevicePk, ScopeId]]:
        """Yield what a removal takes the keys from."""
        match record.header.pub:
            case Revoke(users=users):
                yield from ((dpk, EVERYWHERE) for user in users for dpk in self._devices(user))
            case DeviceRevoke(devices=devices):
                yield from ((dpk, EVERYWHERE) for dpk in devices)
            case SetRole(user=user, role=Role.NONE):
                yield from ((dpk, TEAM_SCOPE) for dpk in self._devices(user))
            case ScopeSet(scope=scope, lines=lines):
                gone = (user for user, role in lines if role is Role.NONE)
                yield from ((dpk, scope) for user in gone for dpk in self._devices(user))

    def _devices(self, user: UserId) -> tuple[DevicePk, ...]:
        member = self.after.members.get(user)
        return member.devices if member else ()

    # --- let in by them ---

    def _look_for_newcomers(self, record: CheckedRecord) -> None:
        brought = tuple(self._brought_in(record))
        if not brought or not self.ledger.is_effective(record.id):
            return
        if doubts := self._doubts(record):
            for dpk, scope in brought:
                self._add(dpk, scope, Suspicion.BROUGHT_IN, {record.id, *doubts})

    def _brought_in(self, record: CheckedRecord) -> Iterator[tuple[DevicePk, ScopeId]]:
        """Yield the devices that have keys to expect by this record and had none before it."""
        match record.header.pub:
            case Grant(dpk=dpk) | Admit(dpk=dpk) | DeviceAdd(dpk=dpk):
                if self.after.is_active(dpk) and self.after.devices[dpk].intro == record.id:
                    yield dpk, EVERYWHERE
            case SetRole(user=user):
                yield from self._gained(record.id, user)
            case ScopeSet(lines=lines):
                for user, _ in lines:
                    yield from self._gained(record.id, user)

    def _gained(self, record: RecordId, user: UserId) -> Iterator[tuple[DevicePk, ScopeId]]:
        past = self.ledger.people_at(record, with_itself=False)
        for dpk in self._devices(user):
            for scope in self.scopes:
                had = past.access(dpk, scope) or (self.before is not None and self.before.access(dpk, scope))
                if self.after.access(dpk, scope) and not had and record in self._givers(user, scope):
                    yield dpk, scope

    def _doubts(self, record: CheckedRecord) -> tuple[RecordId, ...]:
        """Return why the word of whoever lets somebody in does not do; nothing if it does."""
        voucher = self._voucher(record)
        scope = record.header.pub.scope if isinstance(record.header.pub, ScopeSet) else EVERYWHERE
        for place in {EVERYWHERE, scope}:
            suspect = self.found.get((voucher, place))
            if suspect is not None and any(self._is_news_to(record.id, one) for one in suspect.records):
                return suspect.records
        return tuple(kill for kill in self._removals(voucher, scope) if self._is_news_to(record.id, kill))

    def _voucher(self, record: CheckedRecord) -> DevicePk:
        """Return whose word it is: of an admit that of who made the link, not the courier's."""
        pub = record.header.pub
        if isinstance(pub, Admit) and (link := self.ledger.get(pub.invite)) is not None:
            return link.header.author
        return record.header.author

    def _removals(self, voucher: DevicePk, scope: ScopeId) -> Iterator[RecordId]:
        """Yield the removals of a device that stand, but for its person's own leaving."""
        device = self.after.devices.get(voucher)
        if device is None:
            return  # the recovery words: nobody removes them
        yield from self.after.removed_devices.get(voucher, ())
        for kill in self.after.removed_users.get(device.user, ()):
            if self.ledger.author_of(kill) != device.user:
                yield kill
        state = self.after.scopes.get(scope)
        if state is not None and not self.after.access(voucher, scope):
            yield from state.in_force.get(device.user, ())

    def _is_news_to(self, record: RecordId, removal: RecordId) -> bool:
        """Tell whether a removal was written without knowing what was let in; then it says nothing of it."""
        return record != removal and not self.ledger.is_ancestor(record, removal)

    # --- the end of it ---

    def _is_settled(self, suspect: Suspect) -> bool:
        return any(self._settles(record, suspect) for record in self._last_words())

    def _last_words(self) -> Iterator[RecordId]:
        """Yield what ends a suspicion: records by the recovery words, and the one that let us in."""
        device = self.after.devices.get(self.own)
        if device is not None:
            yield device.intro
        for record in self.news:
            if self.ledger.author_of(record) == ROOT and self.ledger.is_effective(record):
                yield record

    def _settles(self, record: RecordId, suspect: Suspect) -> bool:
        """Tell whether a record knew all that speaks against somebody, and left them where they are."""
        for other in suspect.records:
            if other != record and not self.ledger.is_ancestor(other, record):
                return False
        then = self.ledger.people_at(record)
        if suspect.scope == EVERYWHERE:
            return then.is_active(suspect.device)
        return then.access(suspect.device, suspect.scope)
