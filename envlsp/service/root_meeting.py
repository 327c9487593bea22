"""The holder of the recovery words on the network: meets the team in the recovery room (PROTOCOL D, G).

A replica with the root key, over a store that may be empty, gets all that anybody there
holds, and hands on what it writes afterwards. What it is given is judged record by record
from the pinned team id, so it does not matter who brings it; somebody may still hold back
what is new, which is why everybody who is there is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from envlsp.errors import NobodyReachable, SignalingUnreachable
from envlsp.service.ports import Cancelled, never
from envlsp.service.replica import Replica
from envlsp.service.results import SyncResult
from envlsp.service.stopping import run_until
from envlsp.service.team_node import TeamNode

MEETING_S = 30.0
"""For a dial that falls back to a relay, and megabytes of records."""


def sync_as_root(
    replica: Replica,
    servers: Sequence[str],
    recovery_room: bytes,
    *,
    timeout_s: float = MEETING_S,
    is_cancelled: Cancelled = never,
) -> SyncResult:
    """Bring the root key's replica and every member who listens in the recovery room in step.

    Call it once to get the records, and again after writing some.

    Args:
        replica: made with the keys of `crypto.recovery.root_key`.
        servers: signaling servers, best first.
        recovery_room: `RootKey.room`, 32 bytes.
        timeout_s: at most so long in all.
        is_cancelled: whether the person has stopped waiting.

    Raises:
        SignalingUnreachable: no server, so nobody to meet.
        NobodyReachable: no member's device is there.
        Stopped: it was stopped; what has arrived by then stays.
    """
    if not servers:
        raise SignalingUnreachable("no signaling server is configured")
    result = run_until(_sync(replica, servers, recovery_room, timeout_s), is_cancelled)
    if not result.reached:
        raise NobodyReachable(
            "no member's device is in the recovery room",
            fix="have a teammate run: envlsp agent; or use a backup file",
        )
    return result


async def _sync(
    replica: Replica, servers: Sequence[str], recovery_room: bytes, timeout_s: float
) -> SyncResult:
    node = TeamNode(replica, servers, recovery_room)
    try:
        async with asyncio.timeout(timeout_s):
            await node.start()
        return await node.sync(timeout_s)
    except TimeoutError:
        raise SignalingUnreachable("the server does not answer") from None
    finally:
        await node.close()
