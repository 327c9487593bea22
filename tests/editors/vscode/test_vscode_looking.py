"""Alice looks at her secrets in VS Code: a value where she asks for it, and names wherever she types."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.vscode_team import Team, team_in_vscode
from tests.support.workbench import Workbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # one window, one long walk

URL = "https://planted-one.example"
FILES = {
    "app.py": 'import os\n\nurl = os.environ["API_URL"]\n',
    "app.ts": "const url = process.env.API_URL;\n",
}
DOTS_PX = 20
"""How far behind the name the dots are certainly under the mouse."""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team_in_vscode(tmp_path_factory.mktemp("looking"), files=FILES) as found:
        yield found


def test_alice_looks_at_her_secrets(team: Team) -> None:
    bench = team.bench
    bench.open(".env")
    bench.until(lambda: bench.status("v1"), "the status bar has the release")
    bench.seen("# Where the API lives")
    a_hover_over_the_dots_reveals(bench)
    a_hover_over_a_name_offers_to(bench)
    code_reveals_nothing(bench)
    a_copy_leaves_the_clipboard_again(bench)
    presenting_reveals_nothing(bench)
    names_are_offered_in_code(bench)
    a_wrong_name_is_put_right(bench)
    a_second_assignment_is_taken_out(team)
    assert bench.outside == set()


def a_hover_over_the_dots_reveals(bench: Workbench) -> None:
    assert "planted" not in bench.shown()
    assert URL in bench.hover("API_URL=", after_px=DOTS_PX)
    assert "planted" not in bench.shown()
    looks_away(bench)


def a_hover_over_a_name_offers_to(bench: Workbench) -> None:
    said = bench.hover("API_URL=")
    assert said.startswith("API_URL ••••••")
    assert "Where the API lives" in said
    assert "changed by Alice" in said
    bench.page.locator(".monaco-hover:visible a", has_text="Reveal").click()
    box = bench.page.locator(".quick-input-widget:visible")
    box.filter(has_text=URL).wait_for()
    bench.until(lambda: not box.count(), "it goes away by itself, after ten seconds")
    looks_away(bench)


def code_reveals_nothing(bench: Workbench) -> None:
    for name in ("app.py", "app.ts"):
        bench.open(name)
        said = bench.until(lambda: told_of(bench, "API_URL"), "code is looked at")
        assert "••••••" in said
        assert "planted" not in said
        looks_away(bench)
    bench.open(".env")


def told_of(bench: Workbench, name: str) -> str:
    """Rest the mouse on a name; return what is said of it, empty where it is not there yet."""
    bench.page.mouse.move(900, 600)
    bench.page.mouse.move(*bench.point(name), steps=3)
    bench.page.wait_for_timeout(1000)
    boxes = bench.page.locator(".monaco-hover:visible").all_inner_texts()
    return next((box for box in boxes if f"{name} ••••••" in box), "")


def a_copy_leaves_the_clipboard_again(bench: Workbench) -> None:
    bench.click("API_URL=")
    bench.palette("Env: Copy the Value under the Cursor")
    bench.until(lambda: clipboard(bench) == URL, "the value is in the clipboard")
    bench.until(lambda: bench.status("API_URL is in the clipboard for 10 seconds"))
    bench.until(lambda: not clipboard(bench), "it is taken out again")
    bench.until(lambda: not bench.status("in the clipboard"))


def clipboard(bench: Workbench) -> str:
    return str(bench.page.evaluate("navigator.clipboard.readText()"))


def presenting_reveals_nothing(bench: Workbench) -> None:
    bench.palette("Env: Presentation On or Off")
    bench.until(lambda: bench.status("presenting"), "the status bar says so")
    assert "API_URL ••••••" in bench.hover("API_URL=", after_px=DOTS_PX)
    looks_away(bench)
    bench.click("API_URL=")
    for command in ("Env: Reveal the Value under the Cursor", "Env: Copy the Value under the Cursor"):
        bench.palette(command)
        bench.toast("you are presenting")
        bench.palette("Notifications: Clear All Notifications")
    assert clipboard(bench) == ""
    bench.palette("Env: Presentation On or Off")
    bench.until(lambda: not bench.status("presenting"))


def names_are_offered_in_code(bench: Workbench) -> None:
    for file, typed in (("app.py", 'x = os.environ["'), ("app.ts", "process.env.")):
        bench.open(file)
        bench.keys("Control+End")
        bench.type(typed)
        bench.until(lambda: bench.suggestions()[:2] == ["API_URL", "TOKEN"], "both names are offered first")
        assert "planted" not in bench.page.locator(".suggest-widget").inner_text()
        bench.keys("Enter")
        bench.seen(f"{typed}API_URL")


def a_wrong_name_is_put_right(bench: Workbench) -> None:
    bench.open("app.py")
    bench.keys("Control+End")
    bench.type('\ny = os.environ["API_URI"]')
    bench.page.locator(".squiggly-warning").first.wait_for()
    fixes = ["Change to API_URL", "Add API_URI to .env"]
    bench.until(lambda: bench.actions("API_URI")[:2] == fixes, "the fixes are for the whole name")
    bench.act("Change to API_URL")
    bench.until(lambda: "API_URI" not in bench.shown(), "the name is changed")
    bench.page.locator(".squiggly-warning").first.wait_for(state="detached")


def a_second_assignment_is_taken_out(team: Team) -> None:
    bench = team.bench
    before = team.alice.env.read_bytes()
    bench.open(".env")
    bench.keys("Control+End")
    bench.type("TOKEN=planted-three")
    bench.page.locator(".squiggly-warning").first.wait_for()
    assert "planted" not in bench.shown()
    bench.until(lambda: bench.actions("TOKEN")[0] == "Remove this assignment; line 4 counts")
    bench.act("Remove this assignment")
    bench.page.locator(".squiggly-warning").first.wait_for(state="detached")
    bench.save()
    assert team.alice.env.read_bytes() == before.replace(b"planted-two\n", b"planted-three")


def looks_away(bench: Workbench) -> None:
    """Take the mouse off, until nothing of the hover is left to see."""
    bench.page.mouse.move(900, 600)
    bench.page.mouse.move(900, 640)
    bench.keys("Escape")
    bench.until(lambda: not bench.page.locator(".monaco-hover:visible").count(), "the hover goes away")
