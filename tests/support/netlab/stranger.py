"""A stranger on a LAN: `stranger.py ADDRESS SECONDS`, run at a host of the small internet.

Looks for the service as anybody may, goes to every door that it finds with all that a stranger
can say, then floods the doors until the time is over. Says on one line of JSON what it heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys

from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

SERVICE = "_envlsp._tcp.local."
AT_ONCE = 50


async def doors(own: str, wait_s: float) -> list[tuple[str, int]]:
    """Return where the services of this LAN say that they listen."""
    names: set[str] = set()

    def seen(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        del zeroconf, service_type, state_change
        names.add(name)

    zeroconf = AsyncZeroconf(interfaces=[own])
    browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[seen])
    await asyncio.sleep(wait_s)
    found = set()
    for name in names:
        info = AsyncServiceInfo(SERVICE, name)
        if await info.async_request(zeroconf.zeroconf, 2_000) and info.port is not None:
            found |= {(address, info.port) for address in info.parsed_addresses() if ":" not in address}
    await browser.async_cancel()
    await zeroconf.async_close()
    return sorted(found)


async def visit(address: str, port: int, words: bytes) -> bytes:
    """Return all that a door says to somebody with these words, until it shuts."""
    reader, writer = await asyncio.open_connection(address, port)
    heard = b""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(10):
            heard = await reader.read(16)
            writer.write(words)
            heard += await reader.read()
    writer.transport.abort()
    return heard


async def flood(address: str, port: int) -> None:
    """Come, say nothing or nonsense, and come again."""
    while True:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                _, writer = await asyncio.open_connection(address, port)
                writer.write(os.urandom(100))
                await asyncio.sleep(0.2)
                writer.transport.abort()


async def main(own: str, seconds: float) -> None:
    """Look, ask, flood."""
    found = await doors(own, 1.5)
    visits = [visit(*door, os.urandom(size)) for door in found for size in (100, 146, 40_000)]
    said = [len(heard) for heard in await asyncio.gather(*visits)]
    sys.stdout.write(json.dumps({"doors": found, "said": said}) + "\n")
    sys.stdout.flush()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(flood(*door) for door in found for _ in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
