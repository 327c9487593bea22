"""Telling systemd how the server is: ready, or on its way out.

Speaks the protocol of `sd_notify(3)`, which is one datagram; without a supervisor nothing
is said.
"""

from __future__ import annotations

import contextlib
import os
import socket


def notify(state: str) -> None:
    """Send `READY=1` or `STOPPING=1` to whoever started us with `Type=notify`."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(state.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)
