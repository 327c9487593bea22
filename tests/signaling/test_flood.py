"""Every flood at once, from many connections; two honest peers in another room are not harmed."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from envlsp_signaling.limits import KIB
from envlsp_signaling.messages import Verb
from tests.support.pages import get
from tests.support.signaling import ROOM, hear, plain, process, tell

pytestmark = pytest.mark.slow

FLOODER = Path(__file__).resolve().parents[1] / "support" / "flooder.py"
FLOOD_S = 8.0
ROUNDS = 60


async def exchange(alice: ClientConnection, bob: ClientConnection, rounds: int) -> list[float]:
    """Send numbered blobs there and back; return how long each way took, in ms."""
    took = []
    for number in range(rounds):
        for sender, receiver in ((alice, bob), (bob, alice)):
            blob = number.to_bytes(4, "big") * (KIB // 4)
            began = time.perf_counter()
            await tell(sender, Verb.PUB, ROOM, blob)
            verb, room, _, heard = await hear(receiver)
            assert (verb, room, heard) == (Verb.MSG, ROOM, blob)  # this one, and nothing in between
            took.append((time.perf_counter() - began) * 1e3)
        await asyncio.sleep(0.07)  # within what an honest client may send
    return took


async def test_a_flood_of_every_kind_leaves_another_room_unharmed() -> None:
    async with process("--metrics-listen", "127.0.0.1:0", develop=False) as server:
        async with plain(server.url) as alice, plain(server.url) as bob:
            for member in (alice, bob):
                await tell(member, Verb.SUB, ROOM)
                await hear(member)
            calm = await exchange(alice, bob, ROUNDS // 2)
            eve = await asyncio.create_subprocess_exec(
                sys.executable, str(FLOODER), server.url, str(FLOOD_S), stdout=PIPE
            )
            await asyncio.sleep(1.0)
            flooded = await exchange(alice, bob, ROUNDS)
            said, _ = await eve.communicate()
            # Nobody else is kept out meanwhile or afterwards.
            async with plain(server.url) as carol:
                await tell(carol, Verb.ALLOC)
                assert (await hear(carol))[0] == Verb.NUMBER
            _, figures = await get(server.metrics, "/metrics")
        await server.stop()
    did = json.loads(said)
    assert eve.returncode == 0
    # She tried, and each of her ways met its limit.
    assert min(did["frames"], did["guesses"], did["half_open"]) > 100, did
    for reason in ("too_fast", "no_such_mailbox", "connection", "half_open", "too_many_mailboxes"):
        assert f'refusals_total{{reason="{reason}"}}' in figures, figures
    counted = dict(line.rsplit(" ", 1) for line in figures.splitlines() if not line.startswith("#"))
    assert float(counted['envlsp_signaling_refusals_total{reason="half_open"}']) > 0
    assert float(counted['envlsp_signaling_closes_total{reason="too_fast"}']) > 0
    ratio = statistics.median(flooded) / statistics.median(calm)
    sys.stdout.write(
        f"\none way, calm {statistics.median(calm):.1f} ms, flooded {statistics.median(flooded):.1f} ms "
        f"(x {ratio:.1f}, slowest {max(flooded):.0f} ms), against {did}\n"
    )
    assert max(flooded) < 5_000  # within what any client waits for an answer
    assert b"Traceback" not in server.log
