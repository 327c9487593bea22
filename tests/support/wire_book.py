"""Books (replicas) and a pen for real records: real keys, real signatures, real seals, wire bytes.

The same stories as with `ledger_builder`, told in bytes. A `Book` is a member's replica
(the program's own `Replica`, with Alice's keys) and, in lockstep, one without any key:
both judge the same bytes, and a test fails where their answers differ. `copy` starts a
partition, `hear` ends it.

What the usual helpers leave open (`b"pop"`, `b"sealed"`, `b"commit"`, `b"box"`, `b"inv"`)
is filled in with what an honest device would put there. Bytes that are given stay as
they are, so that Eve can lie in any place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from envlsp.crypto import envelope, signing
from envlsp.crypto.device import DeviceKeys, prove
from envlsp.crypto.envelope import BodyPlace
from envlsp.crypto.epochs import Keyring, TeamKey, commit, keyring, link_box, new_key
from envlsp.crypto.primitives import random_bytes, seal_to
from envlsp.crypto.signing import PopPurpose, inv_digest
from envlsp.domain.environment import Triple
from envlsp.domain.ids import (
    NO_EPOCH,
    NO_TEAM,
    TEAM_SCOPE,
    DevicePk,
    EpochId,
    RecordId,
    ScopeId,
    TeamId,
    UserId,
)
from envlsp.domain.ledger.admission import Accepted
from envlsp.domain.ledger.records import (
    Admit,
    CheckedRecord,
    DeviceAdd,
    EnvNote,
    Epoch,
    Genesis,
    Grant,
    Header,
    Invite,
    Keys,
    Link,
    Pub,
    RecordType,
    Release,
    Role,
    RootReplace,
    ScopeSet,
    Seal,
    carried_epochs,
)
from envlsp.domain.release import ReleaseContent, ReleaseKind, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import UpgradeNeeded
from envlsp.service import prefixes
from envlsp.service.history import Releases
from envlsp.service.people import People
from envlsp.service.replica import Replica
from envlsp.wire import canonical
from envlsp.wire.bodies import Body, EnvBody, InviteBody, NoteBody, PersonBody, RootReplaceBody, ScopeBody
from envlsp.wire.records import own_scope
from tests.support import ledger_builder as plain
from tests.support import samples
from tests.support.blind import Blind, Broken, Verdict, assert_blind_agrees, beliefs, id_of, reason
from tests.support.eve import forge, header_bytes
from tests.support.ledger_builder import TYPES, Actor, an_epoch, line_up
from tests.support.memory_store import memory_store

KEYS: Final[dict[DevicePk, DeviceKeys]] = {}
"""Of everybody, by the key that names them; equal names have equal keys."""
SHELF: Final[list[Book]] = []
"""Every book of the test that runs: see `close_books`."""
TRIPLE: Final = Triple("shop", "api", "prod")
_SEALED_BYTES, _BOX_BYTES = 80, 72


def noon() -> float:
    """The clock of every device: what is written is the same every time it is written."""
    return 1_700_000_000.0


# --- people ------------------------------------------------------------------------------------


def keys_of(one: Actor | DevicePk) -> DeviceKeys:
    return KEYS[one.dpk if isinstance(one, Actor) else one]


def actor(name: str) -> Actor:
    """Return somebody with a device, always the same for a name."""
    keys = samples.device(name)
    KEYS[keys.dpk] = keys
    return Actor(name, signing.user_id(keys.dpk), keys.dpk, keys.xpk)


def seeds_of(one: Actor) -> set[bytes]:
    """Return the two secrets that a device consists of."""
    return {samples.fixed(f"{one.name} sign"), samples.fixed(f"{one.name} box")}


def second_device(owner: Actor, name: str) -> Actor:
    return replace(actor(name), user=owner.user)


alice, bob, charlie, dave, eve = map(actor, ("alice", "bob", "charlie", "dave", "eve"))
root = actor("root")


def an_invite(name: str, role: Role = Role.DEVELOPER, max_uses: int = 1) -> Invite:
    return Invite(actor(f"link {name}").dpk, role, max_uses)


def refused(verdict: Verdict) -> str:
    return reason(verdict)


# --- what is filled in -------------------------------------------------------------------------


@dataclass
class Safe:
    """What a test knows of one team and nobody in it does: every key, and all bytes."""

    keys: dict[EpochId, TeamKey] = field(default_factory=dict)
    raws: dict[RecordId, bytes] = field(default_factory=dict)
    invites: dict[RecordId, DevicePk] = field(default_factory=dict)

    def seal(self, seal: Seal) -> Seal:
        if seal.sealed != plain.SEALED:
            return seal
        key = self.keys.get(seal.epoch)
        return replace(seal, sealed=_sealed_to(key, seal.to) if key else random_bytes(_SEALED_BYTES))

    def link(self, link: Link, new: TeamKey | None) -> Link:
        if link.box != b"box":
            return link
        old = self.keys.get(link.old)
        return replace(link, box=link_box(old, link.old, new) if old and new else random_bytes(_BOX_BYTES))

    def epoch(self, epoch: Epoch, team: TeamId) -> tuple[Epoch, TeamKey]:
        key = new_key()
        seals = tuple((to, _sealed_to(key, to) if box == plain.SEALED else box) for to, box in epoch.seals)
        pinned = commit(key, team, epoch.scope, epoch.n) if epoch.commit == b"commit" else epoch.commit
        links = tuple(self.link(link, key) for link in epoch.links)
        return Epoch(epoch.scope, epoch.n, pinned, links, seals), key


def _sealed_to(key: TeamKey, to: DevicePk) -> bytes:
    return seal_to(key, KEYS[to].xpk) if to in KEYS else random_bytes(_SEALED_BYTES)


def _proof(given: bytes, dpk: DevicePk, team: TeamId, purpose: PopPurpose, owner: UserId | None) -> bytes:
    if given != b"pop":
        return given
    keys = KEYS[dpk]
    return prove(keys, team, purpose, owner) if owner is not None else prove(keys, team, purpose)


def _claim(safe: Safe, pub: Admit, team: TeamId) -> bytes:
    if pub.inv_sig != b"inv":
        return pub.inv_sig
    link = safe.invites.get(pub.invite)
    if link is None:
        return bytes(64)
    return signing.sign(KEYS[link].sign, "inv", inv_digest(team, pub.invite, pub.dpk, pub.xpk))


def fill(safe: Safe, pub: Pub, who: Actor, team: TeamId) -> tuple[Pub, list[TeamKey]]:
    """Return the public part as an honest device writes it, and the keys of its new epochs."""
    seals: dict[str, object] = {}
    if isinstance(pub, Grant | DeviceAdd | Admit | Keys):
        seals = {"seals": tuple(map(safe.seal, pub.seals))}
    match pub:
        case Grant():
            proof = _proof(pub.pop, pub.dpk, team, PopPurpose.JOIN, None)
            pub = replace(pub, pop=proof, **seals)  # type: ignore[arg-type]
        case DeviceAdd():
            proof = _proof(pub.pop, pub.dpk, team, PopPurpose.DEVICE_ADD, who.user)
            pub = replace(pub, pop=proof, **seals)  # type: ignore[arg-type]
        case Admit():
            proof = _proof(pub.pop, pub.dpk, team, PopPurpose.JOIN, None)
            pub = replace(pub, pop=proof, inv_sig=_claim(safe, pub, team), **seals)  # type: ignore[arg-type]
        case RootReplace():
            pub = replace(pub, pop=_proof(pub.pop, pub.root_sign, team, PopPurpose.ROOT, None))
        case Keys():
            links = tuple(safe.link(link, safe.keys.get(link.new)) for link in pub.links)
            pub = replace(pub, links=links, **seals)  # type: ignore[arg-type]
        case _:
            pass
    if not carried_epochs(pub):
        return pub, []
    made = [safe.epoch(epoch, team) for epoch in carried_epochs(pub)]
    return replace(pub, epochs=tuple(epoch for epoch, _ in made)), [key for _, key in made]  # type: ignore[arg-type]


# --- what is said ------------------------------------------------------------------------------


def says(
    values: Mapping[str, str] | None = None,
    *,
    base: Iterable[CheckedRecord] = (),
    kind: ReleaseKind = ReleaseKind.PUSH,
    of: CheckedRecord | None = None,
    triple: Triple = TRIPLE,
) -> ReleaseContent:
    """Return the content of a release."""
    entries = {SecretName(n): SecretText(v.encode()) for n, v in (values or {"TOKEN": "s3cret"}).items()}
    ids = tuple(sorted(one.id for one in base))
    return ReleaseContent(1, kind, "", triple, ids, of.id if of else None, Snapshot(entries))


def _body_of(pub: Pub) -> Body | ReleaseContent:
    match pub:
        case Release():
            return says()
        case EnvNote():
            return EnvBody(1, *TRIPLE, 0, "")
        case ScopeSet():
            return ScopeBody(1, "", *TRIPLE, ())
        case Grant() | DeviceAdd() | Admit():
            return PersonBody(1, "Somebody", "laptop", "")
        case Invite():
            return InviteBody(1, "", "", ())
        case RootReplace():
            return RootReplaceBody(1, "", bytes(32))
        case _:
            return NoteBody(1, "")


def _as_said(header: Header, raw: bytes, hdr: bytes, size: int) -> CheckedRecord:
    """Return the record as its author sees it, checked by nobody."""
    identity, pub = signing.record_id(hdr), header.pub
    joins = isinstance(pub, Grant | Admit | Genesis)
    new = header.author if isinstance(pub, Genesis) else getattr(pub, "dpk", None)
    return CheckedRecord(
        id=identity,
        header=header,
        body_size=size,
        epoch_ids=tuple(signing.epoch_id(identity, n) for n in range(len(carried_epochs(pub)))),
        introduces=signing.user_id(new) if joins and new else None,
        derived_scope=signing.scope_id(header.team, header.author, header.seq)
        if isinstance(pub, ScopeSet)
        else None,
        size=len(raw),
    )


# --- books -------------------------------------------------------------------------------------


class Book(plain.Book):
    """One member's replica, one without keys beside it, and a pen that can be anybody's."""

    def __init__(
        self, start: CheckedRecord | None = None, safe: Safe | None = None, holder: Actor = alice
    ) -> None:
        self.safe = safe or Safe()
        self.holder = holder
        self.genesis = start or self._found()
        self.member = self.seen_by(holder, hear=False)
        self.ledger = self.member.ledger
        self.blind = Blind(self.team)
        assert self.hear_bytes(self.safe.raws[self.genesis.id]) == Accepted(new=True)
        SHELF.append(self)

    def _found(self) -> CheckedRecord:
        first = an_epoch(TEAM_SCOPE, 1, (alice.dpk, root.dpk))
        pub, (key,) = fill(
            self.safe, Genesis(root.dpk, root.xpk, alice.xpk, random_bytes(16), (first,)), alice, NO_TEAM
        )
        raw, made = signing.make_record(keys_of(alice).sign, signing.GENESIS_PLACE, pub)
        self.safe.keys[made.epoch_ids[0]] = key
        self.safe.raws[made.id] = raw
        return made

    @property
    def releases(self) -> Releases:
        return Releases(self.member, People(self.member))

    def copy(self) -> Book:
        other = Book(self.genesis, self.safe)
        other.hear(self)
        return other

    def restart(self) -> None:
        """Begin again as a new process does: from what was kept, then from the disk."""
        before = beliefs(self.ledger)
        prefixes.keep(self.ledger, len(self.ledger), self.member.store)
        self.member = Replica(self.team, keys_of(self.holder), self.member.store, noon)
        self.ledger = self.member.ledger
        assert beliefs(self.ledger) == before

    def hear(self, *others: plain.Book) -> None:
        for other in others:
            for record in other.ledger.records():
                assert isinstance(self.hear_bytes(self.safe.raws[record.id]), Accepted)

    def hear_bytes(self, raw: bytes) -> Verdict:
        """Judge bytes from anybody: as a member does, and as one without keys does."""
        blind = self.blind.judge(raw)
        try:
            (received,) = self.member.receive([raw])
        except UpgradeNeeded:
            assert blind == Broken("UpgradeNeeded")
            return blind
        if isinstance(blind, Broken):
            assert received.verdict is None
        else:
            assert received.verdict == blind
        assert self.ledger.heads() == self.blind.ledger.heads()
        if blind == Accepted(new=True):
            self.safe.raws[id_of(raw)] = raw
        return blind

    def judge(self, record: CheckedRecord) -> Verdict:  # type: ignore[override]
        """Judge what `build` made."""
        return self.hear_bytes(self.safe.raws[record.id])

    # --- writing ---

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
        content: Body | ReleaseContent | None = None,
        lies: Mapping[str, canonical.Value] | None = None,
    ) -> CheckedRecord:
        """Return a record; by default after all heads, with right seq and height, and without `lies`."""
        parents = self.ledger.parents_for(who.dpk) if at is None else tuple(sorted(one.id for one in at))
        pub, drawn = fill(self.safe, pub, who, team or self.team)
        header = Header(
            team=team or self.team,
            type=TYPES.get(type(pub), RecordType.RELEASE) if kind is None else kind,
            author=who.dpk,
            seq=self.seq_at(who.dpk, parents) if seq is None else seq,
            height=self.ledger.height_for(parents) if height is None else height,
            parents=parents,
            epoch=NO_EPOCH,
            body_hash=b"",
            pub=pub,
        )
        sealed = b""
        if body or content is not None:
            header, key = self._writing_key(header, epoch, drawn)
            sealed = _seal(header, key, content or _body_of(pub))
        elif epoch is not None:
            header = replace(header, epoch=epoch)
        return self._signed(who, header, sealed, drawn, lies or {})

    def _writing_key(
        self, header: Header, epoch: EpochId | None, drawn: list[TeamKey]
    ) -> tuple[Header, TeamKey]:
        scope = own_scope(header.pub)
        own = [key for one, key in zip(carried_epochs(header.pub), drawn, strict=True) if one.scope == scope]
        if own and epoch is None:
            return header, own[0]
        if epoch is None:
            epoch = self.state_at(header.parents).current_epoch(scope) or NO_EPOCH
        return replace(header, epoch=epoch), self.safe.keys.get(epoch) or new_key()

    def _signed(
        self,
        who: Actor,
        header: Header,
        sealed: bytes,
        drawn: list[TeamKey],
        lies: Mapping[str, canonical.Value],
    ) -> CheckedRecord:
        header = replace(header, body_hash=signing.body_hash(sealed))
        raw = forge(keys_of(who).sign, header, sealed, lies=lies)
        made = _as_said(header, raw, header_bytes(header, lies), len(sealed))
        self.safe.raws[made.id] = raw
        self.safe.keys.update(zip(made.epoch_ids, drawn, strict=True))
        if isinstance(header.pub, Invite):
            self.safe.invites[made.id] = header.pub.inv_pk
        return made

    def offer(self, who: Actor, pub: Pub, **more: Any) -> Verdict:  # type: ignore[override]
        return self.judge(self.build(who, pub, **more))

    def write(self, who: Actor, pub: Pub, **more: Any) -> CheckedRecord:
        record = self.build(who, pub, **more)
        verdict = self.judge(record)
        assert verdict == Accepted(new=True), verdict
        return record

    def push(self, who: Actor, values: Mapping[str, str], **more: Any) -> CheckedRecord:
        """Write a release over all heads, as `envlsp push` does."""
        heads = [self.ledger.get(head) for head in self.releases.of(TRIPLE).history.heads()]
        content = says(values, base=[head for head in heads if head is not None])
        return self.release(who, content=content, **more)

    def create_scope(self, who: Actor, lines: dict[Actor, Role]) -> ScopeId:
        scope = signing.scope_id(self.team, who.dpk, self.ledger.next_seq(who.dpk))
        self.write(who, ScopeSet(scope, line_up(lines), ()))
        return scope

    # --- looking ---

    def raw_records(self) -> list[bytes]:
        """Return the bytes of every record here, parents first."""
        return [self.safe.raws[record.id] for record in self.ledger.records()]

    def ring(self, who: Actor) -> Keyring:
        """Return every key that somebody's device can reach with what is here."""
        return keyring(keys_of(who), self.ledger.records())

    def take_from(self, replica: Replica) -> list[CheckedRecord]:
        """Hear what somebody's replica has written; return what is new here."""
        fresh = [one for one in replica.ledger.records() if one.id not in self.ledger]
        for record in fresh:
            self.safe.raws[record.id] = replica.raw(record.id)
            assert self.judge(record) == Accepted(new=True)
        for identity, key in replica.ring.all_keys().items():
            self.safe.keys.setdefault(identity, key)
        return fresh

    def seen_by(self, who: Actor, *, hear: bool = True) -> Replica:
        """Return the program's own replica of somebody who holds all this."""
        replica = Replica(self.team, keys_of(who), memory_store(), noon)
        if hear:
            assert all(isinstance(one.verdict, Accepted) for one in replica.receive(self.raw_records()))
        return replica

    def view(self, who: Actor = alice) -> dict[str, str]:
        """Return what somebody reads in the environment; what is in conflict is left out."""
        replica = self.seen_by(who)
        view = Releases(replica, People(replica)).of(TRIPLE).view()
        return {str(name): text.reveal().decode() for name, text in view.entries.items()}

    def check_blind(self) -> None:
        """Check that one without keys believes the same, and another one told in another order."""
        assert beliefs(self.blind.ledger) == beliefs(self.ledger)
        assert_blind_agrees(self.team, self.raw_records(), self.ledger)


def _seal(header: Header, key: TeamKey, content: Body | ReleaseContent) -> bytes:
    place = BodyPlace(header.team, header.author, header.seq, header.type)
    if isinstance(content, ReleaseContent):
        return envelope.seal_release(content, key, place)
    return envelope.seal_body(content, key, place)


def close_books() -> None:
    """Check every book of a test once more, against one without keys; forget them."""
    seen: set[tuple[TeamId, tuple[RecordId, ...]]] = set()
    while SHELF:
        book = SHELF.pop()
        told = (book.team, book.ledger.heads())
        if told not in seen:
            seen.add(told)
            book.check_blind()


def merged(*books: Book) -> Book:
    """Bring all together in two orders, which must agree; return one of them."""
    there, back = books[0].copy(), books[-1].copy()
    there.hear(*books[1:])
    back.hear(*reversed(books[:-1]))
    assert beliefs(there.ledger) == beliefs(back.ledger)
    return there
