"""Every frame of Bob's VS Code while he walks through his secrets, and none shows a value."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.support.processes import cast
from tests.support.workbench import Workbench, needed
from tests.support.workbench_frames import Frames, frames, recorded

pytestmark = pytest.mark.slow

SECRET = "planted"
"""In each value, and nowhere else."""
LONG = f"{SECRET}-long-" * 40
DOTENV = f"""\
# Where the API lives
API_URL=https://{SECRET}.example
export TOKEN='{SECRET} ünd
{SECRET} below'
# OLD={SECRET}-once
LONG={LONG}
BRACKETS="({SECRET}[{{}}])"
no loader reads {SECRET}
LAST={SECRET}
"""
GRAMMAR_COMES_FRAMES = 240
"""At most, of the first file of a window: four seconds, on a machine that does much else."""
PACE_MS = 400
"""A person's, or slower."""
LINE_EDITS = (
    ("ArrowDown", "Shift+Alt+ArrowDown", "Alt+ArrowDown", "Control+Shift+K"),
    ("Control+Shift+K", "Control+Shift+K"),
    ("ArrowDown", "Control+/"),
    ("End", "Delete"),
    ("ArrowDown", "Control+X", "Control+Home", "Control+V"),
    ("ArrowDown", "Control+C", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowRight", "Control+V"),
    ("ArrowDown", "Control+Alt+ArrowDown", "Control+Alt+ArrowDown", "End", "Enter", "Escape"),
)
"""Copies, moves, deletes, comments, joins, pastes and many cursors: from the first line of the file."""
UNDONE = 4
OTHER_LANGUAGES = {".env.staging": "shellscript", "api.env": "properties"}
"""Whose grammars colour values: people give them to such files."""
REWRITTEN = (
    ("API_URL=", "API_URLS="),
    (f"{SECRET}-once", f"{SECRET}-once\nFRESH={SECRET}\n# OLDER={SECRET}"),
    ("LAST=", "NEWEST="),
)
"""Each time one place of the file, and all of them stay."""
CODE = "const url = process.env.API_URL;\n"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    needed()
    with cast(tmp_path_factory.mktemp("vscode")) as people:
        bob = people.founder("Bob", DOTENV.encode())
        (bob.shop / "app.ts").write_text(CODE)
        (bob.shop / "notes.txt").write_text("plain\n")
        (bob.shop / ".env.local").write_text(DOTENV + f"MORE={SECRET}\n")
        (bob.shop / "leak.txt").write_text(DOTENV)
        (bob.shop / ".vscode").mkdir()
        associations = json.dumps({"files.associations": OTHER_LANGUAGES})
        (bob.shop / ".vscode/settings.json").write_text(associations)
        for name in OTHER_LANGUAGES:
            (bob.shop / name).write_text(DOTENV)
        git(bob.shop, "add", "--force", ".env")
        git(
            bob.shop,
            "-c",
            "user.name=Bob",
            "-c",
            "user.email=bob@shop.example",
            "commit",
            "--message",
            "Oh no",
        )
        with recorded(bob.shop, bob.environ(), SECRET) as found:
            yield found


def clean(bench: Workbench) -> Frames:
    seen = frames(bench.page)
    assert seen.count > 0
    assert seen.read == ()
    return seen


def told(bench: Workbench) -> None:
    """Wait until the comment shows, which it does only when the server has told of it."""
    bench.until(lambda: "# Where the API lives" in bench.shown() and bench.masked("API_URL="))


def test_no_frame_shows_a_value(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    """One window, and the first file of it comes first."""
    the_first_file_of_a_window(bench, capsys)
    another_program_rewrites_the_file(bench)
    a_workspace_gives_them_other_languages(bench)
    switching_tabs(bench)
    splitting(bench)
    an_older_commit_beside_it(bench)
    peeking_from_code(bench)
    the_names_in_a_list(bench)
    typing_pasting_and_undoing(bench)
    moving_copying_and_deleting_lines(bench)
    a_frame_with_a_value_would_be_noted(bench)


def the_first_file_of_a_window(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.open(".env")
    told(bench)
    seen = frames(bench.page)
    numbers = [number for number, _ in seen.read]
    with capsys.disabled():
        print(f"\na first .env in a new window: {len(numbers)} of {seen.count} frames show a value")  # noqa: T201
    # Before the editor has loaded the grammar; never again once it was covered.
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    assert len(numbers) <= GRAMMAR_COMES_FRAMES


def another_program_rewrites_the_file(bench: Workbench) -> None:
    """Nothing is typed yet: the editor does not reload what has changes of its own."""
    file = bench.folder / ".env"
    text = DOTENV
    for old, new in REWRITTEN:
        text = text.replace(old, new)
        rewrite(bench, text, new.splitlines()[-1].partition("=")[0] + "=")
    rewrite(bench, "".join(f"OTHER_{number}={number} {SECRET}\n" for number in range(20)), "OTHER_7=")
    rewrite(bench, f"FEW={SECRET}\n", "FEW=")
    beside = bench.folder / ".env.lock"
    beside.write_text(DOTENV + f"RENAMED={SECRET}\n")
    beside.rename(file)
    bench.seen("RENAMED=")
    clean(bench)


def a_workspace_gives_them_other_languages(bench: Workbench) -> None:
    for name in OTHER_LANGUAGES:
        bench.open(name)
        bench.until(lambda: "BRACKETS=" in bench.shown() and bench.masked("API_URL="))
    for name in (".env", *OTHER_LANGUAGES):
        bench.tab(name).click()
        bench.page.wait_for_timeout(PACE_MS)
    clean(bench)


def switching_tabs(bench: Workbench) -> None:
    for name in ("notes.txt", "app.ts", ".env.local"):
        bench.open(name)
    for name in (".env", "notes.txt", ".env.local", ".env", "app.ts", ".env"):
        bench.tab(name).click()
        bench.page.wait_for_timeout(200)
    clean(bench)


def splitting(bench: Workbench) -> None:
    """It stands beside itself, with no place on the screen that showed it before."""
    editors = bench.page.locator('.editor-instance .monaco-editor[data-uri$="/.env"]')
    for word in ("Right", "Down"):
        bench.palette(f"View: Split Editor {word}")
        bench.until(lambda: editors.count() == 2, "two show it")
        bench.page.wait_for_timeout(PACE_MS)
        bench.palette("View: Close Editor")
        bench.until(lambda: editors.count() == 1, "one shows it again")
    clean(bench)


def an_older_commit_beside_it(bench: Workbench) -> None:
    both = bench.page.locator(".editor-instance .monaco-diff-editor .monaco-editor[data-uri]")

    def opened() -> bool:  # the editor may not have heard of the change yet
        bench.tab(".env").first.click()
        bench.palette("Git: Open Changes")
        with suppress(PlaywrightTimeout):
            both.nth(1).wait_for(timeout=3000)
        return both.count() > 1

    bench.palette("Git: Refresh")
    bench.until(opened, "the two stand side by side")
    bench.seen("RENAMED=")
    clean(bench)


def peeking_from_code(bench: Workbench) -> None:
    """The list beside it has the line of each file."""
    bench.open("app.ts")
    bench.click("API_URL")
    bench.palette("Peek Definition")
    bench.page.locator(".ref-tree .referenceMatch").first.wait_for()
    bench.page.locator(".peekview-widget .view-line").first.wait_for()
    bench.page.wait_for_timeout(PACE_MS)
    assert bench.page.locator(".ref-tree .referenceMatch .highlight").first.inner_text() == "API_URL"
    bench.keys("Escape")
    clean(bench)


def the_names_in_a_list(bench: Workbench) -> None:
    bench.tab(".env").first.click()
    bench.keys("Control+Shift+O", "ArrowDown", "ArrowDown")
    bench.page.locator(".quick-input-widget .monaco-list-row", has_text="TOKEN").first.wait_for()
    bench.keys("Escape")
    clean(bench)


def typing_pasting_and_undoing(bench: Workbench) -> None:
    bench.tab(".env").first.click()
    told(bench)
    bench.keys("Control+End")
    bench.page.evaluate("(text) => navigator.clipboard.writeText(text)", f"PASTED={SECRET}\n# {SECRET}\n")
    bench.type(f"NEW={SECRET}\n")
    for key in ("V", "A", "C", "End", "V", *"ZZZYYZZZZ"):
        bench.keys(f"Control+{key}")
        bench.page.wait_for_timeout(PACE_MS)
    clean(bench)


def moving_copying_and_deleting_lines(bench: Workbench) -> None:
    """Keys of one walk as fast as they go, and a person's pause between the walks."""
    for keys in LINE_EDITS:
        bench.keys("Control+Home", *keys)
        bench.page.wait_for_timeout(PACE_MS)
        bench.keys(*["Control+Z"] * UNDONE)
        bench.page.wait_for_timeout(PACE_MS)
    clean(bench)


def a_frame_with_a_value_would_be_noted(bench: Workbench) -> None:
    bench.open("leak.txt")
    bench.seen(SECRET)
    assert frames(bench.page).read


def rewrite(bench: Workbench, text: str, shows: str) -> None:
    """Write until the editor shows it: it may not watch a file yet that was opened just now."""

    def came() -> bool:
        (bench.folder / ".env").write_text(text)
        for _ in range(40):
            bench.page.wait_for_timeout(100)
            if shows in bench.shown():
                return True
        return False

    bench.until(came, f"{shows} came from the disk")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
