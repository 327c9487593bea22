"""Alice works in VS Code with every log at its loudest; her values are found in her `.env` and nowhere else.

Everything is searched that the editor, the browser that it runs in here, our extension, its
server and the device of envlsp wrote, and what the processes were started with. One thing an
editor keeps by itself: a backup of edits that were not saved when it was killed. VS Code has
no setting against that for single files; the guide says so, and the test knows the one place.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.planted import told_to_processes, written
from tests.support.processes import Teammate
from tests.support.vscode_team import Team, team_in_vscode
from tests.support.workbench import Workbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # one window, one long walk

URL = "https://user:planted-password-81@api.example"
TOKEN = "planted-token-4711-abcdefgh"
TYPED = "planted-typed-value-0815-xyz"
PASTED = "planted-pasted-value-2342-uvw"
UNSEEN = "planted-unseen-value-9001-rst"
BOBS = "planted-value-of-bob-6502-klm"
OPEN = "planted-and-never-saved-1337"
VALUES = ("planted-password-81", TOKEN, TYPED, PASTED, UNSEEN, BOBS)
FIRST = f"# Where the API lives\nAPI_URL={URL}\nTOKEN={TOKEN}\n".encode()
FILES = {"app.py": 'import os\n\nurl = os.environ["API_URL"]\n'}
LOUD = {
    "envlsp.trace.server": "verbose",
    "search.useIgnoreFiles": False,
    "telemetry.telemetryLevel": "off",
}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    root = tmp_path_factory.mktemp("leaks")
    with team_in_vscode(root, FIRST, files=FILES, settings=LOUD) as found:
        yield found


def test_values_stay_in_the_file(team: Team) -> None:
    bench, alice = team.bench, team.alice
    bench.open(".env")
    bench.until(lambda: bench.status("v1"), "the server runs")
    everything_is_logged(bench)
    she_types_and_saves(bench)
    she_looks_and_copies(bench)
    she_searches(bench)
    she_works_with_releases(team)
    assert told_to_processes(VALUES, os.getpid()) == []
    assert found(team) == []
    assert TYPED.encode() in alice.env.read_bytes()

    bench.open(".env")
    bench.keys("Control+End")
    bench.type(f"OPEN={OPEN}")
    bench.until(lambda: written([OPEN], [bench.place]), "the editor has made its backup")
    killed(bench)
    kept = found(team, OPEN)
    assert kept
    assert all(is_backup(bench, Path(path)) for path in kept), kept


def found(team: Team, *more: str) -> list[str]:
    """Return where a value is found that has no business there."""
    return written([*VALUES, *more], searched(team), but=[team.alice.env, team.bob.env])


def searched(team: Team) -> list[Path]:
    """Return what is searched: all of the editor and the browser, and everybody's home."""
    return [team.bench.place, team.alice.folder, team.bob.folder]


def is_backup(bench: Workbench, path: Path) -> bool:
    return path.is_relative_to(bench.place / "data/User/Backups")


def everything_is_logged(bench: Workbench) -> None:
    bench.palette("Developer: Set Log Level...")
    bench.choose("Trace")
    bench.palette("Env: Restart the Server")
    bench.until(lambda: not bench.status("v1"))
    bench.until(lambda: bench.status("v1"), "the server runs again")


def she_types_and_saves(bench: Workbench) -> None:
    for text in (f"TYPED={TYPED}\n", f"PASTED={PASTED}\n"):
        bench.keys("Control+End")
        if "PASTED" in text:
            bench.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
            bench.keys("Control+V")
        else:
            bench.type(text)
        bench.seen(text.partition("=")[0])
        bench.save()
    bench.keys("Control+Z")
    bench.save()
    bench.keys("Control+Shift+Z")
    bench.save()
    bench.page.evaluate("navigator.clipboard.writeText('')")


def she_looks_and_copies(bench: Workbench) -> None:
    assert TYPED in bench.hover("TYPED", after_px=30)
    bench.click("TOKEN")
    bench.palette("Env: Reveal the Value under the Cursor")
    bench.page.locator(".quick-input-widget:visible", has_text=TOKEN).wait_for()
    bench.keys("Escape")
    bench.palette("Env: Copy the Value under the Cursor")
    bench.until(lambda: bench.status("TOKEN is in the clipboard"))
    bench.open("app.py")
    bench.hover("API_URL")
    bench.keys("Control+End")
    bench.type('x = os.environ["')
    bench.suggestions()
    bench.keys("Escape", "Control+Z")
    bench.save()


def she_searches(bench: Workbench) -> None:
    """Search: files are left out, but VS Code looks through open editors whatever is excluded."""
    bench.open(".env")
    bench.keys("Control+Shift+F")
    bench.page.locator(".search-view textarea").first.fill("planted")
    bench.keys("Enter")
    bench.page.locator(".search-view .messages", has_text="results in 1 file").wait_for()
    bench.open(".env")
    bench.palette("View: Close Editor")
    bench.tab(".env").wait_for(state="detached")
    bench.palette("Search: Refresh")
    bench.page.locator(".search-view .messages", has_text="No results").wait_for()
    bench.keys("Control+Shift+E")


def she_works_with_releases(team: Team) -> None:
    bench, bob = team.bench, team.bob
    bench.open(".env")
    bench.palette("Env: Push")
    bench.until(lambda: bench.status("v2"))
    bench.palette("Env: Set a Value …")
    bench.answer("UNSEEN")
    bench.page.locator('.quick-input-widget:visible input[type="password"]').wait_for()
    bench.answer(UNSEEN)
    bench.until(lambda: bench.status("v3"))
    pulls_and_changes(bob)
    bench.until(lambda: bench.status("v4"))
    bench.palette("Env: Pull")
    bench.until(lambda: not bench.status("↓"))
    for command in ("Status", "List Names", "Members"):
        bench.palette(f"Env: {command}")
        bench.page.wait_for_timeout(500)
        bench.keys("Escape")


def pulls_and_changes(bob: Teammate) -> None:
    bob.meet()
    bob.ok("pull")
    bob.env.write_bytes(bob.env.read_bytes().replace(TOKEN.encode(), BOBS.encode()))
    bob.ok("push")
    bob.meet()


def killed(bench: Workbench) -> None:
    """Kill the browser and the editor's server as a failing machine does."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and str(bench.place).encode() in words_of(entry):
            os.kill(int(entry.name), signal.SIGKILL)


def words_of(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:  # it has ended
        return b""


def test_the_search_would_find_them(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"trace: {TYPED}")
    (tmp_path / "state").write_bytes(TOKEN.encode("utf-16-le"))
    assert len(written(VALUES, [tmp_path])) == 2
