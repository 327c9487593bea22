"""The command line as a person meets it: a process, its streams, its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Result:
    """What one command left behind."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """Stdout as text."""
        return self.out.decode("utf-8", "surrogateescape")

    @property
    def talk(self) -> str:
        """Stderr as text."""
        return self.err.decode("utf-8", "surrogateescape")

    @property
    def document(self) -> Any:
        """The one JSON object on stdout."""
        assert self.out.count(b"\n") == 1, "one object on one line"
        return json.loads(self.out)


def envlsp(
    *words: str,
    stdin: bytes = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    home: Path | None = None,
    within: tuple[str, ...] = (),
) -> Result:
    """Run `envlsp words...` as a process of its own.

    Args:
        words: the command line after `envlsp`.
        stdin: what it reads from standard input.
        cwd: where it runs.
        env: variables on top of the test's own.
        home: the device, as `ENVLSP_HOME`.
        within: words before the command: where in a small internet it runs.
    """
    extra = {"ENVLSP_HOME": str(home)} if home else {}
    done = subprocess.run(
        [*within, sys.executable, "-m", "envlsp", *words],
        input=stdin,
        cwd=cwd,
        env={**os.environ, **extra, **(env or {})},
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def failed(result: Result, code: int, *, saying: str = "", after: str = "") -> None:
    """Check that a command failed as all do: exit code, one line of cause, one of fix, no data.

    Args:
        result: what it left behind.
        code: its exit code.
        saying: what the cause or the fix holds.
        after: what a line held that was told before.
    """
    lines = result.talk.splitlines()
    if after:
        assert after in lines.pop(0), result.talk
    assert result.code == code, result.talk
    assert result.out == b""
    assert lines[0].startswith("envlsp: "), lines
    assert all(line.startswith("fix: ") for line in lines[1:]), lines
    assert len(lines) == 2, lines
    assert saying in result.talk, result.talk
