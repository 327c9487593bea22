"""Print how long our dials take, in ms, as a JSON list: `python -m tests.bench.dial_ours ROUNDS`."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from tests.support.links import close_all, loopback_pair


async def dial_ms() -> float:
    """Open a link between two ends in this process."""
    start = time.perf_counter()
    links = await loopback_pair()
    took = (time.perf_counter() - start) * 1e3
    await close_all(*links)
    return took


async def main(rounds: int) -> None:
    """Dial `rounds` times after one that loads everything."""
    times = [await dial_ms() for _ in range(rounds + 1)]
    print(json.dumps(times[1:]))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
