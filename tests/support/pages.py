"""One request over plain HTTP, to a signaling server's pages."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit


async def get(url: str, path: str, **headers: str) -> tuple[int, str]:
    """Return the status and the body of a page; `url` may be a WebSocket's."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    lines = [f"GET {path} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body
