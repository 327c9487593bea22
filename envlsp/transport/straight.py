"""A WebSocket connection that follows no redirect.

The library would go wherever a server sends it, to any address that this device reaches.
A signaling server has no reason to send anybody elsewhere. Imported when a connection is made.
"""

from __future__ import annotations

from websockets.asyncio import client


class connect(client.connect):  # noqa: N801 - it stands in for a function of that name
    """`websockets.asyncio.client.connect`, with 3xx an error like any other status."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the error: it is not followed."""
        return exc
