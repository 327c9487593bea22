"""A process that stores what a peer sent, and is killed at a given point of it.

    python crashing_receiver.py PROJECT RECORDS POINT

RECORDS holds one record a line, in hexadecimal. Every statement of the store is counted,
before and after; at number POINT the process kills itself with SIGKILL. It prints
`end N` with the number of points if it gets there. `ENVLSP_HOME` and `ENVLSP_KEY_FILE`
say which device it is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from envlsp.service.facade import Service
from envlsp.store.database import Database
from tests.support.cast import QuietTalk
from tests.support.crashing_writer import Bomb, say


def main(project: Path, records: Path, point: int) -> None:
    service = Service(QuietTalk())
    replica = service.open(project).team.replica
    raws = [bytes.fromhex(line) for line in records.read_text().split()]
    bomb = Bomb(point)
    bomb.around(Database, "run")
    bomb.around(os, "replace")
    replica.receive(raws)
    say(f"end {bomb.passed}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
