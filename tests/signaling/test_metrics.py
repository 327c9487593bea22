"""Figures for the operator: everything that is counted, and nothing that identifies anybody."""

from __future__ import annotations

import re

import pytest
from websockets.exceptions import ConnectionClosed

from envlsp_signaling.limits import KIB
from envlsp_signaling.messages import Verb
from envlsp_signaling.metrics import HELP
from envlsp_signaling.server import SignalingServer
from envlsp_signaling.turn import TurnService
from tests.support.pages import get
from tests.support.signaling import BLOB, ROOM, hear, plain, serving, tell

WORDS = {
    "verb": {"sub", "unsub", "pub", "to", "alloc", "claim", "turn", "leave"},
    "state": {"open", "paired"},
}


async def figures(server: SignalingServer) -> dict[str, float]:
    port = await server.start_admin("127.0.0.1", 0)
    status, text = await get(f"http://127.0.0.1:{port}", "/metrics")
    assert status == 200
    await server._endpoints.close()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if not line.startswith("#")
    }


async def test_what_happened_is_counted() -> None:
    server = SignalingServer(turn=TurnService(b"north", ("turn:turn.example.org",)))
    async with serving(server) as url, plain(url) as alice, plain(url) as bob:
        for member in (alice, bob):
            await tell(member, Verb.SUB, ROOM)
            await hear(member)
        await tell(alice, Verb.PUB, ROOM, BLOB)
        await hear(bob)
        await tell(alice, Verb.TURN)
        await hear(alice)
        await tell(alice, Verb.ALLOC)
        await hear(alice)
        await tell(bob, Verb.TO, bytes(16), BLOB)
        await hear(bob)
        async with plain(url) as eve:
            await eve.send(b"nonsense")
            with pytest.raises(ConnectionClosed):
                await hear(eve)
        seen = await figures(server)
    expected = {
        "connections": 2,
        "rooms": 1,
        "seats": 2,
        "opened_total": 3,
        'frames_total{verb="sub"}': 2,
        'frames_total{verb="pub"}': 1,
        'refusals_total{reason="no_such_tag"}': 1,
        'refusals_total{reason="malformed"}': 1,
        'closes_total{reason="malformed"}': 1,
        'mailboxes{state="open"}': 1,
        'mailboxes{state="paired"}': 0,
        "turn_credentials_total": 1,
        "ready": 1,
        "draining": 0,
        "backplane_up": 1,
    }
    assert {name: seen[f"envlsp_signaling_{name}"] for name in expected} == expected
    assert seen["envlsp_signaling_received_bytes_total"] > 2 * KIB
    assert seen["envlsp_signaling_sent_bytes_total"] > KIB
    assert seen["process_resident_memory_bytes"] > 0
    assert {f"envlsp_signaling_{name}" for name in HELP} <= {name.removesuffix("_total") for name in seen}


async def test_no_label_names_anybody() -> None:
    server = SignalingServer()
    async with serving(server) as url, plain(url) as alice:
        await tell(alice, Verb.SUB, ROOM)
        tag = (await hear(alice))[2]
        assert isinstance(tag, bytes)
        await tell(alice, Verb.ALLOC)
        _, number = await hear(alice)
        seen = "\n".join(await figures(server))
    for private in ("127.0.0.1", ROOM.hex(), ROOM.decode(), tag.hex(), f"{number:06}"):
        assert private not in seen
    labels = re.findall(r'(\w+)="([^"]*)"', seen)
    assert {name for name, _ in labels} <= {"verb", "reason", "state"}
    for name, word in labels:
        assert word in WORDS.get(name, {word})
        assert re.fullmatch(r"[a-z_]+", word)


async def test_strangers_get_no_metrics() -> None:
    async with serving() as url:
        status, text = await get(url, "/metrics")
    assert status == 426  # as for any page that is none
    assert "envlsp_signaling_" not in text


async def test_the_operators_port_has_health_too() -> None:
    server = SignalingServer(token_hash=bytes(32))
    async with serving(server):
        port = await server.start_admin("127.0.0.1", 0)
        admin = f"http://127.0.0.1:{port}"
        assert await get(admin, "/healthz") == (200, "ok\n")
        assert await get(admin, "/readyz") == (200, "ready\n")
        assert (await get(admin, "/"))[0] == 404
