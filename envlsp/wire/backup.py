r"""The byte form of a backup file: a team's records, sealed for its recovery words.

    file   = "envlsp-backup\0" ‖ u32be ‖ head ‖ header24 ‖ (u32be ‖ box)...
    head   = ["envlsp-backup", 1, sealed80, epoch32 | bin0, box72 | bin0]
    box    = one message of a stream; inside it a canonical array:
    first    [0, team32, ts, count, [server...]]
    records  [1, [record...]]            parents first
    last     [2, count]

Lengths are of what follows them. Every box but the last is read before the next one, so
a file of any length needs the memory of one. Refuses to seal, to open and to believe.

Spec: docs/protocol.md, "D.1 Backup files".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, TypeAlias

from envlsp.domain.ids import EpochId, TeamId
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire import canonical
from envlsp.wire.canonical import Value
from envlsp.wire.join import SERVER_MAX_BYTES, SERVERS_MAX
from envlsp.wire.limits import KIB, MIB, RECORD_MAX_BYTES
from envlsp.wire.shape import as_array, blob, exactly, maybe, text, uint

MAGIC: Final = b"envlsp-backup\0"
BACKUP_VERSION: Final = 1
HEAD_MAX_BYTES: Final = 1 * KIB
STREAM_HEADER_BYTES: Final = 24
PART_MAX_BYTES: Final = 2 * MIB
"""Of one part in the clear: a record has at most half of it."""
PART_RECORDS_MAX: Final = 1024
_PART_FULL_BYTES: Final = 512 * KIB
_STREAM_TAG_BYTES: Final = 17
_LENGTH_BYTES: Final = 4
_RECORD_ROOM_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Head:
    """Who can open a backup; nothing else of it is in the clear."""

    sealed_key: bytes = field(repr=False)
    """The file's key, for the root key of the time."""
    epoch: EpochId | None
    """Whose key opens it as well, so that members can test the file."""
    box: bytes | None = field(repr=False)
    """The file's key under that epoch's."""


@dataclass(frozen=True, slots=True)
class First:
    """What a backup is of."""

    team: TeamId
    ts: int
    """Claimed time of the backup, seconds since 1970."""
    count: int
    """How many records it holds."""
    servers: tuple[str, ...]
    """Where the team meets."""


@dataclass(frozen=True, slots=True)
class RecordsPart:
    """Some records, as they came: checked by nobody yet."""

    records: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Last:
    """The end: a file without it was cut short."""

    count: int


Part: TypeAlias = First | RecordsPart | Last

_team: Final = exactly(32, TeamId)
_epoch: Final = maybe(32, EpochId)
_sealed: Final = exactly(80, bytes)
_box: Final = maybe(72, bytes)
_server: Final = text(SERVER_MAX_BYTES, str.isprintable)  # it ends on a terminal, and on paper
_record: Final = blob(1, RECORD_MAX_BYTES)
_count: Final = uint()


# --- the head ----------------------------------------------------------------------------------


def encode_head(head: Head) -> bytes:
    """Return the bytes of a head."""
    return canonical.encode(
        ["envlsp-backup", BACKUP_VERSION, head.sealed_key, head.epoch or b"", head.box or b""]
    )


def decode_head_untrusted(data: bytes) -> Head:
    """Return a head.

    Raises:
        Malformed: not canonical, no backup, or one of another version.
        LimitExceeded: longer than a head may be.
    """
    value = canonical.decode_untrusted(data, limit_bytes=HEAD_MAX_BYTES)
    magic, version, sealed, epoch, box = as_array(value, 5)
    if magic != "envlsp-backup" or version != BACKUP_VERSION:
        raise Malformed("not a backup of this version")
    head = Head(_sealed.load(sealed), _epoch.load(epoch), _box.load(box))
    if (head.epoch is None) != (head.box is None):
        raise Malformed("an epoch and its box come together")
    return head


# --- parts -------------------------------------------------------------------------------------


def encode_part(part: Part) -> bytes:
    """Return the bytes of what one message of the stream says."""
    match part:
        case First():
            servers: list[Value] = list(part.servers)
            return canonical.encode([0, part.team, part.ts, part.count, servers])
        case RecordsPart():
            return canonical.encode([1, list(part.records)])
        case Last():
            return canonical.encode([2, part.count])


def decode_part_untrusted(data: bytes) -> Part:
    """Return what one message of the stream says.

    Raises:
        Malformed: not canonical, or no such part.
        LimitExceeded: more of something than the format allows.
    """
    match as_array(canonical.decode_untrusted(data, limit_bytes=PART_MAX_BYTES)):
        case [0, team, ts, count, servers]:
            listed = as_array(servers)
            if len(listed) > SERVERS_MAX:
                raise LimitExceeded(f"{len(listed)} servers")
            names = tuple(_server.load(server) for server in listed)
            return First(_team.load(team), _count.load(ts), _count.load(count), names)
        case [1, records]:
            listed = as_array(records)
            if not 0 < len(listed) <= PART_RECORDS_MAX:
                raise LimitExceeded(f"{len(listed)} records in one part")
            return RecordsPart(tuple(_record.load(record) for record in listed))
        case [2, count]:
            return Last(_count.load(count))
    raise Malformed("no part of a backup")


def parts_of(records: Iterable[bytes]) -> Iterator[RecordsPart]:
    """Yield records in parts of half a megabyte or so; the order stays."""
    held: list[bytes] = []
    size = 0
    for record in records:
        held.append(record)
        size += len(record) + _RECORD_ROOM_BYTES
        if size >= _PART_FULL_BYTES or len(held) == PART_RECORDS_MAX:
            yield RecordsPart(tuple(held))
            held, size = [], 0
    if held:
        yield RecordsPart(tuple(held))


# --- the file ----------------------------------------------------------------------------------


def framed(data: bytes) -> bytes:
    """Return bytes behind their length."""
    return len(data).to_bytes(_LENGTH_BYTES, "big") + data


def read_opening_untrusted(file: BinaryIO) -> tuple[bytes, bytes]:
    """Return the bytes of the head, and the header of the stream behind it.

    Raises:
        Malformed: no backup.
        LimitExceeded: its head is too long.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise Malformed("no backup file")
    head = _read_framed(file, HEAD_MAX_BYTES)
    header = file.read(STREAM_HEADER_BYTES)
    if head is None or len(header) != STREAM_HEADER_BYTES:
        raise Malformed("cut short")
    return head, header


def read_boxes_untrusted(file: BinaryIO) -> Iterator[bytes]:
    """Yield the messages of the stream, one at a time, until the file ends.

    Raises:
        Malformed: it ends in the middle of one.
        LimitExceeded: one is too long.
    """
    while (box := _read_framed(file, PART_MAX_BYTES + _STREAM_TAG_BYTES)) is not None:
        yield box


def _read_framed(file: BinaryIO, limit_bytes: int) -> bytes | None:
    prefix = file.read(_LENGTH_BYTES)
    if not prefix:
        return None
    size = int.from_bytes(prefix, "big")
    if len(prefix) < _LENGTH_BYTES:
        raise Malformed("cut short")
    if size > limit_bytes:
        raise LimitExceeded(f"a part of {size} bytes")
    data = file.read(size)
    if len(data) < size:
        raise Malformed("cut short")
    return data
