"""Releases in Alice's VS Code: a push of Bob comes in, she goes back, settles a conflict, needs no file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.vscode_team import FIRST, Team, team_in_vscode

pytestmark = pytest.mark.slow

SECOND = FIRST.replace(b"planted-one", b"planted-bobs")
HERS = FIRST.replace(b"planted-one", b"planted-hers")
HIS = FIRST.replace(b"planted-one", b"planted-his")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team_in_vscode(tmp_path_factory.mktemp("vscode")) as found:
        found.bench.open(".env")
        found.bench.until(lambda: found.bench.status("v1"), "the server is up")
        yield found


def test_releases_come_and_go(team: Team) -> None:
    """Each step goes on where the one before it ended."""
    a_push_of_bob_is_in_the_status_bar_and_pulled(team)
    she_goes_back_from_the_lightbulb(team)
    a_conflict_is_settled_from_the_lightbulb(team)
    saving_a_document_without_a_file_makes_a_release(team)


def a_push_of_bob_is_in_the_status_bar_and_pulled(team: Team) -> None:
    bench, bob = team.bench, team.bob
    (bob.shop / ".env").write_bytes(SECOND)
    bob.ok("push")
    bob.meet()
    bench.until(lambda: bench.status("v2 ↓1"), "his release is told")
    bench.palette("Env: Pull")
    bench.until(lambda: (team.alice.shop / ".env").read_bytes() == SECOND, "his value is in her file")
    bench.until(lambda: bench.status("v2") and not bench.status("↓"))


def she_goes_back_from_the_lightbulb(team: Team) -> None:
    bench = team.bench
    first = "Roll back to v1 (Alice"
    bench.until(lambda: any(title.startswith(first) for title in bench.actions("API_URL")), "it is offered")
    bench.act("Roll back to v1")
    bench.until(lambda: bench.status("v3"))
    bench.until(lambda: (team.alice.shop / ".env").read_bytes() == FIRST, "the file goes along")


def a_conflict_is_settled_from_the_lightbulb(team: Team) -> None:
    bench, alice, bob = team.bench, team.alice, team.bob
    bob.ok("pull")
    for who, text in ((alice, HERS), (bob, HIS)):
        (who.shop / ".env").write_bytes(text)
        who.ok("push", "--offline")
    bob.meet()
    bench.until(lambda: bench.squiggles().count(), "the conflict is underlined")
    both = {"Take Alice's API_URL", "Take Bob's API_URL"}
    bench.until(
        lambda: both <= {title.partition(" (")[0] for title in bench.actions("API_URL")}, "both are offered"
    )
    bench.act("Take Bob's API_URL")
    bench.until(lambda: bench.status("v5"), "it is settled")
    bench.until(lambda: (alice.shop / ".env").read_bytes() == HIS, "the file goes along")
    bench.until(lambda: "planted" not in bench.shown(), "what came from the disk is covered")


def saving_a_document_without_a_file_makes_a_release(team: Team) -> None:
    bench = team.bench
    bench.palette("Env: Edit the Newest Release")
    bench.tab("dev").and_(bench.page.locator(".active")).wait_for()
    bench.seen("TOKEN=")
    bench.keys("Control+End")
    bench.type("ADDED=planted-typed")
    bench.save()
    bench.until(lambda: bench.status("v6"), "it is a release")
    assert "ADDED" in team.alice.ok("list").text
    bench.until(lambda: "v6 by Alice" in bench.shown(), "the document shows the release that was made of it")
    bench.until(lambda: "planted" not in bench.shown(), "what was typed is covered")
