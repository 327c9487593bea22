"""`envlsp demo` keeps its promises: it succeeds, shows no secret, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from envlsp.cli.demo.shop import NEW_API, OLD_API
from tests.support.processes import WAIT_S, wait_until
from tools.readme_demo import shape, shown

pytestmark = pytest.mark.slow

DEMO = [sys.executable, "-m", "envlsp", "demo"]


def _environ(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(folder), **more}


def _processes_of(folder: Path) -> list[str]:
    """Return the command lines of running processes that have to do with a folder."""
    listed = subprocess.run(["ps", "-eww", "-o", "args="], stdout=subprocess.PIPE, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if str(folder) in line]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where temporary folders go."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def test_the_demo_succeeds_as_the_readme_shows_it(folder: Path) -> None:
    done = subprocess.run(DEMO, env=_environ(folder), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert shape(done.stdout) == shape(shown())
    assert "\x1b" not in done.stdout
    assert not list(folder.iterdir())
    assert not _processes_of(folder)


def test_no_value_is_shown_but_the_one_that_is_printed_on_purpose(folder: Path) -> None:
    # Settings of the person at the keyboard lead nowhere, and are not used.
    own = {"ENVLSP_HOME": "/nowhere", "ENVLSP_SIGNALING": "ws://127.0.0.1:9", "GIT_AUTHOR_NAME": "Somebody"}
    done = subprocess.run(
        [*DEMO, "--keep"], env=_environ(folder, **own), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (kept,) = folder.iterdir()
    env = (kept / "alice" / "shop" / ".env").read_text()
    values = {m[1]: m[2].strip("'\"") for m in re.finditer(r"(?m)^(?:export )?(\w+)=([^#\n]+|'.*')", env)}
    assert len(values) == 7
    assert values.pop("LANGUAGE") == "en"  # typed in Neovim, for all to see
    assert values.pop("API_URL").strip() == OLD_API
    said = done.stdout + done.stderr
    assert not [name for name, value in values.items() if value.strip() in said]
    assert (said.count(OLD_API), said.count(NEW_API)) == (2, 1)  # printed by a program; revealed in an editor
    assert not (kept / "alice" / "shop" / ".git" / "Somebody").exists()


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
def test_stopping_the_demo_leaves_nothing_behind(folder: Path, number: signal.Signals) -> None:
    child = subprocess.Popen(
        DEMO, env=_environ(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    with child:
        assert child.stdout is not None
        _read_until(child.stdout.readline, "ready")
        child.send_signal(number)
        child.communicate(timeout=WAIT_S)
    assert child.returncode == 128 + number
    assert not list(folder.iterdir())
    wait_until(lambda: not _processes_of(folder))


def test_a_step_that_fails_ends_the_demo_in_its_words(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "git").write_text("#!/bin/sh\necho 'git is out of order' >&2\nexit 3\n")
    (broken / "git").chmod(0o755)
    env = _environ(folder, PATH=f"{broken}:{os.environ['PATH']}")
    done = subprocess.run(DEMO, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "git is out of order" in done.stdout
    assert done.stderr.startswith("envlsp: the demo stopped at alice$ git init")
    assert "\nfix: envlsp demo --keep" in done.stderr
    assert not list(folder.iterdir())


def _read_until(readline: Callable[[], str], line: str) -> None:
    while (said := readline()).rstrip("\n") != line:
        assert said, "it ended before"
