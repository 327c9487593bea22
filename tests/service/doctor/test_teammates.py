"""What doctor says of the history on this device, and of what people should be told."""

from __future__ import annotations

from functools import partial

import pytest

from envlsp.service import own_past, volume
from envlsp.service.doctor.findings import Finding
from envlsp.service.doctor.teammates import of_team
from tests.support.cast import FIRST_FILE, Actor, Cast, give


def said(actor: Actor, name: str) -> list[Finding]:
    return [finding for finding in of_team(actor.service, actor.opened) if finding.name == name]


def test_a_device_whose_later_records_a_peer_has_seen_only_reads(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    assert said(alice, "past") == []
    own_past.note_vector(alice.replica, bob.replica.keys.dpk, alice.replica.store.records.own_seq() + 1)
    (finding,) = said(alice, "past")
    assert (finding.status, finding.says) == (
        "fail",
        "the history on this device is older than it was, so it only reads",
    )
    assert finding.fix == "envlsp sync; where no device has the rest: envlsp sync --accept-loss"


def test_who_floods_is_named_with_what_to_do(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume, "LIMIT_BYTES", 16 * 1024)
    alice, bob = cast.team("bob")
    bob.pull()
    for day, times in ((20_000, 1), (20_001, 1), (20_001, 8)):
        alice.replica.clock = partial(float, day * volume.DAY_S)
        for number in range(times):
            bob.push(FIRST_FILE + b"BIG=" + b"x" * 2_000 + b"%d %d\n" % (day, number), force=True)
        give(bob, alice)
    (finding,) = said(alice, "alarm")
    assert finding.status == "warn"
    assert finding.says.startswith("Bob's device bobs-laptop has written")
    assert finding.fix is not None
    assert "envlsp device revoke" in finding.fix
