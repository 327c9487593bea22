"""How new a view is, said at the terminal: as of when, by how many, and what is too old."""

from __future__ import annotations

import time

import pytest

from envlsp.crypto.attest import check_attest_untrusted
from envlsp.service.as_of import keep_as_of
from envlsp.service.network.sync_port import SyncPort
from envlsp.service.promises import keep_attest
from tests.support.cli import failed
from tests.support.desks import Desk

DAY_S = 24 * 3600


def confirm(bob: Desk, alice: Desk, *, age_s: float) -> None:
    """Let Bob's device attest to Alice's what it holds, as of some time ago."""
    with bob.team() as his, alice.team() as hers:
        his.replica.clock = lambda: time.time() - age_s
        raw = SyncPort(his.replica).attests()[0]
        keep_attest(hers.replica, check_attest_untrusted(raw, his.id), raw)
        keep_as_of(hers.store.views, int(time.time() - age_s))


@pytest.fixture
def team(alice: Desk, bob: Desk) -> tuple[Desk, Desk]:
    """Alice and Bob, in step, and neither has ever heard the other attest to it."""
    return alice, bob


def test_alone_there_is_nobody_to_confirm_and_nothing_is_old(alice: Desk) -> None:
    alice.ok("push", "--offline")
    assert "no other device in the team" in alice.ok("status", "--max-age", "1m").text
    assert alice.started("--max-age", "1s", "--", "true").program == ["true"]


def test_status_says_as_of_when_and_by_how_many(team: tuple[Desk, Desk]) -> None:
    alice, bob = team
    assert "not confirmed by any of 1 other device yet" in alice.ok("status").text
    confirm(bob, alice, age_s=60)
    result = alice.ok("status")
    assert f"as of {time.strftime('%H:%M', time.localtime(time.time() - 60))}"[:8] in result.text
    assert "confirmed by 1 of 1 device" in result.text
    assert "; held by 1 of 1 other device" in result.text
    assert result.talk.count("warning") == 0
    document = alice.json("status")
    assert (document["confirmed_by"], document["devices"], document["held_by"]) == (1, 1, 1)


def test_who_made_a_release_holds_it_before_any_word_of_theirs(team: tuple[Desk, Desk]) -> None:
    _, bob = team
    document = bob.json("status")
    assert (document["confirmed_by"], document["held_by"]) == (0, 1)


def test_what_we_made_since_is_held_by_nobody_and_the_view_is_as_old_as_before(
    team: tuple[Desk, Desk],
) -> None:
    alice, bob = team
    confirm(bob, alice, age_s=60)
    as_of = alice.json("status")["as_of"]
    alice.env_file.write_bytes(b"NEW=1\n")
    alice.ok("push", "--offline")
    document = alice.json("status")
    assert (document["confirmed_by"], document["held_by"], document["as_of"]) == (0, 0, as_of)


def test_more_than_a_day_is_said_and_stops_nothing(team: tuple[Desk, Desk]) -> None:
    alice, bob = team
    confirm(bob, alice, age_s=3 * DAY_S)
    line = "warning: nobody has confirmed for 3 days that this is the newest: envlsp sync\n"
    for words in (("status",), ("pull", "--offline"), ("get", "A")):
        assert line in alice.ok(*words).talk
    assert alice.ok("get", "A").out == b"1\n", "and it is no part of the value"
    assert line in alice.ok("get", "A").talk, "the short way says it too"
    assert line not in alice.ok("status", "--max-age", "forever").talk


@pytest.mark.parametrize(
    "words",
    (
        ("status", "--max-age", "1h"),
        ("status", "--json", "--max-age", "1h"),
        ("pull", "--offline", "--max-age", "1h"),
    ),
)
def test_older_than_somebody_allows_is_refused(team: tuple[Desk, Desk], words: tuple[str, ...]) -> None:
    alice, bob = team
    failed(alice(*words), code=8, saying="no other device has ever confirmed")
    confirm(bob, alice, age_s=2 * 3600 + 60)
    failed(alice(*words), code=8, saying="last confirmed 2 hours ago; at most 1h is allowed")
    confirm(bob, alice, age_s=60)
    alice.ok(*words)


def test_a_program_is_not_started_with_what_is_too_old(
    team: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = team
    confirm(bob, alice, age_s=7200)
    failed(alice("run", "--max-age", "1h", "--", "true"), code=8, saying="at most 1h is allowed")
    assert alice.started("--max-age", "3h", "--", "true").program == ["true"]
    monkeypatch.setenv("ENVLSP_MAX_AGE", "1h")
    failed(alice("run", "--", "true"), code=8, saying="at most 1h is allowed")
    failed(alice("get", "A"), code=8, saying="at most 1h is allowed")
    assert alice.started("--max-age", "forever", "--", "true").program == ["true"]


def test_nothing_is_written_where_it_is_too_old(team: tuple[Desk, Desk]) -> None:
    _, bob = team
    failed(bob("pull", "--offline", "--max-age", "1h"), code=8, saying="ever confirmed")
    assert not bob.env_file.exists()


@pytest.mark.parametrize("text", ("1", "h", "1y", "-1h", "1.5h", "one day", "9999999999h"))
def test_a_length_of_time_that_is_none(alice: Desk, text: str) -> None:
    failed(alice("status", f"--max-age={text}"), code=2, saying="no length of time")
