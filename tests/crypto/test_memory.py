"""Keys in memory of their own: what shows, what is wiped, and what is left elsewhere all the same."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nacl.exceptions import CryptoError

from envlsp.crypto import memory, primitives
from envlsp.crypto.device import device_keys
from envlsp.crypto.epochs import TeamKey
from envlsp.crypto.labels import kdf
from envlsp.crypto.memory import SLOT_BYTES, SecretBuffer, exposed, wipe
from envlsp.errors import CannotOpen, Locked
from tests.support.samples import fixed

COPIES_LEFT = 6
"""Measured: msgpack encodes what device.key holds once more to compare it, and leaves two copies of
the local store's key and of each seed in memory that it has freed. The key that opens the file,
and the keys made of the seeds, leave none."""

KEY, OTHER = fixed("key"), fixed("other key")


@pytest.fixture(params=["native", "fallback"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Keys as libsodium keeps them, or where PyNaCl hides its library."""
    monkeypatch.setattr(memory, "_slots", memory._Slots())
    if request.param == "fallback":
        monkeypatch.setattr(memory, "library", lambda: None)
        monkeypatch.setattr(primitives, "_direct", lambda: None)
    else:
        assert memory.library() is not None, "this PyNaCl hides its library: look again"
    return str(request.param)


def test_a_key_comes_out_as_it_went_in(kind: str) -> None:
    for size in (1, 16, 32, SLOT_BYTES):
        key = SecretBuffer(fixed("k", size))
        assert key.reveal() == fixed("k", size)
        assert len(key) == size
        assert SecretBuffer(key) == key
    with pytest.raises(ValueError, match="at most 64"):
        SecretBuffer(bytes(SLOT_BYTES + 1))


def test_keys_are_equal_by_their_bytes(kind: str) -> None:
    key = SecretBuffer(KEY)
    assert key == KEY
    assert {KEY} == {key}
    assert key == key
    assert key != OTHER
    assert key != KEY[:31]
    assert key != SecretBuffer(OTHER)
    assert key != "text"
    assert {key, SecretBuffer(KEY)} == {key}
    assert hash(key) == hash(KEY)


def test_closing_wipes_and_whoever_comes_later_is_told(kind: str) -> None:
    key = SecretBuffer(KEY)
    slot = key._slot
    assert as_bytes(slot) == KEY + bytes(SLOT_BYTES - len(KEY))
    key.close()
    key.close()
    assert key.is_closed
    assert as_bytes(slot) == bytes(SLOT_BYTES)
    for use in (key.reveal, lambda: key.raw, lambda: key.view, lambda: key == OTHER, lambda: hash(key)):
        with pytest.raises(Locked):
            use()
    with pytest.raises(Locked):
        primitives.seal_box(b"x", key)


def as_bytes(slot: object) -> bytes:
    inside = memory.library()
    if inside is None or isinstance(slot, bytearray):
        assert isinstance(slot, bytearray)
        return bytes(slot)
    return bytes(inside.ffi.buffer(slot, SLOT_BYTES))


def test_leaving_a_block_and_losing_the_last_reference_wipe_too(kind: str) -> None:
    with SecretBuffer(KEY) as key:
        slot = key._slot
    assert as_bytes(slot) == bytes(SLOT_BYTES)
    key = SecretBuffer(KEY)
    slot = key._slot
    del key
    gc.collect()
    assert as_bytes(slot) == bytes(SLOT_BYTES)


