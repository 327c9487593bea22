"""Print how long aiortc's own set-up takes, in ms: `python -m tests.bench.dial_aiortc ROUNDS`."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from aiortc import RTCConfiguration, RTCPeerConnection


async def dial_ms() -> float:
    """Open a data channel between two connections in this process, offer and answer handed over directly."""
    start = time.perf_counter()
    a, b = RTCPeerConnection(RTCConfiguration([])), RTCPeerConnection(RTCConfiguration([]))
    opened = asyncio.Event()
    channel = a.createDataChannel("bench")
    channel.on("open", opened.set)
    await a.setLocalDescription(await a.createOffer())
    await b.setRemoteDescription(a.localDescription)
    await b.setLocalDescription(await b.createAnswer())
    await a.setRemoteDescription(b.localDescription)
    await asyncio.wait_for(opened.wait(), 20)
    took = (time.perf_counter() - start) * 1e3
    await asyncio.gather(a.close(), b.close())
    return took


async def main(rounds: int) -> None:
    """Dial `rounds` times after one that loads everything."""
    times = [await dial_ms() for _ in range(rounds + 1)]
    print(json.dumps(times[1:]))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
