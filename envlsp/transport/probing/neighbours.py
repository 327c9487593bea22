"""Whether this machine's LANs carry mDNS: a poster that means nothing is hung up, and looked for.

Each LAN is asked twice over, by two who do not know each other: what one shows the other
must see. A network that keeps its guests apart, or a firewall, shows itself here.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final

from envlsp.crypto.primitives import random_bytes
from envlsp.transport.lan_discovery import PORT_MIN, Discovery, Sighting, label_of
from envlsp.transport.lan_networks import Network, networks
from envlsp.wire.lan import MARK_BYTES, SALT_BYTES, SLOTS, Poster

SEEN_S: Final = 2.2


@dataclass(frozen=True, slots=True)
class LanReport:
    """How many LANs there are, on how many our own poster was seen, and how many others hang there."""

    lans: int
    working: int
    others: int


async def look_around() -> LanReport:
    """Look at every LAN of this machine; never raises for what is or is not there."""
    here = networks()
    found = await asyncio.gather(*map(_look, here))
    return LanReport(len(here), sum(is_up for is_up, _ in found), sum(others for _, others in found))


async def _look(network: Network) -> tuple[bool, int]:
    shows, sees = Discovery(network), Discovery(network)
    tags = tuple(random_bytes(MARK_BYTES) for _ in range(SLOTS))
    try:
        async with asyncio.timeout(SEEN_S):
            await sees.start()
            await shows.start()
            seen: asyncio.Queue[Sighting] = asyncio.Queue()
            sees.saw.append(seen.put_nowait)
            own = await shows.post(None, PORT_MIN, Poster(random_bytes(SALT_BYTES), tags))
            while own not in label_of((await seen.get()).name):
                pass  # a neighbour's
            return True, len(sees.seen()) - 1
    except (OSError, TimeoutError):
        return False, 0
    finally:
        for each in (shows, sees):
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(each.close(), 0.5)
