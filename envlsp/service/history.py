"""The releases of each environment, each opened once.

Joins the ledger (which releases count) with their bodies (what they say) for
`domain.merge`. A name means one scope (`access.scopes`); releases of that name in
another one are shadowed, and have no part in what the environment holds. A release that
we cannot open has no effect here; `waits` tells, so that nothing is written over what we
cannot read (PROTOCOL A8). Of scopes that we may not read nothing is waited for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from envlsp.crypto.envelope import OpenedRelease
from envlsp.domain.environment import Environment, Triple
from envlsp.domain.ids import EpochId, RecordId, ScopeId
from envlsp.domain.ledger.policy import scope_of
from envlsp.domain.ledger.records import CheckedRecord, EnvNote, Release
from envlsp.domain.merge import History, ReleaseNode, View
from envlsp.domain.release import Layout, ReleaseContent, ReleaseKind, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.domain.versions import Versions
from envlsp.domain.working import Difference, difference
from envlsp.errors import CannotOpen, StoreError
from envlsp.service import prefixes
from envlsp.service.access.scopes import Scopes, may_read, own_user
from envlsp.service.people import People
from envlsp.service.release_index import NO_ENVIRONMENT, Entry, Learned, NodesOf, ReleaseIndex
from envlsp.service.replica import Replica
from envlsp.service.results import ReleaseInfo
from envlsp.store.records import PAGE_ROWS
from envlsp.wire.bodies import EnvBody

V = TypeVar("V")


class _Shared:
    """What releases have in common, kept once: one changes a name or two of many."""

    def __init__(self) -> None:
        self._names: dict[SecretName, SecretName] = {}
        self._texts: dict[SecretText, SecretText] = {}
        self._layouts: dict[Layout, Layout] = {}

    def content(self, content: ReleaseContent) -> ReleaseContent:
        """Return an equal content, made of the parts of those before it."""
        names, texts = self._names, self._texts
        entries = {
            names.setdefault(name, name): texts.setdefault(text, text)
            for name, text in content.snapshot.entries.items()
        }
        layout = content.snapshot.layout
        if layout is not None:
            layout = self._layouts.setdefault(layout, layout)
        return replace(content, snapshot=Snapshot(entries, layout))


class Contents:
    """What releases say, each opened once, when somebody asks."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._shared = _Shared()
        self._opened: dict[RecordId, tuple[ReleaseContent, bool]] = {}

    def open(self, record: RecordId) -> tuple[ReleaseContent, bool]:
        """Return a release that opens as far as its names, and whether all of it does."""
        found = self._opened.get(record)
        if found is None:
            found = self._opened[record] = self._read(record)
        return found

    def _read(self, record: RecordId) -> tuple[ReleaseContent, bool]:
        opened = self._replica.release(self._replica.record(record))
        if opened is None:
            raise CannotOpen  # it did when its place was noted
        try:
            return self._shared.content(opened.content()), True
        except CannotOpen:
            return opened.without_values(), False


