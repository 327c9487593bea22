"""Locks between processes, and between threads of one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from envlsp.errors import StoreBusy, StoreError
from envlsp.store.lock import FileLock

HOLD = """
import sys, time
from envlsp.store.lock import FileLock
lock = FileLock(sys.argv[1], "holding")
assert lock.try_acquire()
print("held", flush=True)
time.sleep(60)
"""


def hold(path: str) -> subprocess.Popen[bytes]:
    child = subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    return child


def end(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert child.stdout is not None
    child.stdout.close()


def test_one_holder_at_a_time_and_it_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "node.lock")
    one, two = FileLock(path, "agent"), FileLock(path)
    assert one.try_acquire()
    assert one.is_held
    assert not two.try_acquire()
    assert two.holder() == f"process {os.getpid()} (agent)"
    one.release()
    assert (two.holder(), one.is_held) == ("", False)
    with two:
        two.acquire(timeout_s=0)
        assert not one.try_acquire()
    assert one.try_acquire()
    one.release()
    one.release()


def test_waiting_ends_with_who_holds_it(tmp_path: Path) -> None:
    path = str(tmp_path / "author.lock")
    child = hold(path)
    try:
        with pytest.raises(StoreBusy, match=rf"held by process {child.pid} \(holding\)"):
            FileLock(path).acquire(timeout_s=0.05)
    finally:
        end(child)


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    path = str(tmp_path / "node.lock")
    child = hold(path)
    lock = FileLock(path)
    assert not lock.try_acquire()
    end(child)
    started = time.monotonic()
    lock.acquire(timeout_s=20)
    assert time.monotonic() - started < 10
    lock.release()


def test_a_lock_is_not_taken_twice_by_one_object(tmp_path: Path) -> None:
    with FileLock(str(tmp_path / "x")) as lock:
        lock.acquire(timeout_s=0)
        with pytest.raises(StoreBusy, match="already held here"):
            lock.try_acquire()


def test_a_missing_folder_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot open"):
        FileLock(str(tmp_path / "no" / "x")).try_acquire()


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    with FileLock(str(tmp_path / "x")) as lock:
        lock.acquire(timeout_s=0)
        assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
