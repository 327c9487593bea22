"""Row 13: `envlsp run` and `get` with nothing running, beside python-dotenv's on the plain file."""

from __future__ import annotations

from pathlib import Path

from envlsp.store.database import Database
from tests.bench.home import NAMES, device_with, dotenv_text
from tests.bench.measure import BIN, Row, spawn_ms
from tests.support.cast import Actor

ROUNDS = 21
NAME = f"NAME_{NAMES // 2}"


def rows() -> list[Row]:
    """Measure both with the answer at hand, and after a record has made it stale."""
    with device_with(dotenv_text()) as alice:
        database = Database(str(next(alice.home.glob("teams/*/ledger.db"))))
        run: list[str | Path] = [BIN / "envlsp", "run", "--", "true"]
        get: list[str | Path] = [BIN / "envlsp", "get", NAME]
        theirs: list[str | Path] = [BIN / "dotenv", "-f", alice.file]
        times = spawn_ms(
            {
                "run": run,
                "dotenv run": [*theirs, "run", "--", "true"],
                "get": get,
                "dotenv get": [*theirs, "get", NAME],
                "stale run": run,
                "stale get": get,
            },
            rounds=ROUNDS,
            cwd=alice.root,
            env=_environ(alice),
            before={name: lambda: _forget(database) for name in ("stale run", "stale get")},
        )
        database.close()
    what = f"run -- true, {NAMES} sealed values"
    return [
        Row(13, what, times["run"], "dotenv run, plain", times["dotenv run"], 0.75),
        Row(13, "get, of as many", times["get"], "dotenv get, plain", times["dotenv get"], 0.6),
        Row(13, "run after a record came", times["stale run"], "dotenv run, plain", times["dotenv run"]),
        Row(13, "get after a record came", times["stale get"], "dotenv get, plain", times["dotenv get"]),
    ]


def _environ(alice: Actor) -> dict[str, str]:
    return {**alice.environ, "ENVLSP_KEY_FILE": "", "ENVLSP_SIGNALING": ""}


def _forget(database: Database) -> None:
    database.run("UPDATE state SET generation = generation + 1")
