"""The server of Alice's VS Code is missing, dies, or may not start: she is told, and values stay covered."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Cast, Teammate, cast
from tests.support.vscode_team import DESKTOP, FIRST
from tests.support.workbench import Workbench, needed, workbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # one window, one long walk

PROGRAM = Path(sys.executable).with_name("envlsp")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    needed()
    with cast(tmp_path_factory.mktemp("starting")) as found:
        yield found


@pytest.fixture(scope="module")
def alice(people: Cast) -> Teammate:
    founder = people.founder("Alice", FIRST)
    founder.ok("push", "--offline")
    return founder


@pytest.fixture
def astray(alice: Teammate) -> Iterator[Workbench]:
    """Her editor looks for the program where it is not."""
    machine = {"envlsp.path": "/nowhere/envlsp"}
    with workbench(alice.shop, alice.environ(), settings=DESKTOP, machine=machine) as bench:
        yield bench


@pytest.fixture
def wary(alice: Teammate) -> Iterator[Workbench]:
    """Her editor trusts no folder, and does not ask."""
    trust = {"security.workspace.trust.enabled": True, "security.workspace.trust.startupPrompt": "never"}
    with workbench(alice.shop, alice.environ(), settings=DESKTOP | trust, trusted=False) as bench:
        yield bench


def test_a_missing_server_is_said_and_one_that_died_is_started_again(
    alice: Teammate, astray: Workbench
) -> None:
    astray.open(".env")
    told = astray.toast("The program that the setting envlsp.path names is not there")
    is_covered(astray)
    assert servers(alice) == []
    told.get_by_role("button", name="Set Its Path").click()
    astray.page.locator(".settings-editor").wait_for()

    machine = astray.place / "data/Machine/settings.json"
    machine.write_text(json.dumps({"envlsp.path": str(PROGRAM)}))
    astray.keys("Escape")  # the settings are a box above everything
    astray.page.locator(".monaco-modal-editor-block").wait_for(state="detached")
    astray.until(lambda: astray.status("v1"), "it runs from where it is now")

    (first,) = servers(alice)
    os.kill(first, signal.SIGKILL)
    is_covered(astray)
    astray.until(lambda: servers(alice) not in ([], [first]), "another one is started")
    astray.until(lambda: astray.status("v1"), "it says how things stand")
    astray.seen("# Where the API lives")
    is_covered(astray)


def test_in_a_folder_that_is_not_trusted_nothing_starts(alice: Teammate, wary: Workbench) -> None:
    before = servers(alice)
    wary.open(".env")
    wary.until(lambda: wary.masked("API_URL="), "values are covered")
    wary.until(lambda: wary.status("waits for trust"), "the status bar says why there is no more")
    is_covered(wary)
    assert set(servers(alice)) <= set(before), "one of an earlier window may still be ending"


def is_covered(bench: Workbench) -> None:
    bench.until(lambda: "API_URL=" in bench.shown())
    assert "planted" not in bench.shown()


def servers(owner: Teammate) -> list[int]:
    """Return the language servers that run for somebody."""
    home = f"ENVLSP_HOME={owner.home}".encode()
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and b"\0lsp\0" in of(entry, "cmdline") and home in of(entry, "environ")
    ]


def of(process: Path, kind: str) -> bytes:
    try:
        return (process / kind).read_bytes()
    except OSError:  # it has ended
        return b""
