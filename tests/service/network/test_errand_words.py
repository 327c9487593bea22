"""What a sync says at its end: who holds it by then, all that came, and what helps where nobody was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.cli.commands.sync import _standing
from envlsp.errors import NobodyReachable
from envlsp.service.network import errands
from envlsp.service.network.spreading import Wish
from envlsp.service.results import SyncResult
from envlsp.service.verbs import meeting
from tests.support.cast import Cast, give

NOBODY = SyncResult(reached=0, in_sync=0, received=0, devices=1)


@pytest.mark.parametrize(
    ("servers", "fix"), (((), "name a server under `signaling`"), (("ws://there",), "ask a teammate to run"))
)
def test_who_only_looked_at_the_lan_is_told_of_servers(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, servers: tuple[str, ...], fix: str
) -> None:
    alice, _ = cast.team("bob")
    monkeypatch.setattr(errands, "can_meet", lambda *_: True)
    monkeypatch.setattr(errands, "_sync_and_mend", lambda *_: NOBODY)
    with pytest.raises(NobodyReachable) as nobody:
        errands.sync(alice.service, replace(alice.opened, servers=servers))
    assert fix in (nobody.value.fix or "")


def test_what_comes_while_devices_are_waited_for_counts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.push(bob.file.read_bytes() + b"LATE=1\n")
    monkeypatch.setattr(meeting, "sync", lambda *_, **__: NOBODY)
    monkeypatch.setattr(meeting, "spread", lambda *_: give(bob, alice))
    result = meeting.bring_in_step(alice.service, alice.opened, wish=Wish(1))
    assert result is not None
    assert result.received >= 1
    assert result.held_by == 1, "he made it"


def test_the_last_line_speaks_of_those_who_came_while_it_waited() -> None:
    result = SyncResult(reached=0, in_sync=0, received=0, devices=2, held_by=2)
    assert _standing(result, waited=True) == "held by 2 of 2 other devices"
    assert _standing(result, waited=False) == "in step with 0 of 2 other devices"
