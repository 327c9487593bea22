"""One team's ledger on this device: the store, the rules and the keys, joined.

Memory follows the disk: several processes share a store, so every answer that
matters begins with `refresh`. Refuses to know projects, files and the network.
Rules: a record is on the disk before anybody else can see it, and one process
writes own records at a time (PROTOCOL H).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from envlsp.crypto import envelope
from envlsp.crypto.device import DeviceKeys
from envlsp.crypto.epochs import Keyring, TeamKey
from envlsp.crypto.signing import Place, check_untrusted, checked_before, make_record
from envlsp.domain.ids import NO_EPOCH, DevicePk, EpochId, RecordId, TeamId
from envlsp.domain.ledger.admission import Accepted, Missing, Refused
from envlsp.domain.ledger.records import (
    CheckedRecord,
    EnvNote,
    Pub,
    Release,
    carried_epochs,
)
from envlsp.domain.ledger.state import TeamState
from envlsp.domain.ledger.suspicion import Suspect
from envlsp.domain.release import ReleaseContent
from envlsp.errors import (
    CannotOpen,
    PeerError,
    RecordRefused,
    StoreCorrupt,
    StoreError,
    TrustError,
    UpgradeNeeded,
    WaitingForKey,
)
from envlsp.service import own_past, prefixes, volume
from envlsp.service.access.tombstones import Tombstones
from envlsp.service.ports import Clock
from envlsp.store.records import NewRecord
from envlsp.store.team import TeamStore
from envlsp.wire.bodies import Body
from envlsp.wire.records import body_of, own_scope, type_of


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one record from a peer."""

    verdict: Accepted | Missing | Refused | None
    """None: the bytes were no record of this team, or not of the kind that was asked for."""
    id: RecordId | None


