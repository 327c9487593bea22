"""Two people who meet in a network: Alice shares, Bob joins, and his editor shows what she pushes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from tests.support.live_editor import LiveEditor, editors, node_of
from tests.support.processes import Teammate, join


def share_a_release(alice: Teammate, bob: Teammate) -> tuple[Any, float]:
    """Let Bob join by a spoken code and see in his editor what Alice pushes, then reach her agent.

    Returns:
        Alice's device as Bob's `peers --json` shows it, and how many seconds her push took.
    """
    join(alice, bob)
    with editors(lambda: LiveEditor(bob)) as (window,):
        node_of(bob, [window])
        began = time.monotonic()
        alice.share("-m", "the first")
        took_s = time.monotonic() - began
        window.until_lens("v1 · Alice")
        assert bob.has_release("v1")()
        alice.agent()
        window.until_peers(1)
        (hers,) = linked(bob.json("peers")["peers"])
        return hers, took_s


def linked(peers: Iterable[Any]) -> list[Any]:
    """Return those to whom there is a link."""
    return [peer for peer in peers if peer["connected_ms"] is not None]
