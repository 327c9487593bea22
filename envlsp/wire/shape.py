"""Small parts from which the shapes of messages are put together.

A `Shape` turns a value of ours into a canonical one and back. `load` believes
nothing: every size, range, count and order is checked, and all it can raise is
`Malformed` or `LimitExceeded`. It refuses to know what any field means.

Lists that stand for sets are strictly ascending, so each has one byte form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from itertools import pairwise
from typing import Any, Generic, TypeVar

from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.canonical import Value
from envlsp.wire.limits import UINT_MAX

T = TypeVar("T")
B = TypeVar("B", bound=bytes)
N = TypeVar("N", bound=IntEnum)


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """How one field is written (`dump`) and read from a stranger (`load`)."""

    dump: Callable[[T], Value]
    load: Callable[[Value], T]


def as_array(value: Value, size: int | None = None) -> list[Value]:
    """Return `value` as an array, of exactly `size` elements if given.

    Raises:
        Malformed: it is something else.
    """
    if type(value) is not list or (size is not None and len(value) != size):
        raise Malformed("an array" if size is None else f"an array of {size} is expected")
    return value


def uint(low: int = 0, high: int = UINT_MAX) -> Shape[int]:
    """Return the shape of an integer in `low..high`."""

    def load(value: Value) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Malformed(f"an integer {low}..{high} is expected")
        return value

    return Shape(lambda number: number, load)


def enum(kind: type[N], *allowed: N) -> Shape[N]:
    """Return the shape of a member of `kind`, or of those `allowed` alone."""
    by_number: dict[Value, N] = {member.value: member for member in allowed or tuple(kind)}

    def load(value: Value) -> N:
        member = by_number.get(value) if type(value) is int else None
        if member is None:
            raise Malformed(f"not a {kind.__name__.lower()} allowed here")
        return member

    return Shape(lambda member: member.value, load)


def exactly(size: int, make: Callable[[bytes], B]) -> Shape[B]:
    """Return the shape of `size` bytes."""

    def load(value: Value) -> B:
        if type(value) is not bytes or len(value) != size:
            raise Malformed(f"{size} bytes are expected")
        return make(value)

    return Shape(lambda data: data, load)


def maybe(size: int, make: Callable[[bytes], B]) -> Shape[B | None]:
    """Return the shape of `size` bytes, or none for None."""

    def load(value: Value) -> B | None:
        if type(value) is not bytes or len(value) not in (0, size):
            raise Malformed(f"0 or {size} bytes are expected")
        return make(value) if value else None

    return Shape(lambda data: data if data is not None else b"", load)


def blob(low: int, high: int) -> Shape[bytes]:
    """Return the shape of `low..high` bytes."""

    def load(value: Value) -> bytes:
        if type(value) is not bytes or len(value) < low:
            raise Malformed(f"at least {low} bytes are expected")
        if len(value) > high:
            raise LimitExceeded(f"{len(value)} bytes, at most {high} allowed")
        return value

    return Shape(lambda data: data, load)


def text(limit_bytes: int, is_valid: Callable[[str], bool] = lambda _text: True) -> Shape[str]:
    """Return the shape of text that is valid and no longer than `limit_bytes` in UTF-8."""

    def load(value: Value) -> str:
        if type(value) is not str:
            raise Malformed("text is expected")
        if len(value) > limit_bytes or len(value.encode()) > limit_bytes:
            raise LimitExceeded(f"text of at most {limit_bytes} bytes is allowed")
        if not is_valid(value):
            raise Malformed("text that is not allowed here")
        return value

    return Shape(lambda line: line, load)


def record_of(cls: type[T], *shapes: Shape[Any]) -> Shape[T]:
    """Return the shape of a dataclass as an array of its fields, in their order."""
    names = tuple(part.name for part in fields(cls))  # type: ignore[arg-type]
    loads = tuple(shape.load for shape in shapes)
    assert len(names) == len(shapes), cls

    def dump(item: T) -> Value:
        return [shape.dump(getattr(item, name)) for name, shape in zip(names, shapes, strict=True)]

    def load(value: Value) -> T:
        parts = as_array(value, len(shapes))
        return cls(*[load_part(part) for load_part, part in zip(loads, parts, strict=True)])

    return Shape(dump, load)


def tuple_of(*shapes: Shape[Any]) -> Shape[Any]:
    """Return the shape of a tuple with these parts."""

    def dump(item: Any) -> Value:
        return [shape.dump(part) for shape, part in zip(shapes, item, strict=True)]

    def load(value: Value) -> Any:
        parts = as_array(value, len(shapes))
        return tuple([shape.load(part) for shape, part in zip(shapes, parts, strict=True)])

    return Shape(dump, load)


def set_of(shape: Shape[T], key: Callable[[T], Any], low: int, high: int) -> Shape[tuple[T, ...]]:
    """Return the shape of `low..high` items, strictly ascending by `key`.

    `dump` sorts, so that whoever writes need not; `load` insists.
    """

    def dump(items: Sequence[T]) -> Value:
        return [shape.dump(item) for item in sorted(items, key=key)]

    def load(value: Value) -> tuple[T, ...]:
        parts = as_array(value)
        if len(parts) > high:
            raise LimitExceeded(f"{len(parts)} items, at most {high} allowed")
        if len(parts) < low:
            raise Malformed(f"{len(parts)} items, at least {low} expected")
        items = tuple([shape.load(part) for part in parts])
        if len(items) > 1:  # not so in most records
            keys = [key(item) for item in items]
            if any(after <= before for before, after in pairwise(keys)):
                raise Malformed("not sorted, or not unique")
        return items

    return Shape(dump, load)
