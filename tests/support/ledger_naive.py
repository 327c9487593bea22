"""The rules again, slowly: a second resolver to compare the first one with.

Written from the text of the protocol with sets and recursion: no bitsets, no memo
but one per set of ancestors, no shared code with `envlsp.domain.ledger` except the
records themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from envlsp.domain.ids import TEAM_SCOPE, DevicePk, EpochId, RecordId, ScopeId, UserId
from envlsp.domain.ledger.records import (
    Admit,
    CheckedRecord,
    DeviceAdd,
    DeviceRevoke,
    EnvNote,
    Genesis,
    Grant,
    Invite,
    InviteCancel,
    Keys,
    Release,
    Revoke,
    RootReplace,
    ScopeSet,
    SetRole,
    carried_epochs,
    carried_seals,
)

Ids = frozenset[RecordId]
ROOT = b"root"


@dataclass
class Facts:
    user: bytes
    needs: list[tuple[ScopeId, int, bool]]
    supports: set[RecordId]
    chain: set[RecordId]
    rank: tuple[object, ...]
    lowers: dict[UserId, int]


@dataclass
class State:
    kills: set[RecordId]
    ok: set[RecordId]
    root: DevicePk
    roles: dict[UserId, int]
    devices: dict[DevicePk, tuple[UserId, bool]]
    scopes: dict[ScopeId, dict[UserId, int]]
    user_setters: dict[UserId, list[RecordId]]
    scope_setters: dict[tuple[ScopeId, UserId], list[RecordId]]
    user_intro: dict[UserId, RecordId]
    device_intro: dict[DevicePk, RecordId]
    root_setter: RecordId
    exposed: set[EpochId]
    current: dict[ScopeId, EpochId]

    def role(self, user: UserId, scope: ScopeId) -> int:
        if user not in self.roles:
            return 0
        if scope == TEAM_SCOPE or self.roles[user] == 3:
            return self.roles[user]
        return self.scopes.get(scope, {}).get(user, 0)

    def access(self, dpk: DevicePk, scope: ScopeId) -> bool:
        user, active = self.devices.get(dpk, (UserId(b""), False))
        return active and self.role(user, scope) >= 1


class Naive:
    """All answers about a set of admitted records."""

    def __init__(self, records: Iterable[CheckedRecord]) -> None:
        self.rec = {record.id: record for record in records}
        self.past: dict[RecordId, Ids] = {}
        for record in sorted(self.rec.values(), key=lambda record: record.header.height):
            parents = record.header.parents
            self.past[record.id] = frozenset(parents).union(*(self.past[one] for one in parents))
        self.states: dict[Ids, State] = {}
        self.facts: dict[RecordId, Facts] = {}
        self.known_via: dict[tuple[RecordId, RecordId], set[bytes]] = {}
        for record in sorted(self.rec.values(), key=lambda record: record.header.height):
            self.facts[record.id] = self.settle(record)

    def everything(self) -> State:
        return self.resolve(frozenset(self.rec))

    def key(self, one: RecordId) -> tuple[int, RecordId]:
        return (self.rec[one].header.height, one)

    def pub(self, one: RecordId) -> object:
        return self.rec[one].header.pub

    # --- C.2, static facts ---

    def settle(self, r: CheckedRecord) -> Facts:
        pub = r.header.pub
        if isinstance(pub, Genesis):
            assert r.introduces
            return Facts(r.introduces, [], set(), {r.id}, (1, *self.key(r.id), *self.key(r.id)), {})
        s = self.resolve(self.past[r.id])
        if r.header.author == s.root:
            supports = {s.root_setter} if isinstance(self.pub(s.root_setter), RootReplace) else set()
            rank: tuple[object, ...] = (0, 0 if isinstance(pub, RootReplace) else 1)
            return Facts(ROOT, [], supports, self.chain(r.id, supports), rank, self.lowers(pub, s))
        user = s.devices[r.header.author][0]
        intro = s.device_intro[r.header.author]
        needs = self.needs(r, s, user)
        supports = {intro}
        for scope, _, via_team in needs:
            setters = s.user_setters[user] if via_team else s.scope_setters[scope, user]
            supports.add(setters[0])
        rank = self.rank(s, user, intro, self.scope(r))
        if isinstance(pub, Admit):
            supports = {pub.invite}
            rank = self.facts[pub.invite].rank
        return Facts(user, needs, supports, self.chain(r.id, supports), rank, self.lowers(pub, s))

    def chain(self, r: RecordId, supports: set[RecordId]) -> set[RecordId]:
        return {r}.union(*(self.facts[one].chain for one in supports))

    def scope(self, r: CheckedRecord) -> ScopeId:
        pub = r.header.pub
        return pub.scope if isinstance(pub, ScopeSet | Release | EnvNote) else TEAM_SCOPE

    def needs(self, r: CheckedRecord, s: State, user: UserId) -> list[tuple[ScopeId, int, bool]]:
        pub = r.header.pub
        level: dict[ScopeId, int] = {}
        if isinstance(pub, Grant | SetRole | Invite | InviteCancel):
            level[TEAM_SCOPE] = 3
        if isinstance(pub, Revoke) and pub.users != (user,):
            level[TEAM_SCOPE] = 3
        if isinstance(pub, DeviceRevoke) and any(s.devices[d][0] != user for d in pub.devices):
            level[TEAM_SCOPE] = 3
        if isinstance(pub, Admit):
            level[TEAM_SCOPE] = 2
        if isinstance(pub, Release | EnvNote):
            level[pub.scope] = 2
        if isinstance(pub, ScopeSet):
            before = s.scopes.get(pub.scope, {})
            team = pub.scope == r.derived_scope or any(
                role == 3 or before.get(u, 0) == 3 for u, role in pub.lines
            )
            level[TEAM_SCOPE if team else pub.scope] = 3
        for epoch in carried_epochs(pub):
            level[epoch.scope] = max(2, level.get(epoch.scope, 0))
        return [(sc, lv, sc == TEAM_SCOPE or s.roles[user] == 3) for sc, lv in level.items()]

    def rank(self, s: State, user: UserId, intro: RecordId, scope: ScopeId) -> tuple[object, ...]:
        if s.roles[user] == 3:
            return (1, *self.key(s.user_setters[user][0]), *self.key(intro))
        if scope != TEAM_SCOPE and s.role(user, scope) == 3:
            return (2, *self.key(s.scope_setters[scope, user][0]), *self.key(intro))
        return (3, *self.key(s.user_intro[user]), *self.key(intro))

    def lowers(self, pub: object, s: State) -> dict[UserId, int]:
        if isinstance(pub, SetRole) and pub.role < s.roles[pub.user]:
            return {pub.user: pub.role}
        if isinstance(pub, ScopeSet):
            before = s.scopes.get(pub.scope, {})
            return {user: role for user, role in pub.lines if role < before.get(user, 0)}
        return {}

    # --- C.3 ---

    def is_kill(self, r: RecordId) -> bool:
        fixed = isinstance(self.pub(r), Revoke | DeviceRevoke | InviteCancel | RootReplace)
        return fixed or bool(self.facts[r].lowers)

    def conc(self, x: RecordId, y: RecordId) -> bool:
        return x != y and x not in self.past[y] and y not in self.past[x]

    def hits(self, k: RecordId, c: RecordId) -> bool:
        kill, target, facts = self.pub(k), self.rec[c], self.facts[c]
        if isinstance(kill, RootReplace):
            return target.header.author == self.rec[k].header.author
        if isinstance(kill, InviteCancel):
            return isinstance(target.header.pub, Admit) and target.header.pub.invite == kill.invite
        if isinstance(target.header.pub, Admit):
            return False
        if isinstance(kill, Revoke):
            return facts.user in kill.users
        if isinstance(kill, DeviceRevoke):
            return target.header.author in kill.devices
        rho = self.facts[k].lowers.get(UserId(facts.user))
        if rho is None:
            return False
        for scope, level, via_team in facts.needs:
            if isinstance(kill, SetRole):
                if scope == TEAM_SCOPE and level > rho:
                    return True
                if scope != TEAM_SCOPE and via_team and rho < 3:
                    return True
            elif isinstance(kill, ScopeSet) and scope == kill.scope and not via_team and level > rho:
                return True
        return False

    def strong(self, k: RecordId, c: RecordId) -> bool:
        kill, record = self.facts[k], self.facts[c]
        if kill.user == ROOT:
            return True
        if record.user == ROOT:
            return False
        if isinstance(self.pub(k), InviteCancel):
            return bool(kill.rank <= record.rank)
        if isinstance(self.pub(k), Revoke | SetRole | ScopeSet) and record.user == kill.user:
            return False
        return bool(kill.rank < record.rank)

    def via(self, k: RecordId, c: RecordId) -> set[bytes]:
        """Whose records, hit by k, make c void."""
        if (k, c) not in self.known_via:
            self.known_via[k, c] = self.find_via(k, c)
        return self.known_via[k, c]

    def find_via(self, k: RecordId, c: RecordId) -> set[bytes]:
        kill, record = self.facts[k], self.facts[c]
        found = set()
        for support in record.supports:
            found |= {
                user
                for user in self.via(k, support)
                if kill.user == ROOT or user != record.user or kill.rank < record.rank
            }
        if self.conc(k, c) and self.hits(k, c) and self.strong(k, c):
            found.add(record.user)
        return found

    def breaks(self, k: RecordId, c: RecordId) -> bool:
        return bool(self.via(k, c))

    # --- C.4 ---

    def effective(self, s: Ids, dead: set[RecordId]) -> list[RecordId]:
        kills = [r for r in s if self.is_kill(r) and not self.facts[r].chain & dead]
        eff: list[RecordId] = []
        for k in sorted(kills, key=lambda k: (self.facts[k].rank, *self.key(k))):
            if not any(self.breaks(e, k) for e in eff):
                eff.append(k)
        return eff

    def counting(self, s: Ids) -> tuple[set[RecordId], set[RecordId]]:
        dead: set[RecordId] = set()
        gone: set[RecordId] = set()
        while True:
            eff = self.effective(s, dead)
            ok = set()
            for r in s:
                if self.is_kill(r):
                    fine = r in eff
                else:
                    fine = not self.facts[r].chain & dead and not any(self.breaks(k, r) for k in eff)
                if fine:
                    ok.add(r)
            new = set()
            for i in s:
                invite = self.pub(i)
                if isinstance(invite, Invite) and i not in gone:
                    uses = [r for r in ok if isinstance(p := self.pub(r), Admit) and p.invite == i]
                    if len(uses) > invite.max_uses:
                        new.add(i)
            if not new:
                return set(eff), ok
            gone |= new
            dead = {r for r in s if isinstance(p := self.pub(r), Admit) and p.invite in gone}

    def maximal(self, ids: Iterable[RecordId]) -> list[RecordId]:
        ids = list(ids)
        return sorted((x for x in ids if not any(x in self.past[y] for y in ids)), key=self.key)

    def resolve(self, s: Ids) -> State:
        if s not in self.states:
            self.states[s] = self.fold(s)
        return self.states[s]

    def fold(self, s: Ids) -> State:
        eff, ok = self.counting(s)
        order = sorted(ok, key=self.key)
        gives: dict[UserId, dict[RecordId, int]] = {}
        intros: dict[UserId, RecordId] = {}
        devices: dict[DevicePk, tuple[UserId, RecordId]] = {}
        lines: dict[ScopeId, dict[UserId, dict[RecordId, int]]] = {}
        gone: set[bytes] = set()
        root, root_setter = DevicePk(b""), RecordId(b"")
        for r in order:
            record, pub = self.rec[r], self.pub(r)
            if record.introduces:
                user = record.introduces
                dpk, role = record.header.author, 3
                if isinstance(pub, Grant):
                    dpk, role = pub.dpk, pub.role
                if isinstance(pub, Admit):
                    link = self.pub(pub.invite)
                    assert isinstance(link, Invite)
                    dpk, role = pub.dpk, link.role
                gives.setdefault(user, {})[r] = role
                intros.setdefault(user, r)
                devices.setdefault(dpk, (user, r))
            if isinstance(pub, SetRole):
                gives.setdefault(pub.user, {})[r] = pub.role
            if isinstance(pub, DeviceAdd):
                devices.setdefault(pub.dpk, (UserId(self.facts[r].user), r))
            if isinstance(pub, ScopeSet):
                for user, role in pub.lines:
                    lines.setdefault(pub.scope, {}).setdefault(user, {})[r] = role
            if isinstance(pub, Revoke):
                gone |= set(pub.users)
            if isinstance(pub, DeviceRevoke):
                gone |= set(pub.devices)
            if isinstance(pub, Genesis) or (isinstance(pub, RootReplace) and record.header.author == root):
                root, root_setter = pub.root_sign, r
        here = {user for user in intros if user not in gone}
        setters = {user: self.maximal(gives[user]) for user in here}
        roles = {user: min(gives[user][r] for r in setters[user]) for user in here}
        scope_setters, scopes = {}, {}
        for r in s:
            if isinstance(pub := self.pub(r), ScopeSet) and pub.scope == self.rec[r].derived_scope:
                scopes[pub.scope] = dict[UserId, int]()
        for scope, named in lines.items():
            for user in here & named.keys():
                scope_setters[scope, user] = best = self.maximal(named[user])
                if role := min(named[user][r] for r in best):
                    scopes[scope][user] = role
        state = State(
            kills=eff,
            ok=ok,
            root=root,
            roles=roles,
            devices={d: (user, user in here and d not in gone) for d, (user, _) in devices.items()},
            scopes=scopes,
            user_setters=setters,
            scope_setters=scope_setters,
            user_intro=intros,
            device_intro={d: r for d, (_, r) in devices.items()},
            root_setter=root_setter,
            exposed=set(),
            current={},
        )
        self.keys(s, state)
        return state

    def keys(self, s: Ids, state: State) -> None:
        scope_of: dict[EpochId, ScopeId] = {}
        number: dict[EpochId, int] = {}
        holders: dict[EpochId, set[DevicePk]] = {}
        opens: set[tuple[EpochId, EpochId]] = set()
        candidates: set[EpochId] = set()
        for r in s:
            record = self.rec[r]
            for place, epoch in enumerate(carried_epochs(record.header.pub)):
                e = record.epoch_ids[place]
                scope_of[e], number[e] = epoch.scope, epoch.n
                holders.setdefault(e, set()).update(dpk for dpk, _ in epoch.seals)
                if self.facts[r].user != ROOT:
                    holders[e].add(record.header.author)
                opens |= {(e, link.old) for link in epoch.links}
                if r in state.ok:
                    candidates.add(e)
            for seal in carried_seals(record.header.pub):
                holders.setdefault(seal.epoch, set()).add(seal.to)
            if isinstance(record.header.pub, Keys):
                opens |= {(link.new, link.old) for link in record.header.pub.links}
        for e, who in holders.items():
            if any(d != state.root and not state.access(d, scope_of[e]) for d in who):
                state.exposed.add(e)
        while more := {old for new, old in opens if new in state.exposed} - state.exposed:
            state.exposed |= more
        for e in sorted(candidates - state.exposed, key=lambda e: (number[e], e)):
            state.current[scope_of[e]] = e
