"""Questions to servers and to the network, for whoever looks for a fault: asked once, answered in seconds."""

from __future__ import annotations

import importlib
from typing import Final

_LIBRARIES: Final = ("websockets.asyncio.client", "aioice.turn", "zeroconf.asyncio")


def load() -> None:
    """Load what the questions need: half a second, which must not count as a server's silence."""
    for library in _LIBRARIES:
        importlib.import_module(library)