class _Of(Mapping[RecordId, V]):
    """The contents of one environment's releases, opened when somebody asks."""

    def __init__(self, nodes: Mapping[RecordId, ReleaseNode], contents: Contents) -> None:
        self._nodes = nodes
        self._contents = contents

    def __iter__(self) -> Iterator[RecordId]:
        return (record for record in self._nodes if record in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Opened(_Of[ReleaseContent]):
    """Every release of an environment; one that is not whole has no values in here."""

    def __getitem__(self, record: RecordId) -> ReleaseContent:
        if record not in self._nodes:
            raise KeyError(record)
        return self._contents.open(record)[0]

    def __contains__(self, record: object) -> bool:
        return record in self._nodes


class Snapshots(_Of[Snapshot]):
    """What they hold. One box that does not open, and a release says nothing at all (C.6)."""

    def __getitem__(self, record: RecordId) -> Snapshot:
        if record not in self._nodes:
            raise KeyError(record)
        content, is_whole = self._contents.open(record)
        if not is_whole:
            raise CannotOpen("a release of which a value does not open", fix="envlsp log: take another one")
        return content.snapshot

    def get(self, record: RecordId, default: Any = None) -> Any:
        """Return a snapshot, or the default."""
        return self._contents.open(record)[0].snapshot if record in self else default

    def __contains__(self, record: object) -> bool:
        return record in self._nodes and self._contents.open(RecordId(record))[1]  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class EnvironmentHistory:
    """One environment's releases: what counts, what they are called, what they hold."""

    environment: Environment
    history: History[SecretText]
    versions: Versions[SecretText]
    opened: Mapping[RecordId, ReleaseContent]
    snapshots: Mapping[RecordId, Snapshot]

    def view(self) -> View[SecretText]:
        """Return what the environment holds now."""
        return self.history.view()

    def newest_says(self, snapshot: Snapshot) -> bool:
        """Return whether there is one newest release and it says just this, layout and all."""
        heads = self.history.heads()
        if len(heads) != 1:
            return False
        newest = self.snapshots[heads[0]]
        return dict(newest.entries) == dict(snapshot.entries) and newest.layout == snapshot.layout

    def is_rekey(self, record: RecordId) -> bool:
        """Return whether a release only encrypts another one again."""
        return self.history.nodes[record].kind is ReleaseKind.REKEY

    def origin(self, record: RecordId) -> RecordId:
        """Return the release that people made, where `record` only encrypts it again."""
        while self.is_rekey(record):
            original = self.opened[record].of
            if original is None or original not in self.opened:
                break
            record = original
        return record

    def unseen(self, based_on: Iterable[RecordId]) -> set[RecordId]:
        """Return the releases with effect that are not at or below these; rekeys say nothing new."""
        nodes = self.history.nodes
        seen: set[RecordId] = set()
        waiting = [record for record in based_on if record in nodes]
        while waiting:
            record = waiting.pop()
            if record not in seen:
                seen.add(record)
                waiting += [base for base in nodes[record].base if base in nodes]
        return {r for r in nodes if r not in seen and not self.is_rekey(r) and self.history.has_effect(r)}

    def change(self, record: RecordId) -> Difference:
        """Return what a release did to the values it was made upon; nothing, where it is not whole."""
        if record not in self.snapshots:
            return difference({}, {})
        before = self.history.view(self.history.eff_base(record))
        return difference(before.entries, self.snapshots[record].entries)


class Releases:
    """All environments of one team, as this device can read them."""

    def __init__(self, replica: Replica, people: People) -> None:
        self._replica = replica
        self._people = people
        self.scopes = Scopes(replica)
        """Which scope the name of an environment means."""
        self._start_over()

    def _start_over(self, *, resume: bool = True) -> None:
        self._ledger = self._replica.ledger
        self._index = ReleaseIndex()
        self._contents = Contents(self._replica)
        self._waiting: dict[tuple[ScopeId, EpochId], set[RecordId]] = {}
        """What we hold no key to, by that key: outside a scope these are many, and the keys are few."""
        self._keys_of: int | None = None
        """How many records that could bring a key had come when we last looked for these."""
        self._notes: dict[RecordId, tuple[CheckedRecord, EnvBody]] = {}
        self._silent: set[RecordId] = set()
        self._unread_notes: list[RecordId] = []
        self._learned = 0
        """How many records of the ledger have been looked at, in the order of their arrival."""
        self._learned_since_kept = 0
        self._made: dict[Environment, _Made] = {}
        self._known_heads: dict[Environment, tuple[int, int, tuple[RecordId, ...]]] = {}
        if resume:
            self._resume()

    def environments(self) -> dict[Triple, bool]:
        """Return every environment we can read the name of, and whether it is archived."""
        self._learn()
        found = {
            environment.triple: False
            for environment in self._index.environments
            if self._is_meant(*environment)
        }
        for record, note in self._read_notes():
            is_meant = self._is_meant(scope_of(record), note.triple)
            if is_meant and self._replica.ledger.is_effective(record.id):
                found[note.triple] = bool(note.archived)
        return dict(sorted(found.items()))

    def _is_meant(self, scope: ScopeId, triple: Triple) -> bool:
        return self.scopes.of(triple) == scope

    def of(self, triple: Triple) -> EnvironmentHistory:
        """Return the releases of an environment in the scope that the name means (A1)."""
        self._learn()
        return self._of(Environment(self.scopes.of(triple), triple))

    def shadowed(self, triple: Triple) -> tuple[EnvironmentHistory, ...]:
        """Return the histories of that name in scopes it does not mean: shown, and never read (A1)."""
        self._learn()
        meant = self.scopes.of(triple)
        others = (one for one in self._index.environments if one.triple == triple and one.scope != meant)
        return tuple(self._of(one) for one in sorted(others))

    def scope_of(self, triple: Triple) -> ScopeId:
        """Return the scope in which a release of that name is made, and read."""
        return self.scopes.of(triple)

    def _of(self, environment: Environment) -> EnvironmentHistory:
        # Which of them count is decided by the team's own records, and by no other release.
        rulings, size = self._ledger.auth_count, len(self._index)
        made = self._made.get(environment)
        if made is None or made.rulings != rulings or self._has_more(environment, made.size):
            made = self._make(environment, rulings, size, made)
        self._made[environment] = made._replace(size=size)
        return made.history

    def _has_more(self, environment: Environment, after: int) -> bool:
        number = self._index.environment_number(environment)
        return number is not None and bool(self._index.places_of(number, len(self._index), after))

    def _make(self, environment: Environment, rulings: int, size: int, before: _Made | None) -> _Made:
        number = self._index.environment_number(environment)
        nodes = NodesOf(self._index, NO_ENVIRONMENT if number is None else number, size, self._is_void)
        snapshots = Snapshots(nodes, self._contents)
        known = (before.rulings, before.size, before.heads) if before else self._known_heads.get(environment)
        unsorted: History[SecretText] = History(environment, nodes, snapshots)
        if known and known[0] == rulings:
            heads = unsorted.heads_with(map(self._index.id_at, nodes.after(known[1])), known[2])
        else:
            heads = unsorted.heads_with((), nodes.newest(unsorted.has_effect))
        history: History[SecretText] = History(environment, nodes, snapshots, heads)
        opened = Opened(nodes, self._contents)
        found = EnvironmentHistory(environment, history, Versions(history, nodes), opened, snapshots)
        return _Made(rulings, size, history.heads(), found)

    def _is_void(self, record: RecordId) -> bool:
        return not self._ledger.is_effective(record)

    def waits(self, triple: Triple) -> bool:
        """Return whether a key that we are to have is missing to tell what an environment holds.

        Somebody who was let into a scope and cannot tell yet what it covers waits with every
        name that they know nothing of; with the others they go on: a key that nobody ever
        delivers must not stop them.
        """
        self._learn()
        if self.has_closed(self.scopes.of(triple)):
            return True
        return self.scopes.is_pending(triple) and self.environments().get(triple, True)

    def notes(self) -> list[tuple[CheckedRecord, EnvBody]]:
        """Return what was noted about environments, in every scope, by (height, id); void notes too."""
        self._learn()
        return self._read_notes()

    def has_closed(self, scope: ScopeId) -> bool:
        """Return whether there are releases in a scope that we are to read and have no key to yet."""
        self._learn()
        if self.is_shut(scope):
            return False  # nobody will deliver it: that is no reason to wait
        return any(self._closed_under(*key) for key in self._waiting if key[0] == scope)

    def is_shut(self, scope: ScopeId) -> bool:
        """Return whether this device's member may not read a scope; of nobody's device it is not said."""
        return own_user(self._replica) is not None and not may_read(self._replica, scope)

    def is_readable(self, triple: Triple) -> bool:
        """Return whether all is here that says what an environment holds, and we may read it."""
        return not self.waits(triple) and not self.is_shut(self.scopes.of(triple))

    def opens_all_of(self, epochs: Collection[EpochId]) -> bool:
        """Return whether it is known what became of all that was ever sealed under these keys.

        Not so where a release under one of them is closed to us, nor where a newer one is, in
        a scope of which we have read something.
        """
        self._learn()
        read = {environment.scope for environment in self._index.environments}
        concerned = (key for key in self._waiting if key[0] in read or key[1] in epochs)
        return not any(self._closed_under(*key) for key in concerned)

    def _closed_under(self, scope: ScopeId, epoch: EpochId) -> bool:
        """Return whether a release under a key that we lack counts.

        One that does not stops nobody: else whoever was removed could stop all.
        """
        return any(
            isinstance(self._replica.record(identity).header.pub, Release)
            and self._replica.ledger.is_effective(identity)
            for identity in self._waiting[scope, epoch]
        )

    def info(self, found: EnvironmentHistory, record: RecordId) -> ReleaseInfo:
        """Return one release as people know it; for one that encrypts another again, that other."""
        record = found.origin(record)
        opened = found.opened[record]
        return ReleaseInfo(
            label=found.versions.label(record),
            id=record.hex(),
            author=self._people.of_device(found.history.nodes[record].author).name,
            ts=opened.ts,
            kind=opened.kind.name.lower(),
            message=opened.message,
            changed=found.change(record),
            void=found.history.nodes[record].void or record not in found.snapshots,
        )

    def _learn(self) -> None:
        if self._ledger is not self._replica.ledger:
            self._start_over()  # a write failed, and memory had been ahead of the disk
        if self._has_new_key():
            # All again in the order of the ledger: what a release names comes before it.
            self._start_over(resume=False)
        ids = self._ledger.ids(self._learned)
        with prefixes.many_objects():
            while run := tuple(islice(ids, PAGE_ROWS)):
                self._learn_run(run)
        self._keep()

    def _learn_run(self, run: Sequence[RecordId]) -> None:
        self._replica.read_ahead(run)
        for identity in run:
            self._learned += 1
            self._learned_since_kept += 1
            self._look_at(identity)

    def _has_new_key(self) -> bool:
        """Return whether something that waited can be opened now. No release ever brings a key."""
        if self._keys_of == self._ledger.auth_count:
            return False
        self._keys_of = self._ledger.auth_count
        return any(self._replica.ring.key_of(epoch) is not None for _, epoch in self._waiting)

    def _look_at(self, identity: RecordId) -> None:
        record = self._replica.record(identity)
        if isinstance(record.header.pub, EnvNote | Release):
            self._take(record, record.header.pub.scope)

    def _resume(self) -> None:
        """Begin with what was learned before on this device, and look at what is not in it (ADR 0034)."""
        row = prefixes.kept_index(self._replica.store) if len(self._ledger) else None
        if row is None:
            return
        index, others = ReleaseIndex(row), {*row.notes, *row.waiting, *row.silent}
        ids = list(self._ledger.ids())
        unknown = index.lacking(ids) - others
        fresh = [one for one in ids if one in unknown] if unknown else []
        if len(ids) - len(fresh) != len(index) + len(others):
            return  # of another ledger: one that was put back from a backup
        self._index, self._learned = index, len(ids)
        self._unread_notes, self._silent = list(row.notes), set(row.silent)
        for identity in row.waiting:
            record = self._replica.record(identity)
            self._wait_with(record, scope_of(record))
        for environment, heads in zip(row.environments, row.heads, strict=True):
            self._known_heads[environment] = row.rulings, len(index), heads
        for identity in fresh:
            self._look_at(identity)
        # Other rulings make other heads, which take long to find again: so they are kept at once.
        unlike = len(ids) * (row.rulings != self._ledger.auth_count)
        self._learned_since_kept = len(ids) - len(index) - len(others) - row.rulings + unlike

    def _keep(self) -> None:
        """Keep what was learned, now and then: the next process begins there."""
        is_new = prefixes.is_worth_keeping(self._learned_since_kept, self._learned)
        if not is_new or self._replica.is_writing:
            return
        self._learned_since_kept = 0
        learned = Learned(
            (*self._unread_notes, *self._notes),
            tuple(identity for closed in self._waiting.values() for identity in closed),
            tuple(self._silent),
            self._ledger.auth_count,
            tuple(self._of(environment).history.heads() for environment in self._index.environments),
        )
        with contextlib.suppress(StoreError):
            prefixes.keep_index(self._index.row(learned), self._replica.store)

    def _read_notes(self) -> list[tuple[CheckedRecord, EnvBody]]:
        unread, self._unread_notes = self._unread_notes, []
        for identity in unread:
            self._look_at(identity)
        return sorted(self._notes.values(), key=lambda note: (note[0].header.height, note[0].id))

    def _take(self, record: CheckedRecord, scope: ScopeId) -> None:
        if record.body_size and not self._replica.can_open(record):
            self._wait_with(record, scope)
        elif isinstance(record.header.pub, EnvNote):
            body = self._replica.body(record)
            if isinstance(body, EnvBody):
                self._notes[record.id] = (record, body)
            else:
                self._silent.add(record.id)
        elif (opened := self._replica.release(record)) is not None:
            self._index.add(self._entry(record, scope, opened))
        else:
            self._silent.add(record.id)

    def _wait_with(self, record: CheckedRecord, scope: ScopeId) -> None:
        key = scope, self._replica.epoch_of(record)
        self._waiting.setdefault(key, set()).add(record.id)

    def _entry(self, record: CheckedRecord, scope: ScopeId, opened: OpenedRelease) -> Entry:
        named = opened.base if opened.of is None else (*opened.base, opened.of)
        return Entry(
            id=record.id,
            environment=Environment(scope, opened.triple),
            author=record.header.author,
            height=record.header.height,
            kind=opened.kind,
            base=opened.base,
            of=opened.of,
            misplaced=not self._ledger.are_before(named, record.id),
        )


class _Made(NamedTuple):
    """A history, and up to where it goes."""

    rulings: int
    size: int
    heads: tuple[RecordId, ...]
    history: EnvironmentHistory
