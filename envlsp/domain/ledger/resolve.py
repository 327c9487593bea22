"""From a set of records to the state of the team.

Order of arrival, clocks and bodies play no part. The set must be closed under
ancestry; the same set gives an equal state on every replica, keys or no keys.

Two steps: which records count (`standing`), then a fold over those (`resolve`).

Spec: docs/protocol.md, "C.4 Fold".
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from envlsp.domain.ids import BoxPk, DevicePk, EpochId, RecordId, ScopeId, UserId
from envlsp.domain.ledger.dag import Dag, Node, kill_order, maximal
from envlsp.domain.ledger.exposure import current_epochs, exposed_epochs, omissions
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.policy import creates_scope
from envlsp.domain.ledger.records import (
    Admit,
    DeviceAdd,
    DeviceRevoke,
    Genesis,
    Grant,
    Invite,
    InviteCancel,
    Revoke,
    Role,
    RootReplace,
    ScopeSet,
    SetRole,
    carried_epochs,
)
from envlsp.domain.ledger.seniority import effective_kills
from envlsp.domain.ledger.state import (
    Alarm,
    AlarmKind,
    Device,
    EpochState,
    InviteState,
    Member,
    RootKey,
    ScopeState,
    TeamState,
)

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Standing:
    """Which of a set of records count."""

    mask: int
    kills: int
    dead: int
    """Admits of overused invites: void, with all that rests on them."""
    overused: Mapping[RecordId, tuple[RecordId, ...]]
    """The invites concerned, and their admits."""

    def counts(self, node: Node) -> bool:
        """Tell whether an auth-class node is ok."""
        if node.is_kill:
            return bool(node.auth_bit & self.kills)
        rests_on = node.settled.tail | node.auth_bit
        return not node.breakers & self.kills and not rests_on & self.dead


def standing(dag: Dag, mask: int) -> Standing:
    """Decide which records of a set count.

    An invite used too often voids all its admits, and that may void a removal, and
    that may revive an admit of another invite. Dead invites only ever grow, so the
    rounds end, and every replica goes through the same ones.
    """
    admits = _admits(dag, mask)
    overused: dict[RecordId, tuple[RecordId, ...]] = {}
    dead = 0
    while True:
        now = Standing(mask, effective_kills(dag, mask, dead), dead, overused)
        worn = False
        for invite, nodes in admits.items():
            uses = [node.record.id for node in nodes if now.counts(node)]
            if invite not in overused and len(uses) > _max_uses(dag, invite):
                worn = True
                overused[invite] = tuple(uses)
                dead |= sum(node.auth_bit for node in nodes)
        if not worn:
            return now


def _admits(dag: Dag, mask: int) -> dict[RecordId, list[Node]]:
    found: dict[RecordId, list[Node]] = defaultdict(list)
    admits = (node for node in dag.auth_nodes(mask) if isinstance(node.record.header.pub, Admit))
    for node in sorted(admits, key=lambda node: node.order):
        pub = node.record.header.pub
        assert isinstance(pub, Admit)
        found[pub.invite].append(node)
    return found


def _max_uses(dag: Dag, invite: RecordId) -> int:
    pub = dag.by_id[invite].record.header.pub
    assert isinstance(pub, Invite)
    return pub.max_uses


def resolve(dag: Dag, mask: int, before: Resolution | None = None) -> Resolution:
    """Resolve a set of records.

    Args:
        dag: where they are; every node of the set has its facts.
        mask: the set, as dense bits, closed under ancestry; the genesis is in it.
        before: the same set without its newest record, where that was resolved. Unless
            that record removes something or uses an invite, the others count as before.
    """
    newest = dag.auth[mask.bit_length() - 1]
    if before is None or newest.is_kill or isinstance(newest.record.header.pub, Admit):
        return Resolution(dag, standing(dag, mask))
    return Resolution(dag, replace(before.verdict, mask=mask), before, newest)


@dataclass(slots=True)
class _Claims:
    """What the standing records say, gathered by subject in (height, id) order."""

    roles: dict[UserId, list[tuple[Node, Role]]] = field(default_factory=lambda: defaultdict(list))
    intros: dict[UserId, list[Node]] = field(default_factory=lambda: defaultdict(list))
    devices: dict[DevicePk, list[Node]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[ScopeId, dict[UserId, list[tuple[Node, Role]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    removed_users: dict[UserId, list[RecordId]] = field(default_factory=lambda: defaultdict(list))
    removed_devices: dict[DevicePk, list[RecordId]] = field(default_factory=lambda: defaultdict(list))
    invites: list[Node] = field(default_factory=list)
    uses: dict[RecordId, list[RecordId]] = field(default_factory=lambda: defaultdict(list))
    cancelled: set[RecordId] = field(default_factory=set)
    roots: list[Node] = field(default_factory=list)


class Resolution:
    """One set of records, resolved. Each method answers one question and may ask those above it."""

    def __init__(
        self, dag: Dag, verdict: Standing, before: Resolution | None = None, newest: Node | None = None
    ) -> None:
        """Begin from nothing, or from what is the same without the newest node."""
        self.dag = dag
        self.verdict = verdict
        self._void_before: Mapping[RecordId, tuple[RecordId, ...]] | None = None
        self._newest = newest
        if before is None or newest is None:
            self.nodes = sorted(dag.auth_nodes(verdict.mask), key=_order)
            self.counting = [node for node in self.nodes if verdict.counts(node)]
        else:
            self.nodes = _with(before.nodes, newest)
            self.counting = _with(before.counting, newest) if verdict.counts(newest) else before.counting
            if "state" in before.__dict__:
                self._void_before = before.state.void
        self.ok = {node.record.id for node in self.counting}
        self.claims = _Claims()
        for node in self.counting:
            self._gather(node)

    @cached_property
    def people(self) -> TeamState:
        """The state without keys and void records: enough to say who may do what, and cheap."""
        devices = self._devices(self._present())
        members = self._members(devices)
        root = self._root()
        return TeamState(
            root=root,
            members=members,
            devices=devices,
            removed_users=_frozen(self.claims.removed_users),
            removed_devices=_frozen(self.claims.removed_devices),
            scopes=self._scopes(members),
            invites=self._invites(members, root),
            epochs={},
            exposed=frozenset(),
            current={},
            kills=tuple(node.record.id for node in self.dag.kills_in(self.verdict.kills)),
            void={},
            alarms=(),
        )

    @cached_property
    def state(self) -> TeamState:
        """The whole state."""
        partial = replace(self.people, epochs=self._epochs(), void=self._void())
        exposed = exposed_epochs(partial)
        current = current_epochs(partial, exposed)
        worn = [Alarm(AlarmKind.INVITE_OVERUSED, key, uses) for key, uses in self.verdict.overused.items()]
        alarms = tuple(sorted(worn + omissions(partial, current)))
        return replace(partial, exposed=exposed, current=current, alarms=alarms)

    def _gather(self, node: Node) -> None:  # noqa: C901, PLR0912 - one row per type
        claims, record = self.claims, node.record
        match record.header.pub:
            case Genesis():
                claims.roots.append(node)
                self._introduce(node, record.header.author, Role.ADMIN)
            case Grant(dpk=dpk, role=role):
                self._introduce(node, dpk, role)
            case Admit(invite=invite, dpk=dpk):
                claims.uses[invite].append(record.id)
                link = self.dag.by_id[invite].record.header.pub
                assert isinstance(link, Invite)
                self._introduce(node, dpk, link.role)
            case SetRole(user=user, role=role):
                claims.roles[user].append((node, role))
            case DeviceAdd(dpk=dpk):
                claims.devices[dpk].append(node)
            case ScopeSet(scope=scope, lines=lines):
                for user, role in lines:
                    claims.lines[scope][user].append((node, role))
            case Revoke(users=users):
                for user in users:
                    claims.removed_users[user].append(record.id)
            case DeviceRevoke(devices=devices):
                for dpk in devices:
                    claims.removed_devices[dpk].append(record.id)
            case Invite():
                claims.invites.append(node)
            case InviteCancel(invite=invite):
                claims.cancelled.add(invite)
            case RootReplace():
                claims.roots.append(node)
            case _:
                pass

    def _introduce(self, node: Node, dpk: DevicePk, role: Role) -> None:
        user = node.record.introduces
        assert user is not None
        self.claims.intros[user].append(node)
        self.claims.roles[user].append((node, role))
        self.claims.devices[dpk].append(node)

    def _present(self) -> set[UserId]:
        return self.claims.intros.keys() - self.claims.removed_users.keys()

    def _devices(self, present: set[UserId]) -> dict[DevicePk, Device]:
        """Introduced twice concurrently, a device belongs where the least (height, id) puts it."""
        found = {}
        for dpk, intros in self.claims.devices.items():
            record = intros[0].record
            user = record.introduces or intros[0].settled.user
            active = user in present and dpk not in self.claims.removed_devices
            found[dpk] = Device(dpk, _xpk(record.header.pub), user, active, record.id)
        return found

    def _members(self, devices: Mapping[DevicePk, Device]) -> dict[UserId, Member]:
        owned: dict[UserId, list[DevicePk]] = defaultdict(list)
        by_age = sorted(devices.values(), key=lambda device: self.dag.by_id[device.intro].order)
        for device in by_age:
            if device.active:
                owned[device.user].append(device.dpk)
        found = {}
        for user in self._present():
            role, in_force = _lowest(self.claims.roles[user])
            intro = self.claims.intros[user][0].record.id
            found[user] = Member(user, role, tuple(owned[user]), intro, in_force)
        return found

    def _root(self) -> RootKey:
        """Follow the replacements: each is signed by the key before it."""
        current = self.claims.roots[0]
        root = _root_key(current)
        for node in self.claims.roots[1:]:
            if node.record.header.author == root.root_sign:
                root = _root_key(node)
        return root

    def _scopes(self, members: Mapping[UserId, Member]) -> dict[ScopeId, ScopeState]:
        creators: dict[ScopeId, Node] = {}
        for node in self.nodes:
            pub = node.record.header.pub
            if isinstance(pub, ScopeSet) and creates_scope(node.record):
                known = creators.get(pub.scope)
                if known is None or (known.record.id not in self.ok and node.record.id in self.ok):
                    creators[pub.scope] = node
        return {scope: self._scope(scope, node, members) for scope, node in creators.items()}

    def _scope(self, scope: ScopeId, creator: Node, members: Mapping[UserId, Member]) -> ScopeState:
        roles, in_force = {}, {}
        for user, claims in self.claims.lines.get(scope, {}).items():
            if user not in members:
                continue
            role, in_force[user] = _lowest(claims)
            if role > Role.NONE:
                roles[user] = role
        return ScopeState(scope, creator.record.id, creator.record.id in self.ok, roles, in_force)

    def _invites(self, members: Mapping[UserId, Member], root: RootKey) -> dict[RecordId, InviteState]:
        found = {}
        for node in self.claims.invites:
            pub, key = node.record.header.pub, node.record.id
            assert isinstance(pub, Invite)
            uses = tuple(self.claims.uses.get(key, ()))
            overused, cancelled = key in self.verdict.overused, key in self.claims.cancelled
            open_ = not overused and not cancelled and len(uses) < pub.max_uses
            live = open_ and _still_admin(node, members, root)
            found[key] = InviteState(key, pub.inv_pk, pub.role, pub.max_uses, uses, overused, cancelled, live)
        return found

    def _epochs(self) -> dict[EpochId, EpochState]:
        """Gather seals and links from every stored record: a void one gave its keys away all the same."""
        seals: dict[EpochId, frozenset[DevicePk]] = {}
        links: dict[EpochId, list[EpochId]] = defaultdict(list)
        nodes = [node for node in self.nodes if node.seals or node.links]  # a carried epoch is in `seals`
        for node in nodes:
            for key, to in node.seals:
                seals[key] = seals[key] | to if key in seals else to
            for new, old in node.links:
                links[new].append(old)
        found = {}
        for node in nodes:
            record = node.record
            author = None if node.settled.user == ROOT else record.header.author
            for place, epoch in enumerate(carried_epochs(record.header.pub)):
                key = record.epoch_ids[place]
                found[key] = EpochState(
                    key, epoch.scope, epoch.n, record.id, place,
                    seals[key], author, record.id in self.ok, tuple(links[key]),
                )  # fmt: skip
        return found

    def _void(self) -> Mapping[RecordId, tuple[RecordId, ...]]:
        if self._void_before is not None and self._newest and self._newest.record.id in self.ok:
            return self._void_before
        found: dict[RecordId, tuple[RecordId, ...]] = {}
        by_kills: dict[int, tuple[RecordId, ...]] = {}  # thousands fall by the same few
        for node in self.nodes:
            if node.record.id in self.ok:
                continue
            kills = node.breakers & self.verdict.kills
            reasons = by_kills.get(kills) or deciders(self.dag, self.verdict, node, kills)
            if kills:
                by_kills[kills] = reasons
            found[node.record.id] = reasons
        return found


def deciders(dag: Dag, verdict: Standing, node: Node, breakers: int) -> tuple[RecordId, ...]:
    """Return why a node is void: the removals that stand and break it, else the overused invites."""
    kills = sorted(dag.auth_nodes(breakers & verdict.kills), key=kill_order)
    if kills:
        return tuple(kill.record.id for kill in kills)
    rests_on = (node.settled.tail | node.auth_bit) & verdict.dead
    pubs = [admit.record.header.pub for admit in dag.auth_nodes(rests_on)]
    return tuple(sorted({pub.invite for pub in pubs if isinstance(pub, Admit)}))


def _order(node: Node) -> tuple[int, RecordId]:
    return node.order


def _with(nodes: list[Node], newest: Node) -> list[Node]:
    found = list(nodes)
    insort(found, newest, key=_order)
    return found


def _lowest(claims: list[tuple[Node, Role]]) -> tuple[Role, tuple[RecordId, ...]]:
    """Return the least role among the causally maximal claims, and those claims."""
    given = {node.record.id: role for node, role in claims}
    in_force = tuple(node.record.id for node in maximal(node for node, _ in claims))
    return min(given[key] for key in in_force), in_force


def _xpk(pub: object) -> BoxPk:
    assert isinstance(pub, Genesis | Grant | Admit | DeviceAdd)
    return pub.xpk


def _root_key(node: Node) -> RootKey:
    pub = node.record.header.pub
    assert isinstance(pub, Genesis | RootReplace)
    return RootKey(pub.root_sign, pub.root_box, node.record.id)


def _still_admin(invite: Node, members: Mapping[UserId, Member], root: RootKey) -> bool:
    if invite.settled.user == ROOT:
        return invite.record.header.author == root.root_sign
    member = members.get(invite.settled.user)
    return member is not None and member.role == Role.ADMIN


def _frozen(found: Mapping[K, list[RecordId]]) -> dict[K, tuple[RecordId, ...]]:
    return {key: tuple(records) for key, records in found.items()}
