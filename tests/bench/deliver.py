"""Print how long a push takes to a connected peer, in ms, as JSON: `python -m tests.bench.deliver ROUNDS`.

This process is Alice's node, a second one is Bob's; a third echoes the same number of
bytes over a bare data channel, in turns with the pushes.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from envlsp.service.network.peer_loop import PeerLoop
from envlsp.sync.states import State
from envlsp.transport.api import IceServers
from envlsp.transport.webrtc import Dial
from tests.bench.echo_peer import loopback_only
from tests.bench.home import dotenv_text, team_of_two
from tests.support.cast import Actor
from tests.support.link_peer import LinePipe
from tests.support.links import LOOPBACK

VALUE_BYTES = 55  # with 100 names, a record of about 15 KB
PAUSE_S = 0.05  # a push now and then, not a stream of them


async def main(rounds: int) -> None:
    """Push and echo in turns."""
    with team_of_two(dotenv_text(value_bytes=VALUE_BYTES)) as (alice, bob):
        bob.close()
        node = _AliceNode(alice)
        await node.connect(bob)
        await node.push(0)
        size = node.record_bytes()
        echo = await _Echo.connect()
        times: dict[str, list[float]] = {name: [] for name in ("authored", "stored", "file", "echo", "disk")}
        for number in range(rounds + 3):
            measured = await node.push(number + 1)
            measured["echo"] = await echo.round_trip_ms(size)
            measured["disk"] = forced_write_ms(alice.folder, size)
            for name, took in measured.items():
                times[name] += [took] if number >= 3 else []
            await asyncio.sleep(PAUSE_S)
        await echo.close()
        await node.close()
    print(json.dumps({"bytes": size, **times}))


def forced_write_ms(folder: Path, size: int) -> float:
    """Return how long this disk takes to have `size` bytes for good, as each end of a push has to wait."""
    with (folder / "forced").open("ab") as file:
        start = time.monotonic()
        file.write(bytes(size))
        file.flush()
        os.fsync(file.fileno())
        return (time.monotonic() - start) * 1e3


class _AliceNode:
    """Alice's end of the session."""

    def __init__(self, alice: Actor) -> None:
        self._alice = alice
        self._team = alice.team

    async def connect(self, bob: Actor) -> None:
        """Start Bob's process and sync with it."""
        keys = self._team.keys
        bob_dpk = next(dpk for dpk in self._team.replica.state.devices if dpk != keys.dpk)
        self._process = await _spawn("tests.bench.deliver_peer", str(bob.folder), keys.dpk.hex())
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: PT018
        pipe = LinePipe(self._process.stdout, self._process.stdin)
        dial = Dial(controlling=keys.dpk < bob_dpk, servers=IceServers(), signals=pipe, options=LOOPBACK)
        self._loop = PeerLoop(await dial.open(), self._team.replica, bob_dpk, lambda _effect: None)
        self._team.replica.on_change.append(self._loop.local_change)
        self._running = asyncio.create_task(self._loop.run())
        await self._in_step()

    async def push(self, salt: int) -> dict[str, float]:
        """Change the file, push it, and return ms until it was written, stored at Bob's, in Bob's file."""
        self._alice.file.write_text(dotenv_text(value_bytes=VALUE_BYTES, salt=salt + 1))
        start = time.monotonic()
        self._alice.push()
        authored = time.monotonic()
        stored, in_file = await self._bob_says()
        await self._in_step()
        return {
            "authored": (authored - start) * 1e3,
            "stored": (stored - start) * 1e3,
            "file": (in_file - start) * 1e3,
        }

    def record_bytes(self) -> int:
        """Return the size of the newest record."""
        return len(self._team.replica.raw(self._team.replica.ledger.heads()[0]))

    async def close(self) -> None:
        """Leave, and wait for Bob's process."""
        self._loop.leave()
        await self._running
        await self._process.wait()

    async def _bob_says(self) -> tuple[float, float]:
        assert self._process.stdout is not None
        while not (line := await self._process.stdout.readline()).startswith(b"["):
            assert line, "Bob's process ended"
        stored, in_file = json.loads(line)
        return stored, in_file

    async def _in_step(self) -> None:
        # A poll, but outside of every time that counts.
        while self._loop.session.state is not State.IN_STEP or self._loop.is_behind:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


class _Echo:
    """A bare data channel to a process that sends everything back."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._connection = RTCPeerConnection(RTCConfiguration([]))
        self._channel = self._connection.createDataChannel("bench")
        self._came: asyncio.Queue[bytes] = asyncio.Queue()
        self._channel.on("message", self._came.put_nowait)

    @classmethod
    async def connect(cls) -> _Echo:
        loopback_only()
        process = await _spawn("tests.bench.echo_peer")
        echo = cls(process)
        await echo._open()
        return echo

    async def _open(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: PT018
        opened = asyncio.Event()
        self._channel.on("open", opened.set)
        await self._connection.setLocalDescription(await self._connection.createOffer())
        local = self._connection.localDescription
        self._process.stdin.write(json.dumps({"sdp": local.sdp, "type": local.type}).encode() + b"\n")
        answer = json.loads(await self._process.stdout.readline())
        await self._connection.setRemoteDescription(RTCSessionDescription(**answer))
        await asyncio.wait_for(opened.wait(), 20)

    async def round_trip_ms(self, size: int) -> float:
        start = time.monotonic()
        self._channel.send(bytes(size))
        await self._came.get()
        return (time.monotonic() - start) * 1e3

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        await self._connection.close()
        await self._process.wait()


async def _spawn(module: str, *words: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-m", module, *words, stdin=PIPE, stdout=PIPE)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
