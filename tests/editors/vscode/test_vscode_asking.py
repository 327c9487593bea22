"""What Alice's VS Code asks and tells, from the palette: she joins, lets Bob in and out, sets, edits, locks.

Codes, words to compare and questions stay for as long as they are needed; a value and a
passphrase are typed unseen; what was typed into a release that is no longer the newest is not lost.
Carol, whose team it is, and Bob are on the command line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator

from tests.support.processes import Teammate, cast, shown_words
from tests.support.vscode_team import DESKTOP, FIRST
from tests.support.workbench import Workbench, needed, workbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # one window, one long walk

UNSEEN = "planted-unseen"
PASSPHRASE = "planted-passphrase"


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there: Carol with a team of one, Alice and Bob with clones and nothing else."""

    carol: Teammate
    alice: Teammate
    bob: Teammate
    bench: Workbench
    """Alice's."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    needed()
    with cast(tmp_path_factory.mktemp("asking")) as people:
        carol = people.founder("Carol", FIRST)
        carol.ok("push", "--offline")
        alice, bob = (people.clone(name, carol) for name in ("Alice", "Bob"))
        with workbench(alice.shop, alice.environ(), settings=DESKTOP) as bench:
            yield Scene(carol, alice, bob, bench)


def test_all_that_is_asked_and_told(scene: Scene) -> None:
    """Each step goes on where the one before it ended."""
    she_joins_by_a_code(scene)
    she_sets_a_value_unseen(scene)
    a_code_stays_until_it_is_taken_back(scene)
    a_code_lets_bob_in(scene)
    she_lowers_his_role_and_removes_him(scene)
    what_she_typed_into_an_older_release_is_kept(scene)
    she_locks_and_unlocks(scene)
    nothing_of_it_is_in_a_log(scene)


def she_joins_by_a_code(scene: Scene) -> None:
    carol, alice, bench = scene.carol, scene.alice, scene.bench
    bench.until(lambda: bench.status("not joined"), "the server runs")
    invitation = carol.start("invite", "--role", "admin", "--yes", "--json")
    bench.palette("Env: Join a Team …")
    answered(bench, "the code that an admin reads to you", invitation.document()["code"])
    answered(bench, "who are you", "Alice <alice@example.com>")
    answered(bench, "passphrase", PASSPHRASE, unseen=True)
    answered(bench, "again", PASSPHRASE, unseen=True)
    told(bench, "you are in the team of Carol")
    assert invitation.finish().code == 0
    bench.until(lambda: bench.status("shop") and not bench.status("not joined"), "she is in")
    bench.palette("Env: Pull")
    bench.until(lambda: alice.env.exists() and alice.env.read_bytes() == FIRST, "she has it")


def she_sets_a_value_unseen(scene: Scene) -> None:
    alice, bench = scene.alice, scene.bench
    bench.open(".env")
    bench.palette("Env: Set a Value …")
    answered(bench, "name", "FRESH")
    answered(bench, "FRESH", UNSEEN, unseen=True)
    bench.until(lambda: bench.status("v2"), "it is a release")
    bench.until(lambda: alice.env.read_bytes() == FIRST + f"FRESH={UNSEEN}\n".encode(), "it is in the file")
    bench.until(lambda: "FRESH=" in bench.shown() and UNSEEN not in bench.shown(), "it is covered")


def a_code_stays_until_it_is_taken_back(scene: Scene) -> None:
    bench = scene.bench
    waiting, code = invited(bench)
    waiting.get_by_text("Copy the Code").click()
    bench.until(lambda: bench.status("The code is in the clipboard"))
    assert bench.page.evaluate("navigator.clipboard.readText()") == code
    waiting.hover()
    waiting.get_by_role("button", name="Cancel").click()
    waiting.wait_for(state="detached")
    bench.until(lambda: code not in "".join(bench.toasts()), "nothing tells of it any more")


def a_code_lets_bob_in(scene: Scene) -> None:
    bob, bench = scene.bob, scene.bench
    waiting, code = invited(bench)
    with ThreadPoolExecutor(1) as beside:
        joining = beside.submit(bob.ok, "join", "-", *bob.who, stdin=f"{code}\n".encode())
        said = confirmed(bench, "do they read the same words", "Yes")
        assert shown_words(joining.result().talk) in said
    assert "Bob <bob@example.com>" in said
    waiting.wait_for(state="detached")
    told(bench, "Bob <bob@example.com> has joined")
    bob.ok("pull")
    assert f"FRESH={UNSEEN}".encode() in bob.env.read_bytes()


def she_lowers_his_role_and_removes_him(scene: Scene) -> None:
    bench = scene.bench
    listed(bench, "Env: Members", "Bob")
    bench.palette("Env: Give Access …")
    answered(bench, "who", "Bob")
    bench.choose("viewer")
    told(bench, "is viewer")
    bench.palette("Env: Take Access …")
    bench.choose("Bob")
    confirmed(bench, "remove Bob", "No")
    told(bench, "nobody was removed")
    listed(bench, "Env: Members", "Bob")
    bench.palette("Env: Take Access …")
    bench.choose("Bob")
    assert "1 device" in confirmed(bench, "remove Bob", "Yes")
    told(bench, "is no longer in the team")
    scene.carol.meet()
    assert len(scene.carol.json("members")["members"]) == 2


def what_she_typed_into_an_older_release_is_kept(scene: Scene) -> None:
    carol, bench = scene.carol, scene.bench
    carol.ok("pull")
    bench.palette("Env: Edit the Newest Release")
    bench.tab("dev").and_(bench.page.locator(".active")).wait_for()
    bench.seen("FRESH=")
    bench.keys("Control+End")
    bench.type("HERS=planted-hers")
    carol.env.write_bytes(carol.env.read_bytes() + b"THEIRS=planted-theirs\n")
    carol.ok("push")
    carol.meet()
    bench.until(lambda: bench.status("↓1"), "her release is there")
    bench.keys("Control+S")
    told(bench, "newer")
    assert "HERS=" in bench.shown()
    assert bench.page.locator(".tab.active.dirty").count() == 1
    assert "HERS" not in carol.ok("list").text
    assert "planted" not in bench.shown()


def she_locks_and_unlocks(scene: Scene) -> None:
    bench = scene.bench
    bench.open(".env")
    bench.palette("Env: Lock")
    bench.until(lambda: bench.status("locked"), "it is locked")
    bench.palette("Env: Unlock …")
    answered(bench, "passphrase", "planted-wrong", unseen=True)
    told(bench, "passphrase")
    bench.palette("Env: Unlock …")
    answered(bench, "passphrase", PASSPHRASE, unseen=True)
    bench.until(lambda: bench.status("dev v3"), "it is open")


def nothing_of_it_is_in_a_log(scene: Scene) -> None:
    logs = "\n".join(scene.bench.logs().values())
    assert logs
    assert "planted" not in logs
    assert "envlsp join" not in logs


def invited(bench: Workbench) -> tuple[Locator, str]:
    """Let Alice make a code; return the message that has it for as long as she waits."""
    bench.palette("Env: Invite …")
    bench.choose("developer")
    waiting = bench.toast("read this to them")
    found = re.search(r"read this to them: (\S+);", waiting.inner_text())
    assert found, waiting.inner_text()
    return waiting, found[1]


def answered(bench: Workbench, question: str, text: str, *, unseen: bool = False) -> None:
    """Type into the field of a question, and confirm it."""
    box = bench.page.locator(".quick-input-widget:visible", has_text=question)
    field = box.locator(f'input[type="{"password" if unseen else "text"}"]')
    field.wait_for()
    field.fill(text)
    assert not unseen or text not in box.inner_text()
    bench.keys("Enter")


def confirmed(bench: Workbench, question: str, button: str) -> str:
    """Answer a question that stays until then; return all that it says."""
    dialog = bench.page.locator(".monaco-dialog-box", has_text=question)
    dialog.wait_for()
    said = dialog.inner_text()
    dialog.get_by_role("button", name=button).click()
    dialog.wait_for(state="detached")
    return said


def told(bench: Workbench, text: str) -> None:
    """Wait until something is told, and put it away."""
    bench.toast(text)
    bench.palette("Notifications: Clear All Notifications")
    bench.until(lambda: text not in "".join(bench.toasts()), "it is put away")


def listed(bench: Workbench, command: str, text: str) -> None:
    """Look through what a command lists, for a row."""
    bench.palette(command)
    rows = bench.page.locator(".quick-input-widget:visible .monaco-list-row")
    rows.filter(has_text=text).first.wait_for()
    bench.keys("Escape")
    rows.first.wait_for(state="hidden")
