"""Canonical msgpack: one byte form per value (PROTOCOL B.2).

Arrays, unsigned integers up to 2^53, bytes and UTF-8 text; no maps, floats,
booleans, nil or extensions. msgpack-python accepts over-long integers and
lengths silently, so decoding encodes again and compares.
"""

from __future__ import annotations

from typing import TypeAlias

import msgpack

from envlsp.errors import BadText, Malformed
from envlsp.wire.limits import NESTING_MAX, UINT_MAX

Value: TypeAlias = "int | bytes | str | list[Value] | tuple[Value, ...]"
"""What can be written. Decoding gives lists, never tuples."""


def encode(value: Value) -> bytes:
    """Return the canonical bytes of `value`.

    Raises:
        BadText: text with half a character in it, as a shell can pass it on.
    """
    try:
        packed = msgpack.packb(value, use_bin_type=True)
    except UnicodeEncodeError:
        raise BadText("not valid Unicode") from None
    assert isinstance(packed, bytes)
    return packed


def decode_untrusted(data: bytes, *, limit_bytes: int) -> Value:
    """Return the value `data` stands for.

    Args:
        data: bytes from a stranger.
        limit_bytes: more than this is refused before it is read.

    Raises:
        Malformed: too long, or not the canonical form of any allowed value.

    Spec: docs/protocol.md, "B.2 Hash, KDF, signature, encoding".
    """
    if len(data) > limit_bytes:
        raise Malformed(f"{len(data)} bytes, at most {limit_bytes} allowed")
    value = decode_again(data)
    _check([value], NESTING_MAX)
    if encode(value) != data:
        raise Malformed("not the shortest encoding")
    return value


def decode_again(data: bytes) -> Value:
    """Return the value of bytes that passed `decode_untrusted` or `encode` on this device.

    Args:
        data: out of a row that this device sealed: its size, and whether it is the only
            form of its value, are not looked at again.

    Raises:
        Malformed: it was no such thing after all.
    """
    size = len(data)
    try:
        # Every element takes a byte, so a longer array header than the input is a lie
        # and is refused before a list of that size exists.
        value = msgpack.unpackb(
            data,
            use_list=True,
            raw=False,
            strict_map_key=True,
            max_str_len=size,
            max_bin_len=size,
            max_array_len=size,
            max_map_len=0,
            max_ext_len=0,
        )
    except (ValueError, msgpack.UnpackException, UnicodeDecodeError, RecursionError) as exc:
        raise Malformed("not canonical msgpack") from exc
    return value  # type: ignore[no-any-return]


def _check(items: list[object], depth: int) -> None:
    """Refuse what is not allowed; `depth` more levels may follow. Hot: a release has thousands."""
    for item in items:
        kind = type(item)
        if kind is bytes or kind is str:
            continue
        if isinstance(item, list):
            if depth == 0:
                raise Malformed("nested too deep")
            _check(item, depth - 1)
        elif not isinstance(item, int) or kind is bool or not 0 <= item <= UINT_MAX:
            raise Malformed(f"a {kind.__name__}, or a number out of range, is not allowed")
