"""The releases of each environment, opened as late as possible.

Joins the ledger (which releases count) with their bodies (what they say) for
`domain.merge`. A release that we cannot open has no effect here; `has_closed` tells,
so that nothing is written over what we cannot read (PROTOCOL A8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from envlsp.crypto.envelope import OpenedRelease
from envlsp.domain.environment import Environment, Triple
from envlsp.domain.ids import TEAM_SCOPE, RecordId
from envlsp.domain.ledger.records import CheckedRecord, EnvNote, Release
from envlsp.domain.merge import History, ReleaseNode, View
from envlsp.domain.release import ReleaseKind, Snapshot
from envlsp.domain.secret import SecretText
from envlsp.domain.versions import Versions, id_text
from envlsp.domain.working import Difference, difference
from envlsp.service.people import People
from envlsp.service.replica import Replica
from envlsp.service.results import ReleaseInfo
from envlsp.wire.bodies import EnvBody


class _Snapshots(Mapping[RecordId, Snapshot]):
    """The snapshot of each release, opened when asked for and kept."""

    def __init__(self, opened: Mapping[RecordId, OpenedRelease]) -> None:
        self._opened = opened
        self._known: dict[RecordId, Snapshot] = {}

    def __getitem__(self, record: RecordId) -> Snapshot:
        if record not in self._known:
            self._known[record] = self._opened[record].content().snapshot
        return self._known[record]

    def __iter__(self) -> Iterator[RecordId]:
        return iter(self._opened)

    def __len__(self) -> int:
        return len(self._opened)


@dataclass(frozen=True, slots=True)
class EnvironmentHistory:
    """One environment's releases: what counts, what they are called, what they hold."""

    environment: Environment
    history: History[SecretText]
    versions: Versions[SecretText]
    opened: Mapping[RecordId, OpenedRelease]
    snapshots: Mapping[RecordId, Snapshot]

    def view(self) -> View[SecretText]:
        """Return what the environment holds now."""
        return self.history.view()

    def is_rekey(self, record: RecordId) -> bool:
        """Return whether a release only encrypts another one again."""
        return self.history.nodes[record].kind is ReleaseKind.REKEY

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
        """Return what a release did to the values it was made upon."""
        before = self.history.view(self.history.eff_base(record))
        return difference(before.entries, self.snapshots[record].entries)


class Releases:
    """All environments of one team, as this device can read them."""

    def __init__(self, replica: Replica, people: People) -> None:
        self._replica = replica
        self._people = people
        self._opened: dict[RecordId, tuple[CheckedRecord, OpenedRelease]] = {}
        self._closed: set[RecordId] = set()
        self._notes: dict[RecordId, tuple[CheckedRecord, EnvBody]] = {}
        self._seen: set[RecordId] = set()

    def environments(self) -> dict[Triple, bool]:
        """Return every environment we can read the name of, and whether it is archived."""
        self._learn()
        found: dict[Triple, bool] = {opened.triple: False for _, opened in self._opened.values()}
        for record, note in sorted(
            self._notes.values(), key=lambda item: (item[0].header.height, item[0].id)
        ):
            if self._replica.ledger.is_effective(record.id):
                found[note.triple] = bool(note.archived)
        return dict(sorted(found.items()))

    def of(self, triple: Triple) -> EnvironmentHistory:
        """Return the releases of an environment in the scope that the name means (A1)."""
        self._learn()
        mine = {i: (r, o) for i, (r, o) in self._opened.items() if o.triple == triple}
        environment = Environment(TEAM_SCOPE, triple)
        opened = {identity: release for identity, (_, release) in mine.items()}
        snapshots = _Snapshots(opened)
        nodes = [self._node(record, release) for record, release in mine.values()]
        history: History[SecretText] = History(environment, nodes, snapshots)
        return EnvironmentHistory(environment, history, Versions(history), opened, snapshots)

    def has_closed(self) -> bool:
        """Return whether there are releases whose key nobody has delivered to us yet."""
        self._learn()
        return bool(self._closed)

    def info(self, found: EnvironmentHistory, record: RecordId) -> ReleaseInfo:
        """Return one release as people know it."""
        opened = found.opened[record]
        return ReleaseInfo(
            label=found.versions.label(record),
            id=record.hex(),
            author=self._people.of_device(found.history.nodes[record].author).name,
            ts=opened.ts,
            kind=opened.kind.name.lower(),
            message=opened.message,
            changed=found.change(record),
            void=found.history.nodes[record].void,
        )

    def short_id(self, record: RecordId) -> str:
        """Return the first letters of an id, enough to type."""
        return id_text(record)[:8]

    def _node(self, record: CheckedRecord, opened: OpenedRelease) -> ReleaseNode:
        ledger, pub = self._replica.ledger, record.header.pub
        assert isinstance(pub, Release)
        named = opened.base if opened.of is None else (*opened.base, opened.of)
        return ReleaseNode(
            id=record.id,
            author=record.header.author,
            height=record.header.height,
            environment=Environment(pub.scope, opened.triple),
            kind=opened.kind,
            base=opened.base,
            of=opened.of,
            void=not ledger.is_effective(record.id),
            misplaced=any(other not in ledger or not ledger.is_ancestor(other, record.id) for other in named),
        )

    def _learn(self) -> None:
        for record in self._replica.ledger.records():
            if record.id not in self._seen or record.id in self._closed:
                self._seen.add(record.id)
                self._take(record)

    def _take(self, record: CheckedRecord) -> None:
        if isinstance(record.header.pub, EnvNote):
            body = self._replica.body(record)
            if isinstance(body, EnvBody):
                self._notes[record.id] = (record, body)
        elif isinstance(record.header.pub, Release):
            opened = self._replica.release(record)
            if opened is not None:
                self._opened[record.id] = (record, opened)
                self._closed.discard(record.id)
            elif self._replica.ring.key_of(self._replica.epoch_of(record)) is None:
                self._closed.add(record.id)
