"""Backup files: all records of a team in one file that is safe to store anywhere.

Any member may make one; the recovery words open it, and members who hold the team's key
can test it. Nothing in it is in the clear, not even who is in the team. Written beside
its place and renamed into it, record by record, so length does not matter.

Spec: docs/protocol.md, "D.1 Backup files".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from envlsp.crypto.backup import BackupKey, BackupWriter, open_for_member, open_for_root, open_parts
from envlsp.crypto.primitives import BoxKey
from envlsp.crypto.signing import check_untrusted
from envlsp.domain.ids import TEAM_SCOPE, RecordId
from envlsp.errors import (
    CannotOpen,
    LimitExceeded,
    Malformed,
    Misuse,
    NotFound,
    PeerError,
    StoreError,
    TrustError,
    WaitingForKey,
)
from envlsp.service.replica import Replica
from envlsp.store.files import writing_whole
from envlsp.wire.backup import (
    MAGIC,
    First,
    Head,
    Last,
    RecordsPart,
    decode_head_untrusted,
    framed,
    parts_of,
    read_boxes_untrusted,
    read_opening_untrusted,
)
from envlsp.wire.join import SERVER_MAX_BYTES, SERVERS_MAX

_AGAIN = "use another copy of it, or make a new one: envlsp backup FILE"


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that was made."""

    path: Path
    records: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Verified:
    """A file that was read to its end, and how it stands to what this device holds."""

    path: Path
    ts: int
    """Claimed time at which it was made, seconds since 1970."""
    records: int
    newer: int
    """Records of this device that are not in the file."""
    unknown: int
    """Records in the file that this device lacks; they are genuine."""
    has_root: bool
    """False where other recovery words count since: the present ones do not open the file."""


# --- making ------------------------------------------------------------------------------------


def write_backup(replica: Replica, path: Path, servers: Sequence[str]) -> Backup:
    """Write all records of a team to a file, in place of an older backup.

    Args:
        replica: of the team; refreshed here.
        path: the file.
        servers: where the team meets, for whoever comes back with the words.

    Raises:
        Misuse: there is a file and it is no backup.
        StoreError: it cannot be written; what was there stands.
    """
    _refuse_another_file(path)
    replica.refresh()
    records = replica.ledger.records()
    current = replica.state.current_epoch(TEAM_SCOPE)
    key = replica.ring.key_of(current) if current else None
    writer = BackupWriter(replica.state.root.root_box, (current, key) if current and key else None)
    fitting = tuple(s for s in servers if len(s.encode()) <= SERVER_MAX_BYTES)[:SERVERS_MAX]
    with writing_whole(str(path)) as file:
        file.write(MAGIC + framed(writer.head) + writer.header)
        file.write(framed(writer.seal(First(replica.team, replica.now(), len(records), fitting))))
        for part in parts_of(replica.raw(record.id) for record in records):
            file.write(framed(writer.seal(part)))
        file.write(framed(writer.seal(Last(len(records)))))
        size = file.tell()
    return Backup(path, len(records), size)


def _refuse_another_file(path: Path) -> None:
    if not path.exists():
        return
    with _opened(path) as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise Misuse(f"{path} is there and is no backup", fix="give another name")


# --- reading -----------------------------------------------------------------------------------


class BackupFile:
    """A backup, open for reading. Use it in a `with` block of `open_backup`."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        with _no_backup(path):
            self._head_bytes, self._header = read_opening_untrusted(file)
            self.head: Head = decode_head_untrusted(self._head_bytes)

    def open_with_words(self, root: BoxKey) -> BackupKey:
        """Return the file's key.

        Raises:
            TrustError: it is for other words.
        """
        try:
            return open_for_root(self.head, root)
        except CannotOpen:
            raise TrustError(
                f"these words do not open {self.path}",
                fix="type the words that counted when it was made",
            ) from None

    def open_as_member(self, replica: Replica) -> BackupKey:
        """Return the file's key, by the key of the team's that was current when it was made.

        Raises:
            WaitingForKey: this device does not hold that key.
            NotFound: it is another team's, or has no way in for members.
            TrustError: it was altered.
        """
        epoch = self.head.epoch
        if epoch is None or epoch not in replica.state.epochs:
            raise NotFound(f"{self.path} cannot be tested by this device", fix="the recovery words open it")
        key = replica.ring.key_of(epoch)
        if key is None:
            raise WaitingForKey
        with _no_backup(self.path):
            return open_for_member(self.head, key)

    def parts(self, key: BackupKey) -> Iterator[First | RecordsPart]:
        """Yield what it is of, then its records; read to the end to know that it is whole.

        Raises:
            TrustError: altered, or cut short.
        """
        with _no_backup(self.path):
            boxes = read_boxes_untrusted(self._file)
            yield from open_parts(key, self._head_bytes, self._header, boxes)


@contextmanager
def open_backup(path: Path) -> Iterator[BackupFile]:
    """Open a backup.

    Raises:
        NotFound: there is no such file.
        TrustError: it is no backup, or cut short.
        StoreError: it cannot be read.
    """
    with _opened(path) as file:
        yield BackupFile(path, file)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NotFound(f"there is no {path}", fix=f"ls -l {path.parent}") from None
    except OSError as exc:
        raise StoreError(f"cannot read {path}: {exc.strerror}", fix=f"ls -l {path}") from exc
    with file:
        yield file


@contextmanager
def _no_backup(path: Path) -> Iterator[None]:
    try:
        yield
    except (Malformed, LimitExceeded):
        raise TrustError(f"{path} is no backup, or a part of it is missing", fix=_AGAIN) from None
    except CannotOpen:
        raise TrustError(f"{path} was altered", fix=_AGAIN) from None


# --- testing -----------------------------------------------------------------------------------


def verify_backup(replica: Replica, path: Path) -> Verified:
    """Read a backup to its end as a member does, and compare each record with our own.

    What cannot be tested without the words is that the words open it: their way in is a
    seal that nobody else can look into.

    Raises:
        TrustError: altered, cut short, or with a record in it that is not genuine.
        NotFound, WaitingForKey: this device cannot test it.
    """
    replica.refresh()
    known: set[RecordId] = set()
    unknown, first = 0, None
    with open_backup(path) as backup:
        for part in backup.parts(backup.open_as_member(replica)):
            if isinstance(part, First):
                first = part
                continue
            for raw in part.records:
                identity = _genuine(replica, path, raw)
                if identity in replica.ledger:
                    known.add(identity)
                else:
                    unknown += 1
    assert first is not None
    return Verified(
        path=path,
        ts=first.ts,
        records=first.count,
        newer=len(replica.ledger) - len(known),
        unknown=unknown,
        has_root=replica.state.root.record in known,
    )


def _genuine(replica: Replica, path: Path, raw: bytes) -> RecordId:
    try:
        return check_untrusted(raw, replica.team).id
    except (PeerError, TrustError):
        raise TrustError(f"{path} holds a record that is not genuine", fix=_AGAIN) from None
