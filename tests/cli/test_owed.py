"""What a teammate's device says to hold, and does not show: in `status`, in `peers`, and let go of."""

from __future__ import annotations

import time

import pytest

from envlsp.crypto.attest import check_attest_untrusted
from envlsp.service.network.sync_port import SyncPort
from envlsp.service.promises import forgive, keep_attest, note_in_step
from tests.support.desks import Desk


def tell(bob: Desk, alice: Desk, *, shown: bool) -> None:
    """Let Alice hear what Bob's device attests, and nothing of it; `shown`: it was there besides."""
    with bob.team() as his, alice.team() as hers:
        raw = SyncPort(his.replica).attests()[0]
        keep_attest(hers.replica, check_attest_untrusted(raw, his.id), raw)
        if shown:
            note_in_step(hers.replica, his.replica.keys.dpk)


@pytest.fixture
def ahead(alice: Desk, bob: Desk) -> Desk:
    """Bob's desk, with a v2 that nobody else has."""
    bob.ok("pull", "--offline")
    bob.env_file.write_bytes(b"NEW=1\n")
    bob.ok("push", "--offline")
    return bob


def test_what_nobody_has_brought_is_said(alice: Desk, ahead: Desk) -> None:
    tell(ahead, alice, shown=False)
    result = alice.ok("status")
    assert (
        "warning: Bob (laptop) says to hold at least 1 newer record that nobody has brought here"
        in result.talk
    )
    (one,) = alice.json("status")["newer"]
    assert (one["name"], one["records"]) == ("Bob (laptop)", 1)
    assert abs(one["ts"] - time.time()) < 60
    assert "says to hold 1 newer record" in alice.ok("peers").text
    (peer,) = alice.json("peers")["peers"]
    assert (peer["newer"], peer["withheld"], peer["lost_data"]) == (1, 0, False)


def test_what_was_not_shown_is_withheld_and_a_person_can_let_go_of_it(alice: Desk, ahead: Desk) -> None:
    tell(ahead, alice, shown=True)
    assert "1 newer record exists but is withheld: Bob's device laptop" in alice.ok("status").talk
    assert "nobody has brought here" not in alice.ok("status").talk, "not in two ways"
    assert [one["kind"] for one in alice.json("status")["alarms"]] == ["withheld"]
    assert "withholds 1 record" in alice.ok("peers").text
    with alice.team() as team:
        forgive(team.replica)
    assert alice.json("status")["alarms"] == []
