"""The bytes of a backup file: parts come back as they were, and anything else is refused early."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.domain.ids import EpochId, TeamId
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire import canonical
from envlsp.wire.backup import (
    HEAD_MAX_BYTES,
    MAGIC,
    PART_MAX_BYTES,
    PART_RECORDS_MAX,
    First,
    Head,
    Last,
    Part,
    RecordsPart,
    decode_head_untrusted,
    decode_part_untrusted,
    encode_head,
    encode_part,
    framed,
    parts_of,
    read_boxes_untrusted,
    read_opening_untrusted,
)

TEAM = TeamId(b"t" * 32)
HEAD = Head(b"s" * 80, EpochId(b"e" * 32), b"b" * 72)
PARTS: tuple[Part, ...] = (
    First(TEAM, 1_700_000_000, 2, ("wss://meet.test",)),
    RecordsPart((b"one", b"two")),
    Last(2),
)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_parts_come_back_as_they_were(part: Part) -> None:
    assert decode_part_untrusted(encode_part(part)) == part


@pytest.mark.parametrize("head", (HEAD, Head(b"s" * 80, None, None)))
def test_heads_come_back_as_they_were(head: Head) -> None:
    assert decode_head_untrusted(encode_head(head)) == head
    assert b"s" * 8 not in repr(head).encode()


@pytest.mark.parametrize(
    "value",
    (
        [],
        [3],
        ["first"],
        [0, TEAM, 1, 2],
        [0, TEAM[:31], 1, 2, []],
        [0, TEAM, 1, 2, ["x" * 300]],
        [0, TEAM, 1, 2, [b"x"]],
        [1],
        [1, [""]],
        [1, [b""]],
        [2, "2"],
        [2, 1, 1],
    ),
)
def test_what_is_no_part(value: list[canonical.Value]) -> None:
    with pytest.raises((Malformed, LimitExceeded)):
        decode_part_untrusted(canonical.encode(value))


def test_more_than_a_part_may_hold() -> None:
    many: list[canonical.Value] = [b"x"] * (PART_RECORDS_MAX + 1)
    servers: list[canonical.Value] = ["x"] * 9
    values: list[list[canonical.Value]] = [[1, []], [1, many], [0, TEAM, 1, 2, servers]]
    for value in values:
        with pytest.raises(LimitExceeded):
            decode_part_untrusted(canonical.encode(value))


@pytest.mark.parametrize(
    "value",
    (
        ["envlsp-backup", 2, b"s" * 80, b"", b""],
        ["another", 1, b"s" * 80, b"", b""],
        ["envlsp-backup", 1, b"s" * 79, b"", b""],
        ["envlsp-backup", 1, b"s" * 80, b"e" * 32, b""],
        ["envlsp-backup", 1, b"s" * 80, b"", b"b" * 72],
        ["envlsp-backup", 1, b"s" * 80],
    ),
)
def test_what_is_no_head(value: list[canonical.Value]) -> None:
    with pytest.raises(Malformed):
        decode_head_untrusted(canonical.encode(value))


def test_a_length_that_lies_takes_no_memory() -> None:
    for size in (HEAD_MAX_BYTES + 1, 2**32 - 1):
        with pytest.raises(LimitExceeded):
            read_opening_untrusted(BytesIO(MAGIC + size.to_bytes(4, "big") + b"x" * 100))
    for size in (PART_MAX_BYTES + 18, 2**32 - 1):
        with pytest.raises(LimitExceeded):
            next(read_boxes_untrusted(BytesIO(size.to_bytes(4, "big"))))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=200), max_size=20), st.data())
def test_boxes_come_back_and_a_cut_is_noticed(boxes: list[bytes], data: st.DataObject) -> None:
    file = b"".join(map(framed, boxes))
    assert [*read_boxes_untrusted(BytesIO(file))] == boxes
    ends = {sum(len(framed(box)) for box in boxes[:count]) for count in range(len(boxes) + 1)}
    cut = data.draw(st.integers(0, len(file)))
    if cut in ends:
        assert [*read_boxes_untrusted(BytesIO(file[:cut]))] == boxes[: sorted(ends).index(cut)]
    else:
        with pytest.raises(Malformed):
            [*read_boxes_untrusted(BytesIO(file[:cut]))]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_wild_bytes_are_refused_as_the_format_says(data: bytes) -> None:
    for read in (decode_head_untrusted, decode_part_untrusted):
        try:
            read(data)
        except (Malformed, LimitExceeded):
            continue


def test_records_are_packed_in_their_order_and_no_part_is_too_long() -> None:
    records = [bytes((number,)) * 300_000 for number in range(1, 8)]
    parts = [*parts_of(records)]
    assert [record for part in parts for record in part.records] == records
    assert all(len(encode_part(part)) <= PART_MAX_BYTES for part in parts)
    many = [*parts_of(b"x" for _ in range(2 * PART_RECORDS_MAX + 1))]
    assert [len(part.records) for part in many] == [PART_RECORDS_MAX, PART_RECORDS_MAX, 1]
    assert [*parts_of(())] == []


@pytest.mark.parametrize("server", ("wss://a\x1b]0;x\x07", "wss://a\n", "ws://a\u202e"))
def test_a_server_that_would_write_on_the_terminal_is_refused(server: str) -> None:
    """Whoever knows the team's root key can seal a file for it, and put there what they like."""
    with pytest.raises(Malformed):
        decode_part_untrusted(encode_part(First(TEAM, 1, 1, (server,))))
