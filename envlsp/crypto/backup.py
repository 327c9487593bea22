"""Backups: a stream that the recovery words open, and members who hold the team's key.

Whoever can read the records may open it and nobody else: the key is drawn for one file,
sealed to the root key, and put under the team's current key. Refuses to know files, and
what the records say.

Spec: docs/protocol.md, "D.1 Backup files".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NewType

from envlsp.crypto.epochs import TeamKey
from envlsp.crypto.labels import kdf
from envlsp.crypto.primitives import (
    KEY_BYTES,
    BoxKey,
    StreamReader,
    StreamWriter,
    open_box,
    open_seal,
    random_bytes,
    seal_box,
    seal_to,
)
from envlsp.domain.ids import BoxPk, EpochId
from envlsp.errors import CannotOpen, Malformed
from envlsp.wire.backup import (
    First,
    Head,
    Last,
    Part,
    RecordsPart,
    decode_part_untrusted,
    encode_head,
    encode_part,
)

BackupKey = NewType("BackupKey", bytes)
"""32 bytes: what one backup file is sealed with."""


class BackupWriter:
    """Seals the parts of one file, in order.

    Args:
        root: the root key of now.
        epoch: the team's current epoch and its key, where we hold it.
    """

    def __init__(self, root: BoxPk, epoch: tuple[EpochId, TeamKey] | None) -> None:
        key = BackupKey(random_bytes(KEY_BYTES))
        known, box = None, None
        if epoch is not None:
            known, box = epoch[0], seal_box(key, _member_key(*epoch))
        self.head = encode_head(Head(seal_to(key, root), known, box))
        self._stream = StreamWriter(_stream_key(key, self.head))
        self.header: bytes = self._stream.header
        """24 bytes, behind the head."""

    def seal(self, part: Part) -> bytes:
        """Return the next message of the stream."""
        return self._stream.seal(encode_part(part))


def open_for_root(head: Head, root: BoxKey) -> BackupKey:
    """Return a file's key, with the root key.

    Raises:
        CannotOpen: it is for another root key.
    """
    return _sized(open_seal(head.sealed_key, root))


def open_for_member(head: Head, key: TeamKey) -> BackupKey:
    """Return a file's key, with the key of the epoch that its head names.

    Raises:
        CannotOpen: no member's way in, or another key.
    """
    if head.epoch is None or head.box is None:
        raise CannotOpen
    return _sized(open_box(head.box, _member_key(head.epoch, key)))


def open_parts(
    key: BackupKey, head: bytes, header: bytes, boxes: Iterator[bytes]
) -> Iterator[First | RecordsPart]:
    """Yield what a file is of, then its records; read to the end to know that it is whole.

    Args:
        key: of this file.
        head: its bytes, as they stand in the file: they are part of what is sealed.
        header: of the stream.
        boxes: the messages, in order.

    Raises:
        CannotOpen: altered, out of order, or of another file.
        Malformed, LimitExceeded: cut short, or sealed by somebody who does not keep to the format.
    """
    stream = StreamReader(header, _stream_key(key, head))
    count, found, is_over = 0, 0, False
    for place, box in enumerate(boxes):
        part = decode_part_untrusted(stream.open(box))
        if is_over or isinstance(part, First) != (place == 0):
            raise Malformed("parts in another order")
        match part:
            case First():
                count = part.count
                yield part
            case RecordsPart():
                found += len(part.records)
                yield part
            case Last():
                is_over = part.count == count == found
    if not is_over:
        raise Malformed("cut short")


def _member_key(epoch: EpochId, key: TeamKey) -> bytes:
    return kdf(key, "backup", epoch)


def _stream_key(key: BackupKey, head: bytes) -> bytes:
    return kdf(key, "backup", head)


def _sized(key: bytes) -> BackupKey:
    if len(key) != KEY_BYTES:
        raise CannotOpen
    return BackupKey(key)
