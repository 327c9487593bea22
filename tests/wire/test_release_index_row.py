"""A row of places that does not fit together is none: the releases are read again instead."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from envlsp.domain.environment import Environment, Triple
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, RecordId
from envlsp.wire.canonical import decode_again, encode
from envlsp.wire.release_index import COLUMNS, IndexRow, decode_index_row, encode_index_row

ID = RecordId(b"i" * 32)
ROW = IndexRow(
    ids=ID * 2,
    numbers=array("I", [0] * COLUMNS * 2),
    base_end=array("I", [0, 1]),
    base=array("I", [0]),
    environments=(Environment(TEAM_SCOPE, Triple("shop", "api", "prod")),),
    authors=(DevicePk(b"d" * 32),),
    strangers=(),
    notes=(),
    waiting=(),
    silent=(),
    rulings=1,
    heads=((ID,),),
)


def test_a_row_reads_as_it_was_written() -> None:
    assert decode_index_row(encode_index_row(ROW)) == ROW


@pytest.mark.parametrize(
    "lie",
    ({"ids": ID}, {"numbers": array("I", [0])}, {"base_end": array("I", [0, 2])}, {"base": array("I")}),
    ids=lambda lie: next(iter(lie)),
)
def test_columns_of_unequal_lengths_are_no_row(lie: dict[str, object]) -> None:
    assert decode_index_row(encode_index_row(replace(ROW, **lie))) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("ids", (-12, [1] * 64, "i" * 64))
def test_ids_that_are_no_bytes_are_no_row(ids: object) -> None:
    fields = decode_again(encode_index_row(ROW))
    assert isinstance(fields, list)
    assert decode_index_row(encode([ids, *fields[1:]])) is None  # type: ignore[list-item]
