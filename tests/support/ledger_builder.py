"""Records without cryptography, and books (replicas) to write them into.

Ids are hashes of the representation, signatures are taken as good: what is tested is
the ledger. A `Book` is one replica; `copy` starts a partition, `hear` ends it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from envlsp.domain.ids import (
    NO_EPOCH,
    NO_TEAM,
    TEAM_SCOPE,
    BoxPk,
    DevicePk,
    EpochId,
    RecordId,
    ScopeId,
    TeamId,
    UserId,
)
from envlsp.domain.ledger.admission import Accepted, Admission, Refused
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.policy import scope_of
from envlsp.domain.ledger.records import (
    Admit,
    CheckedRecord,
    DeviceAdd,
    DeviceRevoke,
    EnvNote,
    Epoch,
    Genesis,
    Grant,
    Header,
    Invite,
    InviteCancel,
    Keys,
    Link,
    Pub,
    RecordType,
    Release,
    Revoke,
    Role,
    RootReplace,
    Rotate,
    ScopeSet,
    Seal,
    SetRole,
    Unknown,
    carried_epochs,
)
from envlsp.domain.ledger.state import TeamState


def fake_hash(*parts: object) -> bytes:
    return hashlib.blake2b(repr(parts).encode(), digest_size=32).digest()


@dataclass(frozen=True)
class Actor:
    """A device of somebody; the root key is one too."""

    name: str
    user: UserId
    dpk: DevicePk
    xpk: BoxPk


def uid(dpk: bytes) -> UserId:
    return UserId(fake_hash("uid", dpk)[:16])


def actor(name: str) -> Actor:
    dpk = DevicePk(fake_hash("dpk", name))
    return Actor(name, uid(dpk), dpk, BoxPk(fake_hash("xpk", name)))


def second_device(owner: Actor, name: str) -> Actor:
    return replace(actor(name), user=owner.user)


alice, bob, charlie, dave, eve = map(actor, ("alice", "bob", "charlie", "dave", "eve"))
root = actor("root")
SECRET = b"\x11" * 16
SEALED = b"sealed"


class Believe:
    """A Verify that takes everything, or nothing."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.asked: list[tuple[str, bytes]] = []

    def pop(self, team: TeamId, owner: UserId, add: DeviceAdd) -> bool:
        self.asked.append(("pop", owner))
        return self.answer

    def inv_sig(self, team: TeamId, inv_pk: DevicePk, admit: Admit) -> bool:
        self.asked.append(("inv_sig", inv_pk))
        return self.answer


TYPES: dict[type, RecordType] = {
    Genesis: RecordType.GENESIS,
    Grant: RecordType.GRANT,
    SetRole: RecordType.ROLE,
    Revoke: RecordType.REVOKE,
    DeviceAdd: RecordType.DEVICE_ADD,
    DeviceRevoke: RecordType.DEVICE_REVOKE,
    Invite: RecordType.INVITE,
    InviteCancel: RecordType.INVITE_CANCEL,
    Admit: RecordType.ADMIT,
    Rotate: RecordType.ROTATE,
    Keys: RecordType.KEYS,
    RootReplace: RecordType.ROOT_REPLACE,
    ScopeSet: RecordType.SCOPE_SET,
    Release: RecordType.RELEASE,
    EnvNote: RecordType.ENV,
}


def derive_scope(team: bytes, author: bytes, seq: int) -> ScopeId:
    return ScopeId(fake_hash("scope", team, author, seq)[:16])


def checked(header: Header, body_size: int = 0) -> CheckedRecord:
    """Do what `crypto.signing.check` does, with made-up hashes."""
    record_id = RecordId(fake_hash("rec", header))
    pub = header.pub
    joins = isinstance(pub, Genesis | Grant | Admit)
    new = header.author if isinstance(pub, Genesis) else getattr(pub, "dpk", None)
    epochs = range(len(carried_epochs(pub)))
    return CheckedRecord(
        id=record_id,
        header=header,
        body_size=body_size,
        epoch_ids=tuple(EpochId(fake_hash("eid", record_id, place)) for place in epochs),
        introduces=uid(new) if joins and new else None,
        derived_scope=derive_scope(header.team, header.author, header.seq)
        if isinstance(pub, ScopeSet)
        else None,
    )


