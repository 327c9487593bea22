"""Alice's VS Code without a server: the one it carries is installed, and a dying one not started for ever."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clean_machine import settings_of_pip
from tests.support.processes import cast
from tests.support.workbench import BIN, WAIT_MS, Workbench, needed, workbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # packages come over a network

DOTENV = b"API_URL=https://planted.example\nTOKEN=planted-two\n"
STARTS = 4
"""After so many that ended by themselves the extension asks before another one."""


STEPS = 100


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    needed()
    with cast(tmp_path_factory.mktemp("vscode")) as people:
        alice = people.founder("Alice", DOTENV)
        alice.ok("push", "--offline")
        environ = {**alice.environ(), **settings_of_pip(), **caches()}
        with workbench(alice.shop, environ, machine={"envlsp.path": "/nowhere/envlsp"}) as found:
            yield found


def caches() -> dict[str, str]:
    """Return where uv, if there is one, and pip keep what they have fetched on this machine."""
    found = {}
    for program, variable in (("uv", "UV_CACHE_DIR"), ("pip", "PIP_CACHE_DIR")):
        if path := shutil.which(program, path=f"{BIN}{os.pathsep}{os.environ['PATH']}"):
            asked = subprocess.run([path, "cache", "dir"], capture_output=True, text=True, check=False)
            if asked.returncode == 0:  # it may be told to keep nothing
                found[variable] = asked.stdout.strip()
    return found


def server(bench: Workbench) -> int:
    """Return the process of the language server; 0 where there is none."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            is_ours = f"TMPDIR={bench.place}".encode() in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if is_ours and words[-2:] == [b"lsp", b""]:
            return int(folder.name)
    return 0


def kill(bench: Workbench) -> None:
    """End the server, and wait for another one."""
    before = server(bench)
    os.kill(before, signal.SIGKILL)
    bench.until(lambda: server(bench) not in (0, before), "it is started again")


def test_the_carried_program_is_installed_and_kept_running(bench: Workbench) -> None:
    """The second step has the program of the first."""
    a_button_installs_the_program_that_came_along(bench)
    a_server_that_ends_is_started_again_but_not_for_ever(bench)


def a_button_installs_the_program_that_came_along(bench: Workbench) -> None:
    bench.open(".env")
    bench.toast("is not there")
    assert bench.masked("API_URL=")
    assert bench.status("not installed")
    bench.page.get_by_role("button", name="Install It Here").last.click()
    for _ in range(3 * STEPS):  # one wait is too short for a slow line
        if not bench.status("v1"):
            bench.page.wait_for_timeout(WAIT_MS / STEPS)
    bench.until(lambda: bench.status("v1"), "the installed server runs")
    program = Path(f"/proc/{server(bench)}/cmdline").read_text()
    assert str(bench.place / "data/User/globalStorage/envlsp.envlsp/server-") in program
    machine = json.loads((bench.place / "data/Machine/settings.json").read_text())
    assert "envlsp.path" not in machine, "the path that led nowhere would be asked first"


def a_server_that_ends_is_started_again_but_not_for_ever(bench: Workbench) -> None:
    for _ in range(STARTS):
        kill(bench)
        bench.until(lambda: bench.status("v1"), "it is up again")
        assert bench.masked("TOKEN=")
    os.kill(server(bench), signal.SIGKILL)
    bench.toast("again and again")
    bench.until(lambda: bench.status("not running"))
    assert server(bench) == 0
    assert bench.masked("TOKEN=")
    assert "planted" not in bench.shown()
    bench.page.get_by_role("button", name="Start It Again").last.click()
    bench.until(lambda: bench.status("v1"))
    assert not any("planted" in text for text in bench.logs().values())
