"""What the agent tells the service manager that started it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from envlsp.service.agent.notify import READY, notify
from tests.support.processes import cast


@pytest.mark.parametrize("is_abstract", (False, True))
def test_a_word_is_one_datagram(tmp_path: Path, is_abstract: bool) -> None:
    place = f"@{tmp_path}/n" if is_abstract else f"{tmp_path}/n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + place[1:] if is_abstract else place)
        manager.settimeout(30)
        assert notify({"NOTIFY_SOCKET": place}, READY, "STATUS=well")
        assert manager.recv(100) == b"READY=1\nSTATUS=well"


@pytest.mark.parametrize("environ", ({}, {"NOTIFY_SOCKET": "relative"}, {"NOTIFY_SOCKET": "/no/such"}))
def test_nobody_who_listens_is_no_error(environ: dict[str, str]) -> None:
    assert not notify(environ, READY)


@pytest.mark.slow
def test_the_agent_says_when_it_is_ready_and_when_it_stops(tmp_path: Path) -> None:
    with cast(tmp_path) as stage, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        place = str(tmp_path / "n")
        manager.bind(place)
        manager.settimeout(30)
        alice = stage.founder("Alice")
        alice.extra["NOTIFY_SOCKET"] = place
        agent = alice.agent()
        assert manager.recv(200).splitlines()[0] == b"READY=1"
        assert agent.stop().code == 0
        assert manager.recv(200) == b"STOPPING=1"
