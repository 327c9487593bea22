"""kill -9 at every write point, and two processes at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from envlsp.errors import StoreBusy
from tests.support.stores import ALICE, open_store, own_record

ROOT = Path(__file__).parents[2]

WRITE = """
import sys
from pathlib import Path
from tests.support.stores import open_store, own_record
store = open_store(Path(sys.argv[1]))
for _ in range(30):
    with store.authoring():
        store.records.author(own_record(store))
"""


def crash_at(folder: Path, point: int) -> list[str]:
    """Return what a writer printed until it was killed at a point (0: never)."""
    script = ROOT / "tests" / "support" / "crashing_writer.py"
    done = subprocess.run(
        [sys.executable, str(script), str(folder), str(point)], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == (-9 if point else 0), done.stderr.decode()
    return done.stdout.decode().split()


def check_after(folder: Path, committed: int) -> None:
    """Whatever was committed is there, whole, and the next seq is a fresh one."""
    store = open_store(folder)
    records = list(store.records.in_order())
    assert [record.seq for record in records] == list(range(1, len(records) + 1))
    assert committed <= len(records) <= committed + 1
    store.database.check()
    assert not store.records.is_rolled_back()
    assert store.meta.get(b"own head") == (records[-1].id if records else None)
    assert store.views.get(b"view") == (records[-1].raw if records else None)
    with store.authoring(timeout_s=0):  # a dead process holds nothing
        new = own_record(store)
        store.records.author(new)
    assert new.author == ALICE
    assert new.seq == len(records) + 1


@pytest.mark.slow
def test_killed_at_every_write_point_nothing_committed_is_lost(tmp_path: Path) -> None:
    *_, points = crash_at(tmp_path / "whole", 0)
    assert int(points) >= 20
    for point in range(1, int(points) + 1):
        folder = tmp_path / str(point)
        committed = crash_at(folder, point)
        check_after(folder, len(committed))


def test_a_turn_inside_a_turn_is_part_of_it(tmp_path: Path) -> None:
    one, two = open_store(tmp_path), open_store(tmp_path)
    with one.authoring():
        with one.authoring():
            assert one.author_lock.is_held
        assert one.author_lock.is_held
        with pytest.raises(StoreBusy, match="held by process"), two.authoring(timeout_s=0):
            pass
    with two.authoring(timeout_s=0):
        assert not one.author_lock.is_held


def test_two_threads_take_turns(tmp_path: Path) -> None:
    store = open_store(tmp_path)

    def write() -> None:
        for _ in range(10):
            with store.authoring():
                store.records.author(own_record(store))

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.records.own_seq() == 30


@pytest.mark.slow
def test_two_processes_write_at_once_and_both_succeed(tmp_path: Path) -> None:
    open_store(tmp_path)
    children = [subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path)], cwd=ROOT) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    store = open_store(tmp_path)
    assert [record.seq for record in store.records.in_order()] == list(range(1, 61))
    assert not store.records.is_rolled_back()
    assert store.views.generation() == 60