def genesis(founder: Actor = alice, salt: str = "salt") -> CheckedRecord:
    first = Epoch(TEAM_SCOPE, 1, b"commit", (), tuple(sorted(((founder.dpk, SEALED), (root.dpk, SEALED)))))
    pub = Genesis(root.dpk, root.xpk, founder.xpk, salt.encode(), (first,))
    return checked(Header(NO_TEAM, 0, founder.dpk, 1, 1, (), NO_EPOCH, bytes(32), pub))


class Book:
    """One replica, and a pen."""

    def __init__(self, start: CheckedRecord | None = None, verify: Believe | None = None) -> None:
        self.genesis = start or genesis()
        self.verify = verify or Believe()
        self.ledger = Ledger(TeamId(self.genesis.id), self.verify)
        assert self.ledger.admit(self.genesis) == Accepted(new=True)

    @property
    def team(self) -> TeamId:
        return TeamId(self.genesis.id)

    @property
    def state(self) -> TeamState:
        return self.ledger.state

    def copy(self) -> Book:
        other = Book(self.genesis)
        other.hear(self)
        return other

    def hear(self, *others: Book) -> None:
        for other in others:
            for record in other.ledger.records():
                assert isinstance(self.ledger.admit(record), Accepted)

    def seq_at(self, author: DevicePk, parents: Iterable[RecordId]) -> int:
        """The seq after these parents, found the slow way."""
        seen: set[RecordId] = set()
        waiting = list(parents)
        best = 0
        while waiting:
            record = self.ledger.get(waiting.pop())
            if record is None or record.id in seen:
                continue
            seen.add(record.id)
            waiting.extend(record.header.parents)
            if record.header.author == author:
                best = max(best, record.header.seq)
        return best + 1

    def state_at(self, parents: Iterable[RecordId]) -> TeamState:
        """What an author with these parents knew."""
        mask = 0
        for parent in parents:
            node = self.ledger._dag.by_id[parent]
            mask |= node.auth_ancestors | node.auth_bit
        return self.ledger._views.at(mask).state

    def build(
        self,
        who: Actor,
        pub: Pub,
        *,
        at: Iterable[CheckedRecord] | None = None,
        body: bool = False,
        epoch: EpochId | None = None,
        seq: int | None = None,
        height: int | None = None,
        team: TeamId | None = None,
        kind: int | None = None,
    ) -> CheckedRecord:
        """Return a record; by default after all heads, with right seq and height."""
        parents = self.ledger.parents_for(who.dpk) if at is None else tuple(sorted(one.id for one in at))
        header = Header(
            team=self.team if team is None else team,
            type=TYPES.get(type(pub), 70) if kind is None else kind,
            author=who.dpk,
            seq=self.seq_at(who.dpk, parents) if seq is None else seq,
            height=self.ledger.height_for(parents) if height is None else height,
            parents=parents,
            epoch=NO_EPOCH,
            body_hash=bytes(32),
            pub=pub,
        )
        draft = checked(header, 256 if body else 0)
        if epoch is None and body:
            scope = scope_of(draft)
            own = any(carried.scope == scope for carried in carried_epochs(pub))
            epoch = NO_EPOCH if own else self.state_at(parents).current_epoch(scope)
        return checked(replace(header, epoch=epoch or NO_EPOCH), 256 if body else 0)

    def judge(self, record: CheckedRecord) -> Admission:
        """Offer what `build` made."""
        return self.ledger.admit(record)

    def offer(
        self,
        who: Actor,
        pub: Pub,
        *,
        at: Iterable[CheckedRecord] | None = None,
        body: bool = False,
        epoch: EpochId | None = None,
    ) -> Admission:
        return self.ledger.admit(self.build(who, pub, at=at, body=body, epoch=epoch))

    def write(
        self,
        who: Actor,
        pub: Pub,
        *,
        at: Iterable[CheckedRecord] | None = None,
        body: bool = False,
        epoch: EpochId | None = None,
    ) -> CheckedRecord:
        record = self.build(who, pub, at=at, body=body, epoch=epoch)
        verdict = self.ledger.admit(record)
        assert verdict == Accepted(new=True), verdict
        return record

    # --- the usual records ---

    def grant(
        self,
        who: Actor,
        whom: Actor,
        role: Role = Role.DEVELOPER,
        *,
        at: Iterable[CheckedRecord] | None = None,
    ) -> CheckedRecord:
        """With the key of the team, as every client does it."""
        past = self.state if at is None else self.state_at(one.id for one in at)
        epoch = past.current_epoch(TEAM_SCOPE)
        seals = (a_seal(epoch, whom),) if epoch and role > Role.NONE else ()
        return self.write(who, a_grant(whom, role, seals), at=at)

    def revoke(self, who: Actor, *whom: Actor, **more: object) -> CheckedRecord:
        return self.write(who, a_revoke(*whom), **more)  # type: ignore[arg-type]

    def role(self, who: Actor, whom: Actor, role: Role, **more: object) -> CheckedRecord:
        return self.write(who, SetRole(whom.user, role, ()), **more)  # type: ignore[arg-type]

    def release(self, who: Actor, scope: ScopeId = TEAM_SCOPE, **more: object) -> CheckedRecord:
        return self.write(who, Release(scope), **more)  # type: ignore[arg-type]

    def create_scope(self, who: Actor, lines: dict[Actor, Role]) -> ScopeId:
        scope = derive_scope(self.team, who.dpk, self.ledger.next_seq(who.dpk))
        self.write(who, ScopeSet(scope, line_up(lines), ()))
        return scope

    def scope_set(
        self,
        who: Actor,
        scope: ScopeId,
        lines: dict[Actor, Role],
        epochs: tuple[Epoch, ...] = (),
    ) -> CheckedRecord:
        return self.write(who, ScopeSet(scope, line_up(lines), epochs))

    def epoch(
        self,
        scope: ScopeId = TEAM_SCOPE,
        *,
        without: Iterable[Actor] = (),
        plus: Iterable[Actor] = (),
        n: int | None = None,
        links: Iterable[EpochId] = (),
        with_root: bool = True,
    ) -> Epoch:
        """An epoch for all readers of a scope, but some."""
        out = {one.user for one in without}
        to = {device.dpk for device in self.state.readers(scope) if device.user not in out}
        to |= {one.dpk for one in plus} | ({self.state.root.root_sign} if with_root else set())
        return an_epoch(scope, self.state.next_n(scope) if n is None else n, to, links)

    def rotate(self, who: Actor, scope: ScopeId = TEAM_SCOPE) -> EpochId:
        record = self.write(who, Rotate((self.epoch(scope),)))
        return record.epoch_ids[0]

    # --- looking ---

    def roles(self) -> dict[UserId, Role]:
        return {user: member.role for user, member in self.state.members.items()}

    def has(self, *actors: Actor) -> bool:
        return all(one.user in self.state.members for one in actors)

    def counts(self, record: CheckedRecord) -> bool:
        return self.ledger.is_effective(record.id)


