"""Where long-lived keys live: memory that is locked against swapping and wiped when it is let go.

A `SecretBuffer` holds up to 64 bytes in a slot of a slab that libsodium has locked
(`sodium_mlock`: no swap, no core dump where the system can say so) and hands libsodium
a pointer, so using a key makes no copy of it. Refuses to know what a key is for.

Its rules, and what they are worth:

- Closing wipes at once; losing the last reference wipes too.
- Nothing shows, pickles or copies by accident; comparing takes the same time for all keys.
- A slab that could not be locked is used all the same, and `report` says so.
- This shortens how long a key lies in memory. It promises no more: Python copies bytes as
  it likes before they come here (docs/threat-model.md, "What Python cannot promise").

Where PyNaCl hides its library the slots are plain bytearrays, wiped and not locked.
"""

from __future__ import annotations

import sys
from collections import deque
from functools import cache
from typing import Any, Final, NamedTuple, NoReturn, Self, TypeAlias

from envlsp.errors import Locked

SLOT_BYTES: Final = 64
"""The longest key there is: libsodium's form of an Ed25519 secret."""
SLAB_BYTES: Final = 4096
"""One page: what a system locks at least. Slots share it, since unlocking one key's own
memory would unlock whatever else lies on its page."""

_FUNCTIONS: Final = ("sodium_memzero", "sodium_mlock", "sodium_memcmp")


class Library(NamedTuple):
    """The library inside PyNaCl: private to it, so believed in only after a look."""

    ffi: Any
    lib: Any


@cache
def library() -> Library | None:
    """Return libsodium as PyNaCl has it inside, if this PyNaCl has it where we know it to be."""
    try:
        from nacl._sodium import ffi, lib  # type: ignore[import-not-found]
    except ImportError:
        return None
    if not all(hasattr(lib, name) for name in _FUNCTIONS) or lib.sodium_init() < 0:
        return None
    return Library(ffi, lib)


class _Slots:
    """Slots of 64 bytes, free or taken. Freed ones are wiped, and used again as late as possible."""

    def __init__(self) -> None:
        self.free: deque[Any] = deque()
        self.slabs: list[Any] = []  # what the slots point into: freed with this process only
        self.locked = 0

    def take(self) -> Any:
        """Return a slot full of zeros."""
        while True:
            try:
                return self.free.popleft()
            except IndexError:
                self._grow()

    def give_back(self, slot: Any) -> None:
        """Wipe a slot that nobody uses any more."""
        inside = library()
        if type(slot) is bytearray:
            slot[:] = bytes(SLOT_BYTES)
        elif inside is not None:
            inside.lib.sodium_memzero(slot, SLOT_BYTES)
        if (inside is None) == (type(slot) is bytearray):  # both kinds exist in tests alone
            self.free.append(slot)

    def _grow(self) -> None:
        count = SLAB_BYTES // SLOT_BYTES
        inside = library()
        if inside is None:
            self.slabs.append(None)
            self.free.extend(bytearray(SLOT_BYTES) for _ in range(count))
            return
        slab = inside.ffi.new("unsigned char[]", 2 * SLAB_BYTES)
        first = slab + -int(inside.ffi.cast("uintptr_t", slab)) % SLAB_BYTES
        self.slabs.append(slab)
        self.locked += inside.lib.sodium_mlock(first, SLAB_BYTES) == 0
        self.free.extend(first + at * SLOT_BYTES for at in range(count))


_slots = _Slots()


class Report(NamedTuple):
    """What became of the memory for keys, for whoever asks how this device is protected."""

    is_native: bool
    """Whether libsodium keeps it; else keys lie in bytearrays."""
    slabs: int
    locked: int
    """How many of them the system keeps out of its swap: all, unless RLIMIT_MEMLOCK is too small."""

    @property
    def is_locked(self) -> bool:
        """Whether no key can be swapped out of its buffer."""
        return self.is_native and self.locked == self.slabs


def report() -> Report:
    """Return how well this process keeps its keys, as far as it has kept any."""
    return Report(library() is not None, len(_slots.slabs), _slots.locked)