def test_a_slot_goes_back_where_it_came_from(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key, mine = SecretBuffer(KEY), memory._slots
    others = memory._Slots()
    monkeypatch.setattr(memory, "_slots", others)
    slot = key._slot
    key.close()
    assert mine.free[-1] is slot
    assert not others.free, "its memory would be gone before they are"


def test_slots_are_used_again_as_late_as_possible(kind: str) -> None:
    first = SecretBuffer(KEY)
    slot = first._slot
    first.close()
    others = [SecretBuffer(OTHER) for _ in range(memory.SLAB_BYTES // SLOT_BYTES - 1)]
    assert all(other._slot is not slot for other in others)
    assert len(memory._slots.slabs) == 1
    more = [SecretBuffer(KEY), SecretBuffer(KEY)]
    assert len(memory._slots.slabs) == 2
    assert all(key == KEY for key in more)


def test_nothing_shows_and_nothing_is_copied_by_accident(kind: str) -> None:
    for key in (SecretBuffer(KEY), TeamKey(KEY)):
        for shown in (repr(key), str(key), f"{key}", f"{key!r}", "%s" % key, repr([key]), repr({"k": key})):  # noqa: UP031
            assert "••••••" in shown
            assert KEY.hex() not in shown
            assert repr(KEY)[2:-1] not in shown
        copying: Callable[[Any], Any]
        for copying in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError):
                copying(key)
        assert not hasattr(key, "__dict__")


def test_a_traceback_does_not_show_keys(kind: str) -> None:
    try:
        keys = {"tk": TeamKey(KEY), "sign": primitives.signing_key(KEY)}
        raise ValueError(keys)  # noqa: TRY301
    except ValueError as exc:
        told = "".join(traceback.TracebackException.from_exception(exc, capture_locals=True).format())
    own = [line for line in told.splitlines() if "keys =" in line or "ValueError" in line]
    assert own
    assert all(repr(KEY)[2:-1] not in line for line in own)


def test_taken_bytes_are_wiped(kind: str) -> None:
    data = bytes(bytearray(KEY))  # of nobody else
    key = SecretBuffer.taken(data)
    assert key == KEY
    assert data == (bytes(32) if kind == "native" else KEY), "a bytearray's owner is not libsodium"
    spare = bytearray(KEY)
    wipe(spare)
    assert spare == bytes(32)
    for shared in (b"", b"x"):
        wipe(shared)
    assert bytes([120]) == b"x", "Python has one object for each of these"


def test_every_operation_takes_a_buffer_as_it_takes_bytes(kind: str) -> None:
    key = SecretBuffer(KEY)
    assert kdf(key, "db", b"x") == kdf(KEY, "db", b"x")
    assert primitives.open_box(primitives.seal_box(b"plain", key), KEY) == b"plain"
    assert primitives.open_box(primitives.seal_box(SecretBuffer(OTHER), KEY), key) == OTHER
    assert primitives.open_row(primitives.seal_row(b"plain", key, b"c"), KEY, b"c") == b"plain"
    assert primitives.open_row(primitives.seal_row(b"plain", KEY, b"c"), key, b"c") == b"plain"
    bob = primitives.box_key(key)
    assert bob.public == primitives.box_key(KEY).public
    assert primitives.open_seal(primitives.seal_to(SecretBuffer(OTHER), bob.public), bob) == OTHER
    signer = primitives.signing_key(key)
    signature = primitives.sign_bytes(b"message", signer)
    primitives.check_bytes(b"message", signature, signer.public)
    assert exposed(key) == exposed(KEY) == KEY


def test_a_short_buffer_never_reaches_the_library(kind: str) -> None:
    for short in (SecretBuffer(b""), SecretBuffer(KEY[:31]), SecretBuffer(KEY + b"\0")):
        call: Callable[[SecretBuffer], object]
        for call in (
            lambda key: primitives.seal_box(b"x", key),
            lambda key: primitives.open_box(bytes(80), key),
            lambda key: primitives.seal_row(b"x", key, b""),
            primitives.signing_key,
            primitives.box_key,
        ):
            with pytest.raises((ValueError, CryptoError, TypeError, CannotOpen)):
                call(short)


def test_device_keys_are_wiped_together() -> None:
    keys = device_keys(SecretBuffer(KEY), OTHER)
    assert keys.dpk == device_keys(KEY, OTHER).dpk
    keys.close()
    assert keys.sign.secret.is_closed
    assert keys.box.secret.is_closed
    assert keys.dpk, "what is public stays"
    with pytest.raises(Locked):
        primitives.sign_bytes(b"x", keys.sign)


def test_the_report_says_what_the_system_allowed(kind: str) -> None:
    assert memory.report().slabs == 0
    key = SecretBuffer(KEY)
    found = memory.report()
    assert (found.is_native, found.slabs) == (kind == "native", 1)
    assert found.is_locked == (kind == "native" and found.locked == 1)
    assert key == KEY


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
@pytest.mark.slow
def test_without_leave_to_lock_memory_keys_work_and_the_report_says_so() -> None:
    found = run("""
        import os, resource
        from envlsp.crypto import memory
        assert memory.library()
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
        if os.geteuid() == 0:
            os.setuid(65534)  # root may always
        key = memory.SecretBuffer(bytes(range(32)))
        assert key.reveal() == bytes(range(32))
        print(memory.report().is_native, memory.report().is_locked)
    """)
    assert found in {"True False", "True True"}, found
    if sys.platform == "linux":
        assert found == "True False"


LEFT = """
    import gc, os, sys
    from envlsp.crypto import memory
    from envlsp.crypto.device import device_keys
    from envlsp.domain.ids import TeamId
    from envlsp.store.keyfile import DeviceSeeds, create_device_key, open_device_key, with_key_file

    folder, team = sys.argv[1], TeamId(bytes(32))
    path, key_file = os.path.join(folder, "home", "device.key"), os.path.join(folder, "key")
    if sys.argv[2] == "make":
        made = create_device_key(path, with_key_file(key_file, create=True))
        made.add_team(team, DeviceSeeds(os.urandom(32), os.urandom(32)))
        sys.exit()
    key = open_device_key(path)
    seeds = key.seeds(team)
    keys = device_keys(seeds.sign, seeds.box)
    ffi = memory.library().ffi
    for one in (key.kek, key.lsk, seeds.sign, seeds.box, keys.sign.secret):
        os.write(1, len(one).to_bytes(8, "big") + int(ffi.cast("uintptr_t", one.raw)).to_bytes(8, "big"))
        os.write(1, one.view)  # from its own place into the pipe
    os.read(0, 1)
    key.close(); keys.close()
    gc.collect()
    os.write(1, b"closed")
    os.read(0, 1)
"""


def memory_of(pid: int) -> list[tuple[int, bytes]]:
    """Return the writable memory of a process: where each piece begins, and what is in it."""
    found = []
    process = Path("/proc") / str(pid)
    with (process / "maps").open() as maps, (process / "mem").open("rb", 0) as mem:
        for line in maps:
            area, modes = line.split()[:2]
            if modes.startswith("rw") and "[v" not in line:
                start, end = (int(part, 16) for part in area.split("-"))
                found.append((start, os.pread(mem.fileno(), end - start, start)))
    return found


def places_of(key: bytes, pieces: list[tuple[int, bytes]]) -> set[int]:
    found = set()
    for start, data in pieces:
        at = data.find(key)
        while at >= 0:
            found.add(start + at)
            at = data.find(key, at + 1)
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc/PID/mem")
def test_after_closing_no_key_is_in_its_buffer_and_hardly_a_copy_elsewhere(tmp_path: Path) -> None:
    """What is left is said in docs/threat-model.md, "What Python cannot promise"."""
    words = [sys.executable, "-c", textwrap.dedent(LEFT), str(tmp_path)]
    subprocess.run([*words, "make"], check=True)
    with subprocess.Popen(
        [*words, "open"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        keys = []
        for _ in range(5):
            size, place = (int.from_bytes(child.stdout.read(8), "big") for _ in range(2))
            keys.append((child.stdout.read(size), place))
        before = memory_of(child.pid)
        assert all(place in places_of(key, before) for key, place in keys), "found while it is open"
        child.stdin.write(b"x")
        assert child.stdout.read(6) == b"closed"
        after = memory_of(child.pid)
        child.stdin.write(b"x")
    left = [places_of(key, after) for key, _ in keys]
    assert not any(place in found for (_, place), found in zip(keys, left, strict=True))
    assert sum(map(len, left)) <= COPIES_LEFT, left
