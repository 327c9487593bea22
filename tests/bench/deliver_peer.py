"""The peer of `deliver`: `python -m tests.bench.deliver_peer FOLDER DPK`.

Is Bob, whose files are in FOLDER, in a session with the device DPK (hex). Signals go
over stdin and stdout; then a JSON line for each change: when it was stored, when the
file had it (seconds of the machine's monotonic clock).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.service.facade import Service
from envlsp.service.network.peer_loop import PeerLoop
from envlsp.service.pulling import pull
from envlsp.transport.api import IceServers
from envlsp.transport.webrtc import Dial
from tests.support.cast import QuietTalk
from tests.support.link_peer import stdio
from tests.support.links import LOOPBACK


async def main(folder: Path, alice: DevicePk) -> None:
    """Follow until the peer leaves."""
    pipe = await stdio()
    service = Service(QuietTalk(), environ={"ENVLSP_HOME": str(folder / "home")})
    opened = service.open(folder / "shop")
    pull(opened.team, opened.context)

    def changed(_ids: Sequence[RecordId]) -> None:
        stored = time.monotonic()
        pull(opened.team, opened.context)
        pipe.writer.write(json.dumps([stored, time.monotonic()]).encode() + b"\n")

    opened.team.replica.on_change.append(changed)
    controlling = opened.team.keys.dpk < alice
    link = await Dial(controlling=controlling, servers=IceServers(), signals=pipe, options=LOOPBACK).open()
    await PeerLoop(link, opened.team.replica, alice, lambda _effect: None).run()
    service.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), DevicePk(bytes.fromhex(sys.argv[2]))))
