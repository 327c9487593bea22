"""Meeting teammates with the recovery words: their devices listen in a room that the words name."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from envlsp.errors import TransportError
from envlsp.service.ports import Talk
from envlsp.service.recovery.acting import RootReplica

MEET_S: Final = 20.0
"""As for a `sync` that a person asked for."""


def meet(root: RootReplica, room: bytes, servers: Sequence[str], talk: Talk) -> int:
    """Get what teammates have who are online; return how many devices were there.

    Raises:
        TransportError: nobody could be met, and there is no record here to go on with.
    """
    if not servers:
        return 0
    try:
        return asyncio.run(_meet(root, room, servers))
    except TransportError:
        if not len(root.ledger):
            raise
        talk.say("nobody could be met; going on with the records that are here")
        return 0


async def _meet(root: RootReplica, room: bytes, servers: Sequence[str]) -> int:
    from envlsp.service.team_node import TeamNode

    node = TeamNode(root, servers, recovery_room=room)
    await node.start()
    try:
        return (await node.sync(MEET_S)).reached
    finally:
        await node.close()
