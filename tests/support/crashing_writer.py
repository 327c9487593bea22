"""A process that writes own records and is killed at a given point of it.

    python crashing_writer.py FOLDER POINT

Every statement, commit and file operation of the store is counted, before and after;
at number POINT the process kills itself with SIGKILL. It prints the seq of each record
that is committed, and `end N` with the number of points if it gets there.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from envlsp.store import files
from envlsp.store.database import Database
from envlsp.store.team import TeamStore
from tests.support.stores import open_store, own_record

RECORDS = 2


class Bomb:
    def __init__(self, point: int) -> None:
        self.point = point
        self.passed = 0

    def tick(self) -> None:
        self.passed += 1
        if self.passed == self.point:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str) -> None:
        inner: Callable[..., Any] = getattr(owner, name)

        def ticking(*args: Any, **named: Any) -> Any:
            self.tick()
            result = inner(*args, **named)
            self.tick()
            return result

        setattr(owner, name, ticking)


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def write_one(store: TeamStore) -> None:
    record = own_record(store)
    with store.database.write():
        store.records.author(record)
        store.meta.put(b"own head", record.id)
        store.views.put(b"view", store.views.generation(), record.raw)
    say(f"{record.seq}")


def main(folder: Path, point: int) -> None:
    store = open_store(folder)
    bomb = Bomb(point)
    bomb.around(Database, "run")
    bomb.around(files, "_write_new")
    bomb.around(os, "replace")
    for _ in range(RECORDS):
        with store.authoring():
            write_one(store)
    say(f"end {bomb.passed}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
