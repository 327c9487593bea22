"""What doctor says of the history on this device, and of what people should be told."""

from __future__ import annotations

from functools import partial

import pytest

from envlsp.crypto.attest import check_attest_untrusted
from envlsp.service import own_past, volume
from envlsp.service.doctor.findings import Finding
from envlsp.service.doctor.teammates import of_team
from envlsp.service.network.sync_port import SyncPort
from envlsp.service.promises import keep_attest
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


def test_a_view_is_as_of_its_last_confirmation_and_what_came_since_is_confirmed_by_nobody(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    assert [one.status for one in said(alice, "fresh")] == ["warn"]
    attest = SyncPort(bob.replica).attests()[0]
    keep_attest(alice.replica, check_attest_untrusted(attest, alice.replica.team), attest)
    assert [one.says for one in said(alice, "fresh")] == ["as of just now, confirmed by 1 of 1 device"]
    alice.push(FIRST_FILE + b"NEW=1\n")
    assert [one.says for one in said(alice, "fresh")] == [
        "as of just now, and nobody has confirmed what came since"
    ]


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
