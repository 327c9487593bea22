"""The byte form of a ledger's prefix, as a device keeps it for itself: never sent, and sealed on the disk.

Columns are runs of bytes in this machine's order; what is not a column is few and nested.
Whatever does not read is no prefix, and the records are read instead.
"""

from __future__ import annotations

from array import array
from typing import Any

from envlsp.domain.ids import DevicePk, EpochId, ScopeId, UserId
from envlsp.domain.ledger.facts import Facts, Need
from envlsp.domain.ledger.prefix import ID_BYTES, NUMBERS, Prefix, Settled
from envlsp.domain.ledger.records import Role
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.canonical import Value, decode_again, encode


def encode_prefix(prefix: Prefix) -> bytes:
    """Return the bytes of a prefix."""
    return encode(
        [
            prefix.ids,
            prefix.body_hashes,
            prefix.numbers.tobytes(),
            prefix.parents_end.tobytes(),
            prefix.parents.tobytes(),
            list(prefix.authors),
            [list(place) for place in prefix.places],
            [_bits(mask) for mask in prefix.masks],
            list(prefix.heads),
            [_settled(one) for one in prefix.settled],
        ]
    )


def decode_prefix(data: bytes) -> Prefix | None:
    """Return the prefix, or None where these bytes are none."""
    try:
        fields: Any = decode_again(data)
        ids, hashes, numbers, ends, parents, authors, places, masks, heads, settled = fields
        prefix = Prefix(
            ids,
            hashes,
            _numbers(numbers),
            _numbers(ends),
            _numbers(parents),
            tuple(map(DevicePk, authors)),
            tuple((kind, EpochId(epoch), scope) for kind, epoch, scope in places),
            tuple(int.from_bytes(mask, "little") for mask in masks),
            tuple(heads),
            tuple(map(_load_settled, settled)),
        )
        return prefix if _fits(prefix) else None
    except (Malformed, LimitExceeded, ValueError, TypeError):
        return None


def _fits(prefix: Prefix) -> bool:
    size = len(prefix)
    return (
        len(prefix.ids) == len(prefix.body_hashes) == ID_BYTES * size
        and len(prefix.numbers) == NUMBERS * size
        and len(prefix.parents) == (prefix.parents_end[-1] if size else 0)
        and all(0 <= one.index < size for one in prefix.settled)
    )


def _numbers(data: bytes) -> array[int]:
    found = array("I")
    found.frombytes(data)
    return found


def _bits(mask: int) -> bytes:
    return mask.to_bytes(-(-mask.bit_length() // 8), "little")


def _settled(one: Settled) -> list[Value]:
    facts = one.facts
    return [
        one.index,
        facts.user,
        list(facts.rank),
        [[need.scope, int(need.level), int(need.via_team)] for need in facts.needs],
        _bits(facts.supports),
        _bits(facts.tail),
        [[user, int(role)] for user, role in one.lowers],
        int(one.is_kill),
        [[kill, list(users)] for kill, users in one.broken_via],
    ]


def _load_settled(fields: Any) -> Settled:
    index, user, rank, needs, supports, tail, lowers, is_kill, broken_via = fields
    facts = Facts(
        UserId(user),
        tuple(rank),
        tuple(Need(ScopeId(scope), Role(level), bool(via_team)) for scope, level, via_team in needs),
        int.from_bytes(supports, "little"),
        int.from_bytes(tail, "little"),
    )
    return Settled(
        index,
        facts,
        tuple((UserId(user), Role(role)) for user, role in lowers),
        bool(is_kill),
        tuple((kill, tuple(map(UserId, users))) for kill, users in broken_via),
    )
