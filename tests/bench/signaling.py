"""Row 19: what a signaling server's clients cost it, beside a bare relay with the same library.

Both are processes of their own on loopback, loaded in turns. The load takes more of the
machine than either server does, so what counts is the server's own processor time per
message; the rates beside it are what one busy machine got through in all.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack

from tests.bench.measure import Row
from tests.bench.relay_load import BLOB, Client, Relay, Stream, arriving, crowd, dial, enter, frame, relay
from tests.support.redis_server import redis_server

IDLE = 5_000
PAIRS = 50
MESSAGES_S = 2.0
ROUNDS = 3
NULL = "bare websockets relay"


def rows() -> Iterator[Row]:
    """Measure, in less than a minute."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield from _idle_rows()
    yield from _message_rows()


def _idle_rows() -> Iterator[Row]:
    found = {}
    for kind in ("bare", "ours"):
        with relay(kind) as server:
            found[kind] = asyncio.run(_idle(server))
    (ours_kib, ours_ms, ours_rate), (bare_kib, bare_ms, bare_rate) = found["ours"], found["bare"]
    yield Row(19, f"an idle connection, {IDLE:,} held", [ours_kib], NULL, [bare_kib], 2.0, 32, unit="KiB")
    yield Row(19, "a connection opened, processor", [ours_ms], NULL, [bare_ms], 2.0)
    yield Row(19, "connections opened", [ours_rate], NULL, [bare_rate], unit="/s")


async def _idle(server: Relay) -> tuple[float, float, float]:
    """Return KiB of an idle connection, ms of processor to open one, and how many a second were opened."""
    (await dial(server.port)).close()
    before, cpu = server.rss_kib(), server.cpu_s()
    began = time.perf_counter()
    clients = await crowd(server.port, IDLE)
    took = time.perf_counter() - began
    # One room each, as a device has at least: that is what holds a connection.
    for number, client in enumerate(clients):
        client.send(frame(1, (number // 2).to_bytes(16, "big")))
    await asyncio.sleep(2.0)
    assert all(client.received for client in clients), "somebody was not let in"
    await asyncio.sleep(2.0)
    held = server.rss_kib() - before
    for client in clients:
        client.close()
    return held / IDLE, (server.cpu_s() - cpu) * 1e3 / IDLE, IDLE / took


def _message_rows() -> Iterator[Row]:
    cost: dict[str, list[float]] = {"bare": [], "ours": [], "redis": []}
    rate: dict[str, list[float]] = {"bare": [], "ours": [], "redis": []}
    with ExitStack() as running:
        url = running.enter_context(redis_server()).url
        alone = {kind: running.enter_context(relay(kind)) for kind in ("bare", "ours")}
        joined = [running.enter_context(relay(url)) for _ in range(2)]
        for _ in range(ROUNDS):
            for kind, servers in (*((kind, [one]) for kind, one in alone.items()), ("redis", joined)):
                us, per_s = asyncio.run(_messages(servers, ours=kind != "bare"))
                cost[kind].append(us)
                rate[kind].append(per_s)
    yield Row(19, "a message relayed, processor", cost["ours"], NULL, cost["bare"], 3.0, unit="us")
    yield Row(19, "the same across two processes and Redis", cost["redis"], NULL, cost["bare"], unit="us")
    yield Row(19, "messages relayed, 50 pairs", rate["ours"], NULL, rate["bare"], unit="/s")
    yield Row(19, "the same across two processes and Redis", rate["redis"], NULL, rate["bare"], unit="/s")


async def _messages(servers: list[Relay], *, ours: bool) -> tuple[float, float]:
    """Return µs of all servers' processors for a message, and how many a second arrived."""
    clients: list[Client] = []
    streams: list[tuple[Stream, Client]] = []
    for number in range(PAIRS):
        room = number.to_bytes(16, "big")
        sender, receiver = await dial(servers[0].port), await dial(servers[-1].port)
        for client in (sender, receiver):
            await enter(client, room)
        size = arriving(17, room, bytes(16), BLOB) if ours else arriving(3, room, BLOB)
        streams.append((Stream(sender, frame(3, room, BLOB), size), receiver))
        clients += [sender, receiver]
    cpu = sum(server.cpu_s() for server in servers)
    began = time.perf_counter()
    for stream, receiver in streams:
        stream.begin(receiver)
    await asyncio.sleep(MESSAGES_S)
    took = time.perf_counter() - began
    count = sum(stream.count for stream, _ in streams)
    spent = sum(server.cpu_s() for server in servers) - cpu
    for stream, _ in streams:
        stream.stopped = True
    for client in clients:
        client.close()
    assert count > 100, "messages do not arrive"
    return spent * 1e6 / count, count / took
