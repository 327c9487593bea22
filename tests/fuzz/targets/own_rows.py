"""Rows that a device keeps for itself (ADR 0034): a damaged one is none, and never a reason to stop."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from envlsp.domain.environment import Environment, Triple
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, EpochId, RecordId, UserId
from envlsp.domain.ledger.facts import Facts, Need
from envlsp.domain.ledger.prefix import Prefix, Settled
from envlsp.domain.ledger.records import Role
from envlsp.service.release_index import ReleaseIndex
from envlsp.wire.prefix import decode_prefix, encode_prefix
from envlsp.wire.release_index import IndexRow, decode_index_row, encode_index_row

MAX_BYTES = 2_048
_ID = RecordId(b"i" * 32)
_USER = UserId(b"u" * 16)
_FACTS = Facts(_USER, (1, 2), (Need(TEAM_SCOPE, Role.ADMIN, False),), 1, 3)


def seeds() -> Iterator[bytes]:
    """Yield rows of both kinds, empty ones, and some that lie about their lengths."""
    for size in (0, 1, 2):
        yield encode_prefix(_prefix(size, settled=min(size, 1)))
        yield encode_index_row(_index(size))
    yield encode_prefix(_prefix(0, settled=1))


def _prefix(size: int, *, settled: int) -> Prefix:
    return Prefix(
        _ID * size,
        _ID * size,
        array("I", (0, 1, 1, 0, 5, 9, 0) * size),
        array("I", range(size)),
        array("I", [0] * max(size - 1, 0)),
        (DevicePk(b"d" * 32),),
        ((18, EpochId(b"e" * 32), TEAM_SCOPE),),
        (1,),
        (0,) if size else (),
        tuple(Settled(0, _FACTS, ((_USER, Role.NONE),), True, ((0, (_USER,)),)) for _ in range(settled)),
    )


def _index(size: int) -> IndexRow:
    return IndexRow(
        _ID * size,
        array("I", (0, 1, 1, 1, 0, 0, 0) * size),
        array("I", range(1, size + 1)),
        array("I", [0] * size),
        (Environment(TEAM_SCOPE, Triple("shop", "api", "prod")),),
        (DevicePk(b"d" * 32),),
        (_ID,),
        (_ID,),
        (_ID,),
        (_ID,),
        1,
        ((_ID,),),
    )


def take(data: bytes) -> None:
    """Read it as a row of either kind: one that reads is of one form, and its ids can be listed."""
    prefix = decode_prefix(data)
    if prefix is not None:
        assert decode_prefix(encode_prefix(prefix)) == prefix
        assert len(list(prefix.all_ids())) == len(prefix)
        assert all(prefix.id_at(index) for index in prefix.auth_indices())
    row = decode_index_row(data)
    if row is not None:
        assert decode_index_row(encode_index_row(row)) == row
        assert len(ReleaseIndex(row)) == len(row.base_end)