class SecretBuffer:
    """A key, up to 64 bytes, in memory of its own.

    Args:
        data: copied; the caller's own bytes stay as they are (see `taken`).

    Raises:
        ValueError: longer than 64 bytes.
    """

    __slots__ = ("_home", "_size", "_slot")

    def __init__(self, data: bytes | SecretBuffer) -> None:
        self._slot: Any = None
        self._size = len(data)
        if self._size > SLOT_BYTES:
            raise ValueError(f"a key has at most {SLOT_BYTES} bytes")
        self._home = _slots  # kept as long as the slot: a pointer alone would not keep its slab
        source = data.view if isinstance(data, SecretBuffer) else data
        self._slot = self._home.take()
        inside = library()
        if inside is None:
            self._slot[: self._size] = source
        else:
            inside.ffi.memmove(self._slot, source, self._size)

    @classmethod
    def taken(cls, data: bytes) -> Self:
        """Return a buffer of these bytes, and wipe them; nobody else may hold them."""
        try:
            return cls(data)
        finally:
            wipe(data)

    @property
    def raw(self) -> Any:
        """What a function of `library()` takes as a key: a pointer, good until `close`.

        Raises:
            Locked: it was closed.
        """
        if self._slot is None:
            raise Locked
        return self._slot if type(self._slot) is not bytearray else bytes(self._slot[: self._size])

    @property
    def view(self) -> Any:
        """The key as a buffer, for what takes one, such as a hash; it is not copied.

        Raises:
            Locked: it was closed.
        """
        inside = library()
        if self._slot is None:
            raise Locked
        if inside is None or type(self._slot) is bytearray:
            return memoryview(self._slot)[: self._size]
        return inside.ffi.buffer(self._slot, self._size)

    def reveal(self) -> bytes:
        """Return a copy that nothing wipes. Search for this call to find every such place."""
        return bytes(self.view)

    @property
    def is_closed(self) -> bool:
        """Whether the key is gone."""
        return self._slot is None

    def close(self) -> None:
        """Wipe the key; whoever uses it from now on is told that the device is locked."""
        slot, self._slot = self._slot, None
        if slot is not None:
            self._home.give_back(slot)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if library is not None:  # else Python is ending and has emptied this module; its memory goes too
            self.close()

    def __len__(self) -> int:
        return self._size

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, bytes | SecretBuffer):
            return NotImplemented
        if len(self) != len(other):
            return False
        return _are_equal(self.raw, other.raw if isinstance(other, SecretBuffer) else other, self._size)

    def __hash__(self) -> int:
        copy = self.reveal()
        try:
            return hash(copy)
        finally:
            wipe(copy)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(••••••)"

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a key is not pickled")

    def __copy__(self) -> NoReturn:
        raise TypeError("a key is not copied")

    def __deepcopy__(self, _: object) -> NoReturn:
        raise TypeError("a key is not copied")


Key: TypeAlias = "bytes | SecretBuffer"
"""A key as functions take it: one that lives long is in a buffer, a passing one need not be."""


def exposed(key: Key) -> bytes:
    """Return a key as bytes, for a library that takes nothing else."""
    return key.reveal() if isinstance(key, SecretBuffer) else key


def buffer_of(key: Key) -> Any:
    """Return a key as a buffer; none is copied."""
    return key.view if isinstance(key, SecretBuffer) else key


def wipe(data: bytes | bytearray) -> None:
    """Overwrite bytes that were made a moment ago and that nobody else holds.

    The language calls `bytes` immutable; in CPython they are memory like any other. Does
    nothing elsewhere, and nothing to the shortest ones, which all of Python shares.
    """
    inside = library()
    if type(data) is bytearray:
        data[:] = bytes(len(data))
    elif inside is not None and len(data) > 1 and sys.implementation.name == "cpython":
        inside.lib.sodium_memzero(inside.ffi.from_buffer("char[]", data), len(data))


def _are_equal(one: Any, other: Any, size: int) -> bool:
    inside = library()
    if inside is None:
        import hmac

        return hmac.compare_digest(one, other)
    return bool(inside.lib.sodium_memcmp(one, other, size) == 0)
