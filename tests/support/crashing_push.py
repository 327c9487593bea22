"""A process that pushes, sets and rotates, and is killed at a given point of it.

    python crashing_push.py PROJECT POINT

Every statement, commit and file operation of the store and of the working copy is
counted, before and after, and the middle of every file that is written; at number
POINT the process kills itself with SIGKILL. It prints the label of each release that
it was told of, and `end N` with the number of points if it gets there. `ENVLSP_HOME`
and `ENVLSP_KEY_FILE` say which device it is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from envlsp.domain.secret import SecretText
from envlsp.service.access import rotation
from envlsp.service.facade import Service
from envlsp.service.pushing import push, set_value
from envlsp.store import files
from envlsp.store.database import Database
from tests.support.cast import QuietTalk
from tests.support.crashing_writer import Bomb, say


def tear_writes(bomb: Bomb) -> None:
    """Let files be written in two halves, with a point in between."""
    whole = files._write_new

    def halves(path: str, data: bytes, **named: Any) -> None:
        bomb.tick()
        whole(path, data[: len(data) // 2], **named)
        bomb.tick()
        whole(path, data, **named)

    files._write_new = halves


def main(project: Path, point: int) -> None:
    service = Service(QuietTalk())
    opened = service.open(project)
    opened.team.replica.refresh()
    bomb = Bomb(point)
    bomb.around(Database, "run")
    bomb.around(os, "replace")
    bomb.around(os, "unlink")
    tear_writes(bomb)
    say(push(opened.team, opened.context, "by a process").release.label)
    say(set_value(opened.team, opened.context, "SET", SecretText(b"1")).release.label)
    rotation.rotate(opened.team.replica, opened.team.releases)
    say("rotated")
    say(f"end {bomb.passed}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
