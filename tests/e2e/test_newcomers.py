"""Carol was away while Bob was let in, and meets him alone: by their commands."""

from __future__ import annotations

import pytest

from tests.support.processes import Cast, join, wait_until

pytestmark = pytest.mark.slow


def test_who_was_away_gets_everything_from_a_newcomer(stage: Cast) -> None:
    alice = stage.founder("Alice")
    carol = stage.clone("Carol", alice)
    join(alice, carol)
    alice.ok("push", "--offline")
    bob = stage.clone("Bob", alice)
    join(alice, bob)
    bob.ok("pull", "--offline")

    # Alice is gone: no process of hers runs from here on.
    bob.agent()
    carol.meet()
    carol.ok("pull", "--offline")
    assert carol.env.read_bytes() == alice.env.read_bytes()
    assert [member["name"] for member in carol.json("members")["members"]] == ["Alice", "Carol", "Bob"]

    carol.env.write_bytes(carol.env.read_bytes() + b"CAROLS=1\n")
    carol.share()
    wait_until(bob.has_release("v2"))
