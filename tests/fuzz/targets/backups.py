"""Backup files (D.1): found somewhere, or made by a member who does not keep to the format.

The first byte says what of a genuine file the rest stands in for: nothing of it, a part
that somebody with the file's key has sealed, or the bytes behind its head.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from envlsp.crypto.backup import BackupKey, BackupWriter, open_for_root, open_parts
from envlsp.crypto.labels import kdf
from envlsp.crypto.primitives import StreamWriter, box_key
from envlsp.errors import CannotOpen, LimitExceeded, Malformed
from envlsp.wire.backup import (
    MAGIC,
    STREAM_HEADER_BYTES,
    decode_head_untrusted,
    decode_part_untrusted,
    encode_head,
    encode_part,
    framed,
    read_boxes_untrusted,
    read_opening_untrusted,
)
from tests.fuzz.seeds import hexes

ROOT = box_key(b"w" * 32)
_WRITER = BackupWriter(ROOT.public, None)
HEAD = _WRITER.head
KEY: BackupKey = open_for_root(decode_head_untrusted(HEAD), ROOT)
OPENING = MAGIC + framed(HEAD)
MAX_BYTES = 4_096
_WHOLE, _SEALED, _BEHIND, _HEAD, _PART = range(5)


def seeds() -> Iterator[bytes]:
    """Yield files, heads, and parts as they are before they are sealed."""
    for file in hexes("backup", "file"):
        yield bytes((_WHOLE,)) + file
        try:
            head, header = read_opening_untrusted(io.BytesIO(file))
        except (Malformed, LimitExceeded):
            continue
        yield bytes((_HEAD,)) + head
        yield bytes((_BEHIND,)) + header + file[len(MAGIC) + 4 + len(head) + STREAM_HEADER_BYTES :]
    first = bytes.fromhex("9500c420" + "11" * 32 + "010190")
    for part in (first, bytes.fromhex("920191c40178"), bytes.fromhex("920201")):
        yield bytes((_PART,)) + part
        yield bytes((_SEALED,)) + framed(part)
    yield bytes((_SEALED,)) + b"".join(map(framed, (first, b"\x92\x01\x91\xc4\x01x", b"\x92\x02\x01")))


def take(data: bytes) -> None:
    """Read it as what the first byte says."""
    if not data:
        return
    kind, rest = data[0] % 5, data[1:]
    try:
        if kind == _HEAD:
            assert encode_head(decode_head_untrusted(rest)) == rest
        elif kind == _PART:
            assert encode_part(decode_part_untrusted(rest)) == rest
        else:
            _read({_WHOLE: rest, _BEHIND: OPENING + rest}.get(kind) or _sealed(rest))
    except (Malformed, LimitExceeded, CannotOpen):
        pass


def _sealed(parts: bytes) -> bytes:
    """Return a file whose key its maker holds, with whatever parts they like."""
    stream = StreamWriter(kdf(KEY, "backup", HEAD))
    boxes = b""
    while parts:
        size = int.from_bytes(parts[:4], "big")
        boxes += framed(stream.seal(parts[4 : 4 + size]))
        parts = parts[4 + size :]
    return OPENING + stream.header + boxes


def _read(file: bytes) -> None:
    stream = io.BytesIO(file)
    head, header = read_opening_untrusted(stream)
    assert len(header) == STREAM_HEADER_BYTES
    key = open_for_root(decode_head_untrusted(head), ROOT)
    for part in open_parts(key, head, header, read_boxes_untrusted(stream)):
        assert encode_part(part)
