"""How much an author stores here in a day: counted as it comes, told loudly; nothing is stopped (F.3)."""

from __future__ import annotations

import pytest

from envlsp.service import volume
from envlsp.service.access.alarms import alarm_lines, alarms, fresh_alarms
from envlsp.service.access.devices import remove
from envlsp.service.comparing import status
from tests.support.cast import FIRST_FILE, Actor, Cast, give, meet
from tests.support.own_devices import add_device, device_of

DAY_S = volume.DAY_S


@pytest.fixture(autouse=True)
def _low(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 16 KiB be too much, so that nobody has to write 50 MiB."""
    monkeypatch.setattr(volume, "LIMIT_BYTES", 16 * 1024)


class Days:
    """A clock of somebody's that goes by days."""

    def __init__(self, actor: Actor, day: int = 20_000) -> None:
        self.actor = actor
        self.day = day
        self.set(day)

    def set(self, day: int) -> None:
        self.day = day
        self.actor.service.clock = lambda: float(day * DAY_S)
        self.actor.replica.clock = self.actor.service.clock


def flood(source: Actor, target: Actor, times: int = 8) -> None:
    for number in range(times):
        source.push(FIRST_FILE + b"BIG=" + b"x" * 2_000 + b"%d\n" % number, force=True)
    give(source, target)


def kinds(actor: Actor) -> list[str]:
    return [one.kind for one in alarms(actor.team)]


@pytest.fixture
def team(cast: Cast) -> tuple[Actor, Actor, Days]:
    """Alice and Bob, who have been in step for a day."""
    alice, bob = cast.team("bob")
    days = Days(alice)
    bob.pull()
    bob.push(FIRST_FILE + b"B=1\n")
    give(bob, alice)
    days.set(days.day + 1)
    bob.push(FIRST_FILE + b"B=2\n")
    give(bob, alice)
    return alice, bob, days


def test_who_writes_as_people_do_is_not_told_of(team: tuple[Actor, Actor, Days]) -> None:
    assert kinds(team[0]) == []


def test_who_fills_the_disk_is_told_of_once_and_what_is_stored_is_read(
    team: tuple[Actor, Actor, Days],
) -> None:
    alice, bob, days = team
    flood(bob, alice)
    assert kinds(alice) == ["flood-bytes"]
    assert "Bob's device bobs-laptop has written" in alarm_lines(alarms(alice.team))[0]
    assert [one.kind for one in fresh_alarms(alice.team)] == ["flood-bytes"]
    assert fresh_alarms(alice.team) == ()
    assert [one.kind for one in status(alice.team, alice.context).alarms] == ["flood-bytes"]
    alice.restart()
    days.set(days.day)
    assert kinds(alice) == ["flood-bytes"], "it is remembered"
    assert alice.pull(force=True).release.label == bob.pull(force=True).release.label


def test_on_the_next_day_it_is_over(team: tuple[Actor, Actor, Days]) -> None:
    alice, bob, days = team
    flood(bob, alice)
    days.set(days.day + 1)
    assert kinds(alice) == []
    flood(bob, alice)
    assert kinds(alice) == ["flood-bytes"]
    assert len(fresh_alarms(alice.team)) == 1, "another day, another alarm"


def test_each_author_is_counted_alone(cast: Cast, team: tuple[Actor, Actor, Days]) -> None:
    alice, bob, _ = team
    flood(bob, alice, times=1)
    give(alice, bob)
    flood(alice, bob)
    assert kinds(alice) == [], "what we write ourselves fills nobody's disk unasked"


def test_who_was_away_for_days_is_given_the_days_at_once(team: tuple[Actor, Actor, Days]) -> None:
    alice, bob, days = team
    days.set(days.day + 30)
    flood(bob, alice)
    assert kinds(alice) == []


def test_the_first_day_of_a_store_counts_for_nobody(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    flood(bob, alice)
    carol = cast.join(alice, cast.actor("carol"))
    assert kinds(alice) == []
    assert kinds(carol) == []


def test_a_removed_device_is_an_answered_alarm(cast: Cast, team: tuple[Actor, Actor, Days]) -> None:
    alice, bob, _ = team
    desk = add_device(cast, bob, "desk")
    meet(alice, bob, desk)
    flood(desk, alice)
    assert "flood-bytes" in kinds(alice)
    remove(alice.replica, alice.team.releases, device_of(alice, desk))
    assert kinds(alice) == []


def test_a_clock_that_goes_back_gives_one_day(team: tuple[Actor, Actor, Days]) -> None:
    alice, bob, days = team
    days.set(days.day - 100)
    flood(bob, alice)
    assert kinds(alice) == ["flood-bytes"]


@pytest.mark.parametrize("data", (b"", b"\x00", b"\x93\x01\x02\x91\x01"))
def test_a_count_that_does_not_read_is_begun_anew(cast: Cast, data: bytes) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    alice.replica.store.meta.put(b"volume", data)
    bob.push(FIRST_FILE + b"B=1\n")
    give(bob, alice)
    assert kinds(alice) == []
