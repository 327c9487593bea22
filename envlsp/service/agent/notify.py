"""Telling a service manager how the agent is: systemd's protocol, one datagram for each word.

Where nobody has asked for it (no NOTIFY_SOCKET), nothing is said, and nothing depends on it.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping

VARIABLE = "NOTIFY_SOCKET"
READY = "READY=1"
STOPPING = "STOPPING=1"


def notify(environ: Mapping[str, str], *words: str) -> bool:
    """Say `words`, such as `READY=1`, to whoever started this process; return whether it was said.

    Args:
        environ: names the socket: a path, or an abstract one behind an `@`.
        words: assignments; none holds anything secret.
    """
    place = environ.get(VARIABLE, "")
    if not place.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return False
    address = "\0" + place[1:] if place.startswith("@") else place
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(1.0)
        sender.sendto("\n".join(words).encode(), address)
        return True
    return False
