"""The ledger of one team: records in, state out.

Feed it checked records in any order that has parents first; ask for the state, for
what a new record needs, and whether a release counts. It stores nothing and knows no
clock, no key and no peer. Orphans are held by the caller.

Spec: docs/protocol.md, "B. Data model" and "C. Deterministic resolution".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from envlsp.domain.ids import DevicePk, RecordId, TeamId, UserId
from envlsp.domain.ledger.admission import Accepted, Admission, Inadmissible, Missing, Refused
from envlsp.domain.ledger.admit import Gate
from envlsp.domain.ledger.alarms import graph_alarms
from envlsp.domain.ledger.dag import Dag, Node, is_ancestor
from envlsp.domain.ledger.facts import Facts
from envlsp.domain.ledger.parents import Parents
from envlsp.domain.ledger.ports import Verify
from envlsp.domain.ledger.prefix import Prefix
from envlsp.domain.ledger.records import CheckedRecord
from envlsp.domain.ledger.resolve import deciders
from envlsp.domain.ledger.rulings import Ruling, rulings
from envlsp.domain.ledger.seniority import inherited, is_hit, seniors
from envlsp.domain.ledger.settle import settle
from envlsp.domain.ledger.state import Alarm, TeamState
from envlsp.domain.ledger.views import View, Views
from envlsp.errors import NotFound, RecordRefused


class Ledger:
    """Everything a team ever did, and what follows from it."""

    def __init__(self, team: TeamId, verify: Verify, prefix: Prefix | None = None) -> None:
        """Start empty, or with what was admitted before on this device.

        Args:
            team: the pinned id of the genesis; no other genesis is let in.
            verify: answers the two questions about signatures that need state.
            prefix: from `prefix()` of a ledger of this team; call `resume` next.
        """
        self.team = team
        self._dag = Dag(team, prefix)
        self._views = Views(self._dag)
        self._gate = Gate(team, verify, self._dag, self._views)
        self._sorted: list[CheckedRecord] = []
        self._alarms: tuple[int, tuple[Alarm, ...]] | None = None
        self._voids = _Voids(self._dag, self._views)
        self._parents = Parents(self._dag, lambda: self._now().standing, self._void_now)

    # --- adding ---

    def admit(self, record: CheckedRecord) -> Admission:
        """Judge a record, and add it if it is admissible.

        The answer depends on the record and its ancestors only. `Missing` asks for
        parents; after `Refused`, whatever names this record as a parent stays missing.
        """
        by_id = self._dag.by_id
        if record.id in by_id:
            return Accepted(new=False)
        try:
            self._gate.check_alone(record)
            missing = [parent for parent in record.header.parents if parent not in by_id]
            if missing:
                return Missing(tuple(missing))
            self._gate.enter(record)
        except Inadmissible as no:
            return Refused(no.reason)
        return Accepted(new=True)

    def restore(self, records: Iterable[CheckedRecord]) -> None:
        """Add records that this device admitted before, in any order, without trying the rules.

        Raises:
            RecordRefused: they cannot have been admitted: a parent is missing, or an
                author never had the right.
        """
        for record in sorted(records, key=lambda record: (record.header.height, record.id)):
            if record.id in self._dag.by_id:
                continue
            try:
                self._gate.reenter(record)
            except (Inadmissible, KeyError) as exc:
                raise RecordRefused("the local store holds a record that was never admissible") from exc

    def resume(self, prefix: Prefix, auth: Iterable[CheckedRecord]) -> None:
        """Put the auth-class records of the prefix in place.

        Args:
            prefix: what this ledger began with.
            auth: they themselves, in the order of `Prefix.auth_indices`.
        """
        for record, settled in zip(auth, prefix.settled, strict=True):
            self._dag.put_auth(record, settled)

    def prefix(self) -> Prefix:
        """Return all that is here in a form that is fast to begin with."""
        return self._dag.prefix()

    # --- asking ---

    def __len__(self) -> int:
        return len(self._dag)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._dag.by_id

    def get(self, record_id: RecordId) -> CheckedRecord | None:
        """Return a record, None if it is not here."""
        node = self._dag.by_id.get(record_id)
        return node.record if node else None

    def records(self) -> list[CheckedRecord]:
        """Return all records by (height, id): parents first, the same order everywhere."""
        if len(self._sorted) != len(self._dag):
            nodes = sorted(self._dag.nodes, key=lambda node: node.order)
            self._sorted = [node.record for node in nodes]
        return list(self._sorted)

    def ids(self, after: int = 0) -> Iterator[RecordId]:
        """Yield the ids of all records but the first so many, as they arrived here: parents first."""
        return self._dag.ids(after)

    @property
    def auth_count(self) -> int:
        """How many records decide who may do what. While it stays the same, so does what counts."""
        return len(self._dag.auth)

    def auth_records(self) -> list[CheckedRecord]:
        """Return the records that decide who may do what, by (height, id)."""
        return [node.record for node in sorted(self._dag.auth, key=lambda node: node.order)]

    def heads(self) -> tuple[RecordId, ...]:
        """Return the records nothing comes after, sorted."""
        return tuple(sorted(self._dag.heads))

    def is_ancestor(self, older: RecordId, newer: RecordId) -> bool:
        """Tell whether one record is in the past of another.

        Raises:
            NotFound: one of them is not here.
        """
        return is_ancestor(self._node(older), self._node(newer))

    def are_before(self, others: Iterable[RecordId], record_id: RecordId) -> bool:
        """Tell whether records are here, all of them, and in the past of another.

        Raises:
            NotFound: that other is not here.
        """
        by_id, newer = self._dag.by_id, self._node(record_id)
        return all((node := by_id.get(other)) and is_ancestor(node, newer) for other in others)

    @property
    def state(self) -> TeamState:
        """The team now.

        Raises:
            NotFound: the genesis is not here yet.
        """
        return self._now().state

    @property
    def people(self) -> TeamState:
        """The team now without keys and void records: enough to say who may do what, and cheap.

        Raises:
            NotFound: the genesis is not here yet.
        """
        return self._now().people

    def people_at(self, record_id: RecordId, *, with_itself: bool = True) -> TeamState:
        """Return what the author of a record knew of who is in the team.

        Args:
            record_id: which.
            with_itself: after it, or just before.

        Raises:
            NotFound: it is not here.
        """
        node = self._node(record_id)
        own = node.auth_bit if with_itself else 0
        return self._views.at(node.auth_ancestors | own).people

    def voided_by(self, record_id: RecordId) -> tuple[RecordId, ...]:
        """Return the removals that make a record void, none if it counts.

        For what rests on an overused invite, the invite.

        Raises:
            NotFound: it is not here.
        """
        node = self._node(record_id)
        if node.auth_bit:
            return self.state.void.get(record_id, ())
        return self._voids.of(node, self._now())

    def removals(self) -> tuple[RecordId, ...]:
        """Return every record that takes something from somebody, most senior author first; void ones too."""
        return tuple(node.record.id for node in self._dag.kills)

    def rulings(self, record_id: RecordId) -> tuple[Ruling, ...]:
        """Return on what ground an auth-class record does not count, none if it does.

        Raises:
            NotFound: it is not here.
        """
        return rulings(self._dag, self._node(record_id), self.state.void.get(record_id, ()))

    def author_of(self, record_id: RecordId) -> UserId:
        """Return who wrote an auth-class record; `ROOT` for the holder of the recovery words.

        Raises:
            NotFound: it is not here.
        """
        return self._node(record_id).settled.user

    def is_effective(self, record_id: RecordId) -> bool:
        """Tell whether a record counts.

        Raises:
            NotFound: it is not here.
        """
        return not self.voided_by(record_id)

    def alarms(self) -> tuple[Alarm, ...]:
        """Return what the people should be told, in a fixed order."""
        if self._alarms is None or self._alarms[0] != len(self):
            found = tuple(sorted((*self.state.alarms, *graph_alarms(self._dag))))
            self._alarms = len(self), found  # a flood is thousands of records: not counted at each look
        return self._alarms[1]

    # --- authoring ---

    def next_seq(self, author: DevicePk) -> int:
        """Return the seq of the author's next record."""
        return self._dag.highest_seq(author) + 1

    def parents_for(self, author: DevicePk) -> tuple[RecordId, ...]:
        """Return the parents of the author's next record, sorted: all heads, at most 32.

        With more heads than that: his own last record, then the greatest by (height, id);
        void ones without keys are left out first.
        """
        return self._parents.of(author)

    def parents_without(self, author: DevicePk, *removals: RecordId) -> tuple[RecordId, ...]:
        """Return parents as if removals had never been seen: for contesting them, and nothing else.

        Raises:
            NotFound: one of them is not here.
        """
        out = {self._node(removal).index for removal in removals}
        left = [
            node
            for node in self._dag.nodes
            if node.index not in out and not any(node.ancestors >> index & 1 for index in out)
        ]
        covered = 0
        for node in left:
            covered |= node.ancestors
        return self._parents.among(author, [node for node in left if not covered >> node.index & 1])

    def state_after(self, parents: Iterable[RecordId]) -> TeamState:
        """Return what somebody knows who knows these records and what is before them.

        Raises:
            NotFound: one of them is not here.
        """
        mask = 0
        for parent in parents:
            node = self._node(parent)
            mask |= node.auth_ancestors | node.auth_bit
        return self._views.at(mask).state

    def height_for(self, parents: Iterable[RecordId]) -> int:
        """Return the height of a record with these parents.

        Raises:
            NotFound: one of them is not here.
        """
        return 1 + max((self._node(parent).record.header.height for parent in parents), default=0)

    # --- syncing ---

    def author_vector(self) -> dict[DevicePk, tuple[int, RecordId]]:
        """Return, per author, the highest seq and its record; of a fork, the least id."""
        found = {}
        for author, by_seq in self._dag.by_author.items():
            seq = max(by_seq)
            found[author] = (seq, min(self._dag.at(index).record.id for index in by_seq[seq]))
        return found

    def by_author(self, author: DevicePk, after_seq: int = 0) -> list[CheckedRecord]:
        """Return an author's records above a seq, by (seq, id); of a fork, all."""
        by_seq = self._dag.by_author.get(author, {})
        nodes = [self._dag.at(index) for seq in sorted(by_seq) if seq > after_seq for index in by_seq[seq]]
        nodes.sort(key=lambda node: (node.record.header.seq, node.record.id))
        return [node.record for node in nodes]

    # --- inside ---

    def _now(self) -> View:
        if not self._dag.auth:
            raise NotFound(
                "this device holds nothing of the team's history", fix="ask a teammate: envlsp join CODE"
            )
        return self._views.at((1 << len(self._dag.auth)) - 1)

    def _node(self, record_id: RecordId) -> Node:
        node = self._dag.by_id.get(record_id)
        if node is None:
            raise NotFound("no such record in this ledger")
        return node

    def _void_now(self) -> Callable[[Node], bool]:
        """Return what tells whether a record is void, as of now: for who asks about thousands."""
        now = self._now()
        return lambda node: (
            not now.standing.counts(node) if node.auth_bit else bool(self._voids.of(node, now))
        )


class _Voids:
    """Which releases do not count. What the chain says is shared by all with equal facts."""

    def __init__(self, dag: Dag, views: Views) -> None:
        self._dag = dag
        self._views = views
        self._kills = 0
        self._tails: dict[Facts, int] = {}

    def of(self, node: Node, now: View) -> tuple[RecordId, ...]:
        if node.facts is None:
            settle(self._dag, self._views.at(node.auth_ancestors), node)
        breakers = self._tail_breakers(node) & now.standing.kills
        unseen = now.standing.kills & ~breakers & ~node.auth_ancestors
        for kill in seniors(self._dag, node) if unseen else ():
            if kill.auth_bit & unseen and is_hit(kill, node):
                breakers |= kill.auth_bit
        if breakers or node.settled.tail & now.standing.dead:
            return deciders(self._dag, now.standing, node, breakers)
        return ()

    def _tail_breakers(self, node: Node) -> int:
        if self._kills != len(self._dag.kills):
            self._kills = len(self._dag.kills)
            self._tails.clear()
        facts = node.settled
        if facts not in self._tails:
            bits = (kill.auth_bit for kill in self._dag.kills if inherited(self._dag, kill, facts))
            self._tails[facts] = sum(bits)
        return self._tails[facts]
