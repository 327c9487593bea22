"""A bare aiortc peer that sends back what it gets: offer in on stdin, answer out on stdout."""

from __future__ import annotations

import asyncio
import json
import sys

from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription


def loopback_only() -> None:
    """Let aioice offer 127.0.0.1 and nothing else, as our own end does in this measurement."""
    from aioice import ice

    ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


async def main() -> None:
    """Echo until stdin ends."""
    loopback_only()
    loop = asyncio.get_running_loop()
    connection = RTCPeerConnection(RTCConfiguration([]))

    @connection.on("datachannel")  # type: ignore[misc, unused-ignore]
    def opened(channel: RTCDataChannel) -> None:
        channel.on("message", channel.send)

    offer = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    await connection.setRemoteDescription(RTCSessionDescription(**offer))
    await connection.setLocalDescription(await connection.createAnswer())
    local = connection.localDescription
    print(json.dumps({"sdp": local.sdp, "type": local.type}), flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
