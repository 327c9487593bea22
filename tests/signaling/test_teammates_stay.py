"""Real teammates, while the servers they met at are replaced, doubled and killed."""

from __future__ import annotations

import contextlib
import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Background, Cast, Teammate, join, wait_until
from tests.support.redis_server import redis_server

pytestmark = pytest.mark.slow


class Server:
    """The command, with its figures."""

    def __init__(self, folder: Path, *options: str, port: int = 0) -> None:
        words = [sys.executable, "-m", "envlsp_signaling", "--json", "--port", str(port)]
        extra = ["--metrics-listen", "127.0.0.1:0", "--mailboxes-per-hour", "1000"]
        self.child = Background([*words, *extra, *options], folder, os.environ)
        announced = self.child.document()
        self.url: str = announced["url"]
        self.port = int(self.url.rpartition(":")[2])
        self._metrics: str = announced["metrics"]

    def figure(self, name: str) -> float:
        """Return one figure without labels."""
        with urllib.request.urlopen(f"{self._metrics}/metrics", timeout=5) as page:
            lines = page.read().decode().splitlines()
        (line,) = [line for line in lines if line.startswith(f"envlsp_signaling_{name} ")]
        return float(line.split()[1])


@pytest.fixture
def started() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def link(one: Teammate) -> tuple[object, object] | None:
    """Return since when the only peer is reached, and how; None while it is not."""
    rows = [row for row in one.json("peers")["peers"] if row["state"] == "online" and row["in_sync"]]
    return (rows[0]["since"], rows[0]["path"]) if rows else None


def push(who: Teammate, text: str) -> int:
    who.env.write_text(text)
    reached = who.json("push")["reached"]
    assert isinstance(reached, int)
    return reached


def test_a_replaced_server_finds_everybody_in_their_rooms(
    tmp_path: Path, started: contextlib.ExitStack
) -> None:
    old = Server(tmp_path)
    started.callback(old.child.end)
    alice, bob = Cast(tmp_path, old.url, started).team()
    for person in (alice, bob):
        person.agent()
    wait_until(lambda: link(alice) is not None)
    before = link(alice)

    assert old.child.stop().code == 0
    new = Server(tmp_path, port=old.port)
    started.callback(new.child.end)

    wait_until(lambda: new.figure("connections") >= 2 and new.figure("seats") >= 2 * new.figure("rooms") > 0)
    assert link(alice) == before  # the same link, open since the same second
    assert push(alice, "API_URL=https://two.example\n") == 1
    carol = Cast(tmp_path, new.url, started).clone("Carol", alice)
    join(alice, carol)


def test_a_team_on_two_servers(tmp_path: Path, started: contextlib.ExitStack) -> None:
    """Alice at one process, Bob at the other: invitation, link and push cross the backplane."""
    redis = started.enter_context(redis_server())
    one, other = (Server(tmp_path, "--backplane", redis.url) for _ in range(2))
    for server in (one, other):
        started.callback(server.child.end)
        wait_until(lambda server=server: server.figure("ready") == 1)  # type: ignore[misc]
    people = Cast(tmp_path, one.url, started)
    alice = people.founder("Alice")
    bob = people.clone("Bob", alice)
    bob.url = f"{other.url},{one.url}"
    join(alice, bob)
    for person in (alice, bob):
        person.agent()
    wait_until(lambda: link(alice) is not None)
    assert one.figure("backplane_received_total") > 0
    assert other.figure("backplane_received_total") > 0
    assert push(bob, "API_URL=https://two.example\n") == 1

    # Bob's server dies. He comes back at Alice's, and nothing that was open is lost.
    before = link(alice)
    other.child.process.kill()
    wait_until(lambda: one.figure("connections") >= 2)
    assert link(alice) == before
    assert push(bob, "API_URL=https://three.example\n") == 1
