"""Releases in Alice's VS Code: a push of Bob comes in, she goes back, settles a conflict, needs no file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.vscode_team import Team, team_in_vscode
from tests.support.workbench import Workbench

pytestmark = pytest.mark.slow

SECOND = (
    b"# Where the API lives\nAPI_URL=https://planted-three.example\nTOKEN=planted-two\nNEW=planted-four\n"
)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team_in_vscode(tmp_path_factory.mktemp("vscode")) as found:
        alice, bench = found.alice, found.bench
        bench.open(".env")
        bench.until(lambda: bench.status("v1"), "the server is up")
        (alice.shop / ".env").write_bytes(SECOND)
        alice.ok("push", "--offline", "-m", "new host")
        bench.until(lambda: bench.status("v2"), "what was pushed elsewhere is told")
        yield found


def rows(bench: Workbench) -> list[str]:
    """Return the rows of the view."""
    found = bench.page.locator(".pane-body .monaco-list-row").all()
    parts = (one.locator(".label-name, .label-description").all_inner_texts() for one in found)
    return [" ".join(words).replace("\u00a0", " ") for words in parts]


def row(bench: Workbench, text: str) -> None:
    """Click a row of the view."""
    bench.page.locator(".pane-body .monaco-list-row", has_text=text).first.click()


def compared(bench: Workbench) -> str:
    """Return the text of both sides of a comparison."""
    bench.page.locator(".monaco-diff-editor .view-line:visible").first.wait_for()
    sides = bench.page.locator(".monaco-diff-editor .view-lines").all_inner_texts()
    return "\n".join(sides).replace("\u00a0", " ")


def test_alice_goes_through_her_releases(team: Team) -> None:
    """Each step goes on where the one before it ended."""
    the_view_has_releases_members_and_peers(team)
    a_release_is_compared_with_the_one_before_it(team)
    going_back_is_looked_at_first(team)
    a_document_that_is_never_on_disk_knows_its_environment(team)
    the_menu_goes_by_how_things_stand(team)


def the_view_has_releases_members_and_peers(team: Team) -> None:
    bench = team.bench
    bench.page.locator('.activitybar .action-label[aria-label*="nvlsp"]').first.click()
    bench.until(lambda: "dev v2" in rows(bench))
    row(bench, "dev")
    bench.until(lambda: "v2 Alice: new host" in rows(bench))
    assert "v1 Alice: +2 ~0 -0" in rows(bench)
    row(bench, "Members")
    bench.until(lambda: any(one.startswith("Bob developer") for one in rows(bench)))
    row(bench, "Peers")
    bench.until(lambda: any("offline" in one for one in rows(bench)))


def a_release_is_compared_with_the_one_before_it(team: Team) -> None:
    bench = team.bench
    row(bench, "new host")
    text = bench.until(lambda: "NEW=" in compared(bench) and compared(bench))
    assert "API_URL=•••••• " in text, "a mark says that they differ"
    assert "TOKEN=••••••\n" in text, "and none where they do not"
    assert "planted" not in bench.text()
    bench.keys("Control+F4")


def going_back_is_looked_at_first(team: Team) -> None:
    bench = team.bench
    bench.tab(".env").first.click()
    bench.palette("Env: Roll Back to a Release …")
    bench.page.locator(".quick-input-widget .monaco-list-row", has_text="v1").wait_for()
    bench.choose("v1")
    bench.page.locator(".quick-input-widget .monaco-list-row", has_text="Leave it").wait_for()
    assert "NEW=" in compared(bench)
    assert bench.page.locator('.quick-input-widget input[placeholder*="removed: NEW"]').count() == 1
    bench.choose("Leave it")
    bench.until(lambda: bench.page.locator(".monaco-diff-editor").count() == 0, "it is put away")
    bench.until(lambda: bench.status("v2"))
    bench.palette("Env: Roll Back to a Release …")
    bench.choose("v1")
    bench.choose("Roll back to v1")
    bench.until(lambda: bench.status("v3"))
    bench.until(lambda: b"NEW" not in (team.alice.shop / ".env").read_bytes(), "the file goes along")
    bench.until(lambda: "planted" not in bench.shown(), "what was brought along is out of the layout")


def a_document_that_is_never_on_disk_knows_its_environment(team: Team) -> None:
    bench = team.bench
    bench.palette("Env: Edit the Newest Release")
    bench.tab("dev").and_(bench.page.locator(".active")).wait_for()
    bench.seen("TOKEN=")
    bench.until(lambda: bench.status("shop:dev v3"))
    assert "Environment Variables" in bench.status(), "so that nothing in it is suggested or drawn small"
    assert "planted" not in bench.text()


def the_menu_goes_by_how_things_stand(team: Team) -> None:
    bench = team.bench

    def offered() -> str:
        bench.page.locator(".statusbar-item", has_text="shop").first.click()
        bench.page.locator(".quick-input-widget .monaco-list-row").first.wait_for()
        found = " ".join(bench.page.locator(".quick-input-widget .monaco-list-row").all_inner_texts())
        bench.keys("Escape")
        return found

    assert "Push Some Names" in offered()
    bench.palette("Env: Presentation On or Off")
    bench.until(lambda: bench.status("presenting"))
    assert "Take the Masks off" not in offered()
