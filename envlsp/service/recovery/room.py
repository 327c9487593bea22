"""The recovery room: the holder of the words gets what teammates have, and hands on what was written.

Whoever comes back is not known to them before they have the record that lets the new
device in, so it is the root key that brings it. Nobody has to be there: a backup, or the
records on this disk, are as good. What is given is judged record by record from the pinned
team id, so it does not matter who brings it; somebody may still hold back what is new,
which is why everybody who is there is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from envlsp.errors import NobodyReachable, SignalingUnreachable, TransportError
from envlsp.service.network.team_node import TeamNode
from envlsp.service.ports import Talk, never
from envlsp.service.recovery.acting import RootReplica
from envlsp.service.results import SyncResult
from envlsp.service.stopping import run_until
from envlsp.transport.signaling_servers import TokenOf

MEETING_S = 30.0
"""For a dial that falls back to a relay, and megabytes of records."""


def fetch(root: RootReplica, room: bytes, servers: Sequence[str], tokens: TokenOf, talk: Talk) -> int:
    """Get what teammates have who are online; return how many devices were there.

    Args:
        root: the root key's replica; it may hold nothing yet.
        room: `RootKey.room`, 32 bytes.
        servers: signaling servers, best first.
        tokens: what their operators want to be shown.
        talk: told what happens.

    Raises:
        TransportError: nobody could be met, and there is no record here to go on with.
    """
    if not servers:
        return 0
    talk.say("looking for teammates who are online")
    try:
        return _meet(root, servers, room, tokens).reached
    except TransportError:
        if not len(root.ledger):
            raise
        talk.say("nobody could be met; going on with the records that are here")
        return 0


def hand_on(root: RootReplica, room: bytes, servers: Sequence[str], tokens: TokenOf) -> int:
    """Give them what the root key has written; return how many devices have it, as far as it is known.

    Whoever has heard of other words leaves this room at once, so nothing is said of it here:
    the meeting that follows in the team's own room knows who has what.
    """
    try:
        return _meet(root, servers, room, tokens).in_sync
    except TransportError:
        return 0


def _meet(root: RootReplica, servers: Sequence[str], room: bytes, tokens: TokenOf) -> SyncResult:
    if not servers:
        raise SignalingUnreachable("no signaling server is configured")
    result = run_until(_sync(root, servers, room, tokens), never)
    if not result.reached:
        raise NobodyReachable(
            "no member's device is in the recovery room",
            fix="have a teammate run: envlsp agent; or use a backup file",
        )
    return result


async def _sync(root: RootReplica, servers: Sequence[str], room: bytes, tokens: TokenOf) -> SyncResult:
    node = TeamNode(root, servers, room, tokens=tokens)
    try:
        async with asyncio.timeout(MEETING_S):
            await node.start()
        return await node.sync(MEETING_S)
    except TimeoutError:
        raise SignalingUnreachable("the server does not answer") from None
    finally:
        await node.close()