class Replica:
    """The ledger of one team, as this device has it.

    Args:
        team: the pinned id.
        keys: this device's.
        store: the team's folder, opened.
        clock: for the claimed times we write.
        may_author: raises where this device must not write, such as a copy of it.
    """

    def __init__(
        self,
        team: TeamId,
        keys: DeviceKeys,
        store: TeamStore,
        clock: Clock,
        may_author: Callable[[], None] = lambda: None,
    ) -> None:
        self.team = team
        self._may_author = may_author
        self.keys = keys
        self.store = store
        self.clock = clock
        self.on_change: list[Callable[[Sequence[RecordId]], None]] = []
        """Told which records came, whoever wrote them; called in the thread that noticed."""
        self._is_writing = False
        self._written: list[RecordId] = []
        self.tombstones = Tombstones(store.meta, keys.dpk)
        self._start_over()
        self.refresh()

    def _start_over(self) -> None:
        self.ledger, self._serial, auth = prefixes.begin(self.team, self.store)
        self.ring = Keyring(self.keys)
        for record in auth:
            self.ring.learn(record)
        self._since_kept = 0
        self._ahead: dict[RecordId, bytes] = {}

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    @property
    def is_writing(self) -> bool:
        """Whether memory may be ahead of the disk."""
        return self._is_writing

    # --- reading -----------------------------------------------------------------------------

    @property
    def state(self) -> TeamState:
        """Who is in the team and what they may do, now."""
        return self.ledger.state

    @property
    def suspects(self) -> frozenset[Suspect]:
        """Whom this device has seen removed, and seals no new key to until a person says so."""
        return self.tombstones.all()

    def now(self) -> int:
        """Return the claimed time for a body, whole seconds since 1970."""
        return int(self.clock())

    def refresh(self) -> list[RecordId]:
        """Take in what other processes have written since; return the new ids, parents first."""
        found = self._take_in()
        self._tell(found)
        return found

    def _reload(self) -> None:
        """Know what is on the disk and nothing else: memory was ahead of it."""
        self._start_over()
        self._take_in()

    def _take_in(self) -> list[RecordId]:
        fresh: list[CheckedRecord] = []
        with prefixes.many_objects():
            for stored in self.store.records.arrived_after(self._serial):
                self._serial = stored.serial
                self._since_kept += 1
                if stored.id not in self.ledger:
                    fresh.append(checked_before(stored.raw, stored.id))
            self.ledger.restore(fresh)
        for record in fresh:
            self.ring.learn(record)
        self._keep_prefix()
        return [record.id for record in fresh]

    def _keep_prefix(self) -> None:
        """Keep what was read, now and then: the next process begins there."""
        weight = len(self.ledger) + prefixes.AUTH_WEIGHT * self.ledger.auth_count
        if self._is_writing or not prefixes.is_worth_keeping(self._since_kept, weight):
            return
        self._since_kept = 0
        with contextlib.suppress(StoreError):
            prefixes.keep(self.ledger, self._serial, self.store)

    def record(self, identity: RecordId) -> CheckedRecord:
        """Return a stored record.

        Raises:
            KeyError: there is none.
        """
        found = self.ledger.get(identity)
        if found is None:
            raise KeyError(identity)
        return found

    def raw(self, record: RecordId) -> bytes:
        """Return the bytes of a stored record.

        Raises:
            KeyError: there is none.
        """
        found = self.store.records.get(record)
        if found is None:
            raise KeyError(record)
        return found

    def body(self, record: CheckedRecord) -> Body | None:
        """Return a record's opened body; None where it is empty, or closed to us, or malformed."""
        if not record.body_size:
            return None
        opened = self._with_key(record)
        if opened is None:
            return None
        sealed, key = opened
        try:
            return envelope.open_body(sealed, key, envelope.place_of(record.header))
        except CannotOpen:
            return None

    def release(self, record: CheckedRecord) -> envelope.OpenedRelease | None:
        """Return a release as far as its names; None where it is closed to us or malformed."""
        opened = self._with_key(record)
        if opened is None:
            return None
        sealed, key = opened
        try:
            return envelope.open_names(sealed, key, envelope.place_of(record.header))
        except CannotOpen:
            return None

    def _with_key(self, record: CheckedRecord) -> tuple[bytes, TeamKey] | None:
        key = self.ring.key_of(self.epoch_of(record))
        if key is None:
            return None
        raw = self._ahead.pop(record.id, None) or self.store.records.get(record.id)
        if raw is None:  # it was read a moment ago: the file's index is not sound
            raise StoreCorrupt(self.store.database.path)
        return body_of(raw), key

    def read_ahead(self, records: Sequence[RecordId]) -> None:
        """Fetch, all at once, the bytes of records that are about to be opened: at most `PAGE_ROWS`."""
        self._ahead = self.store.records.several(records) if len(records) > 1 else {}

    def can_open(self, record: CheckedRecord) -> bool:
        """Return whether we hold the key that a record's body is sealed under."""
        return self.ring.key_of(self.epoch_of(record)) is not None

    def epoch_of(self, record: CheckedRecord) -> EpochId:
        """Return the epoch whose key a record's body is sealed under."""
        if record.header.epoch != NO_EPOCH:
            return record.header.epoch
        own = own_scope(record.header.pub)
        for identity, epoch in zip(record.epoch_ids, carried_epochs(record.header.pub), strict=True):
            if epoch.scope == own:
                return identity
        return NO_EPOCH

    # --- receiving ---------------------------------------------------------------------------

    def receive(self, raws: Sequence[bytes], *, auth_only: bool = False) -> list[Received]:
        """Judge and store what a peer sent, in order; all that is accepted is on disk on return.

        Raises:
            StoreError: nothing of it was stored.
            UpgradeNeeded: a record of a newer protocol; what came before it is stored.
        """
        self.refresh()
        before = self._people()
        verdicts, fresh = [], []
        try:
            for raw in raws:
                received, record = self._judge(raw, auth_only=auth_only)
                verdicts.append(received)
                if record is not None:
                    fresh.append((record, raw))
        finally:
            # Also on the way out: what memory has admitted must not be missing on the disk.
            if fresh:
                self._tell(self._keep(fresh, before))
        return verdicts

    def _people(self) -> TeamState | None:
        return self.ledger.people if len(self.ledger) else None

    def _judge(self, raw: bytes, *, auth_only: bool) -> tuple[Received, CheckedRecord | None]:
        try:
            record = check_untrusted(raw, self.team)
        except UpgradeNeeded:
            raise
        except (PeerError, TrustError):
            return Received(None, None), None
        if auth_only and isinstance(record.header.pub, Release | EnvNote):
            return Received(None, record.id), None
        verdict = self.ledger.admit(record)
        if not (isinstance(verdict, Accepted) and verdict.new):
            return Received(verdict, record.id), None
        self.ring.learn(record)
        return Received(verdict, record.id), record

    def _keep(
        self, records: Sequence[tuple[CheckedRecord, bytes]], before: TeamState | None
    ) -> list[RecordId]:
        """Store records and what they show of members; return the ids of all that is new in memory."""
        try:
            with self.store.database.write():
                self.store.records.append([_row(record, raw) for record, raw in records])
                volume.count(self.store.meta, self._sizes(records), self.now())
                # With what another process has stored meanwhile: nobody has seen one without the other.
                news = [*(record.id for record, _ in records), *self._take_in()]
                self.tombstones.note(self.ledger, before, news)
        except BaseException:
            self._reload()
            raise
        return news

    def _sizes(self, records: Sequence[tuple[CheckedRecord, bytes]]) -> dict[DevicePk, int]:
        """Return how much came of each author's, our own lost records left out."""
        sizes: dict[DevicePk, int] = {}
        for record, raw in records:
            if (author := record.header.author) != self.keys.dpk:
                sizes[author] = sizes.get(author, 0) + len(raw)
        return sizes

    # --- authoring ---------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the author lock, with everything other processes wrote taken in.

        What a record says depends on the state it follows, so it is decided inside. All
        that is written inside, records and notes, is on disk when the outermost one
        ends, or nothing of it is; only then is anybody told.

        Raises:
            StoreBusy: another process kept the lock.
        """
        with self.store.authoring():
            if self._is_writing:
                yield
                return
            self.refresh()
            self._is_writing = True
            try:
                with self.store.database.write():
                    yield
            except BaseException:
                if self._written:
                    self._reload()
                raise
            finally:
                self._is_writing = False
                written, self._written = self._written, []
            self._tell(written)

    def append(
        self,
        pub: Pub,
        body: Body | ReleaseContent | None = None,
        *,
        carried: TeamKey | None = None,
        parents: tuple[RecordId, ...] = (),
    ) -> CheckedRecord:
        """Write a record of our own after all we know, and store it. Call it inside `writing`.

        Args:
            pub: the public part.
            body: what is sealed with it; None for an empty body.
            carried: the key of the epoch of its own scope, where `pub` carries one.
            parents: other ones than all heads, for contesting a removal only (A6).

        Raises:
            WaitingForKey: we do not hold the key to write under.
            RecordRefused: our own rules do not admit it.
            Misuse: this is a copy of the device, on another machine.
            StoreError: others have records of ours that are not here (F.4, rule 2).
        """
        self._may_author()
        with self.writing():
            own_past.demand_fetched(self)
            parents = parents or self.ledger.parents_for(self.keys.dpk)
            place = Place(
                team=self.team,
                seq=self.ledger.next_seq(self.keys.dpk),
                height=self.ledger.height_for(parents),
                parents=parents,
            )
            epoch, key = self._writing_key(pub, carried) if body is not None else (NO_EPOCH, None)
            sealed = self._seal(pub, body, key, place)
            raw, record = make_record(self.keys.sign, place, pub, sealed, epoch)
            self._adopt(raw, record)
            if carried is not None:
                self.ring.add(self.epoch_of(record), carried)
        return record

    def _writing_key(self, pub: Pub, carried: TeamKey | None) -> tuple[EpochId, TeamKey]:
        if carried is not None:
            return NO_EPOCH, carried
        epoch = self.state.current_epoch(own_scope(pub))
        key = self.ring.key_of(epoch) if epoch else None
        if epoch is None or key is None:
            raise WaitingForKey
        return epoch, key

    def _seal(self, pub: Pub, body: Body | ReleaseContent | None, key: TeamKey | None, place: Place) -> bytes:
        if body is None or key is None:
            return b""
        where = envelope.BodyPlace(place.team, self.keys.dpk, place.seq, type_of(pub))
        if isinstance(body, ReleaseContent):
            return envelope.seal_release(body, key, where)
        return envelope.seal_body(body, key, where)

    def _adopt(self, raw: bytes, record: CheckedRecord) -> None:
        verdict = self.ledger.admit(record)
        if not isinstance(verdict, Accepted):
            raise RecordRefused(
                verdict.reason.value if isinstance(verdict, Refused) else "a parent is missing"
            )
        self._written.append(record.id)
        self.ring.learn(record)
        self._keep_own(_row(record, raw))

    def _keep_own(self, row: NewRecord) -> None:
        self.store.records.author(row)

    def _tell(self, ids: Sequence[RecordId]) -> None:
        if ids:
            for listener in self.on_change:
                listener(ids)


def _row(record: CheckedRecord, raw: bytes) -> NewRecord:
    header = record.header
    return NewRecord(record.id, header.author, header.seq, header.height, header.parents, raw)