def an_epoch(scope: ScopeId, n: int, to: Iterable[DevicePk], links: Iterable[EpochId] = ()) -> Epoch:
    seals = tuple((dpk, SEALED) for dpk in sorted(to))
    return Epoch(scope, n, b"commit", tuple(Link(old, NO_EPOCH, b"box") for old in links), seals)


def a_grant(whom: Actor, role: Role = Role.DEVELOPER, seals: tuple[Seal, ...] = ()) -> Grant:
    return Grant(whom.dpk, whom.xpk, b"pop", role, seals)


def a_revoke(*whom: Actor, epochs: tuple[Epoch, ...] = ()) -> Revoke:
    return Revoke(tuple(one.user for one in whom), epochs)


def a_device(device: Actor, seals: tuple[Seal, ...] = ()) -> DeviceAdd:
    return DeviceAdd(device.dpk, device.xpk, b"pop", seals)


def an_admit(invite: CheckedRecord, whom: Actor, seals: tuple[Seal, ...] = ()) -> Admit:
    return Admit(invite.id, whom.dpk, whom.xpk, b"pop", b"inv", seals)


def an_invite(name: str, role: Role = Role.DEVELOPER, max_uses: int = 1) -> Invite:
    return Invite(DevicePk(fake_hash("inv", name)), role, max_uses)


def a_seal(epoch: EpochId, to: Actor) -> Seal:
    return Seal(epoch, to.dpk, SEALED)


def line_up(lines: dict[Actor, Role]) -> tuple[tuple[UserId, Role], ...]:
    return tuple(sorted((who.user, role) for who, role in lines.items()))


def refused(verdict: Admission) -> str:
    assert isinstance(verdict, Refused), verdict
    return verdict.reason.value


def unknown() -> Pub:
    return Unknown()
