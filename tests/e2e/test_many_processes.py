"""Ten editors and a storm of commands on one store: nothing fails, nothing is lost, one is the node.

Real processes. What it takes of the machine is printed (`pytest -s`).
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.cli import Result
from tests.support.live_editor import LiveEditor, editors, holder
from tests.support.processes import Cast, Teammate, join, wait_until

pytestmark = pytest.mark.slow

EDITORS = 10
WORKERS = 4
STORM_S = 12.0
"""Long enough for every worker to meet every other at every point of a command or two."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def test_ten_editors_and_a_storm_of_commands_share_one_store(stage: Cast) -> None:
    alice = stage.founder("Alice", b"COUNT=0\nAPI_URL=https://one.example\n")
    alice.ok("push", "--offline")
    bob = stage.clone("Bob", alice)
    join(alice, bob)
    bob.agent()
    with editors(*[partial(LiveEditor, alice)] * EDITORS) as opened:
        for one in opened:
            one.until_lens("v1 · Alice")
        began = time.monotonic()
        storm = Storm(alice)
        storm.blow()
        took = time.monotonic() - began
        assert storm.failures == []

        newest = str(alice.json("log")["releases"][0]["release"])
        for one in opened:
            one.until_lens(f"{newest} · Alice", began)
        pids = {one.process.pid for one in opened}
        wait_until(lambda: node_pid(alice) in pids)
        resident = sorted(resident_mib(pid) for pid in pids)
        spent = sum(processor_s(pid) for pid in pids)
        sys.stdout.write(
            f"\n{EDITORS} editors and {storm.done} commands in {took:.0f} s, {len(storm.made)} releases: "
            f"{resident[0]:.0f} to {resident[-1]:.0f} MiB each, {spent:.1f} s of processor time together"
        )
        wait_until(bob.has_release(newest))
    for person in (alice, bob):
        assert_nothing_is_lost(person, storm.made)


class Storm:
    """Several people's worth of commands at once, on one device.

    Each worker has a clone of its own, as worktrees are, so that files are nobody else's;
    the store, the keys and the node are everybody's.
    """

    def __init__(self, owner: Teammate) -> None:
        self._owner = owner
        self.made: list[str] = []
        self.failures: list[str] = []
        self.done = 0
        self._turn = threading.Lock()

    def blow(self) -> None:
        """Go on until the time is up; every command that was begun is waited for."""
        until = time.monotonic() + STORM_S
        workers = [threading.Thread(target=self._work, args=(number, until)) for number in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(self, number: int, until: float) -> None:
        place = self._owner.folder / f"tree{number}"
        self._owner.git("worktree", "add", "-q", str(place), "-b", f"tree{number}")
        run: Callable[..., Result] = partial(self._owner.run, at=place)
        draw = random.Random(number)
        self._note(run("pull", "--force", "--json"), "pull")
        count = 0
        while time.monotonic() < until:
            count += 1
            what = draw.choice(("push", "push", "pull", "status", "get", "set", "log"))
            if what == "push":
                (place / ".env").write_bytes(b"COUNT=%d\nAPI_URL=https://%d.example\n" % (count, number))
                self._pushed(run("push", "--force", "--json", "-m", f"{number}.{count}"))
            elif what == "set":
                self._note(run("set", f"W{number}", "--json", stdin=b"%d\n" % count), "set")
            elif what == "get":
                self._note(run("get", "API_URL"), "get")
            elif what == "pull":
                self._note(run("pull", "--force", "--json"), "pull")
            else:
                self._note(run(what, "--json"), what)

    def _pushed(self, result: Result) -> None:
        if self._note(result, "push"):
            document = json.loads(result.text)
            if document["made"]:
                self.made.append(document["id"])

    def _note(self, result: Result, what: str) -> bool:
        with self._turn:
            self.done += 1
            if result.code != 0:
                self.failures.append(f"{what}: {result.talk}")
        return result.code == 0


def assert_nothing_is_lost(owner: Teammate, made: list[str]) -> None:
    """Check that every release that a push has announced is in the history, once."""
    ids = [row["id"] for row in owner.json("log", "--all")["releases"]]
    assert set(made) <= set(ids)
    assert len(made) == len(set(made)) > 0


def node_pid(owner: Teammate) -> int:
    words = holder(owner).split()
    return int(words[1]) if words else 0


def resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
