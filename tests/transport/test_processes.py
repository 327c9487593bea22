from __future__ import annotations

import asyncio
import dataclasses
import os
import subprocess
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from envlsp.errors import LinkClosed
from envlsp.transport.api import MESSAGE_MAX_BYTES, IceServers, LinkOptions
from envlsp.transport.webrtc import Dial, WebRtcLink
from tests.support.link_peer import LinePipe
from tests.support.links import LOOPBACK

pytestmark = pytest.mark.slow

PEER = Path(__file__).parents[1] / "support" / "link_peer.py"


@asynccontextmanager
async def peer(options: LinkOptions = LOOPBACK) -> AsyncIterator[tuple[WebRtcLink, Process]]:
    """Open a link to a process that echoes."""
    process = await asyncio.create_subprocess_exec(sys.executable, str(PEER), stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    pipe = LinePipe(process.stdout, process.stdin)
    try:
        dial = Dial(controlling=True, servers=IceServers(), signals=pipe, options=options)
        link = await dial.open()
        yield link, process
        await link.close()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        process.stdin.close()
        process._transport.close()  # type: ignore[attr-defined]


async def test_a_megabyte_to_another_process_and_back(clean_loop: None) -> None:
    async with peer() as (link, _):
        messages = [os.urandom(MESSAGE_MAX_BYTES) for _ in range(64)]

        async def give() -> None:
            for message in messages:
                await link.send(message)

        started = time.monotonic()
        giving = asyncio.create_task(give())
        assert [await link.receive() for _ in messages] == messages
        await giving
        assert time.monotonic() - started < 10


async def test_a_process_that_leaves_is_noticed_at_once(clean_loop: None) -> None:
    async with peer() as (link, process):
        await link.send(b"leave")
        started = time.monotonic()
        with pytest.raises(LinkClosed):
            await link.receive()
        assert time.monotonic() - started < LOOPBACK.consent_timeout_s / 2
        await asyncio.wait_for(process.wait(), 60)


async def test_a_process_that_is_killed_is_noticed_by_its_silence(clean_loop: None) -> None:
    options = dataclasses.replace(LOOPBACK, consent_interval_s=0.2, consent_timeout_s=1.0)
    async with peer(options) as (link, process):
        process.kill()
        await process.wait()
        started = time.monotonic()
        with pytest.raises(LinkClosed):
            await asyncio.wait_for(link.receive(), 60)
        assert time.monotonic() - started < 10
        started = time.monotonic()
        await link.close()
        assert time.monotonic() - started < 5


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_what_stays_at_home_loads_no_network_library() -> None:
    heavy = "aiortc aioice av cryptography OpenSSL ifaddr"
    modules = "api memory params servers dial_plan dialer"
    code = (
        "import sys\n"
        + "".join(f"import envlsp.transport.{name}\n" for name in modules.split())
        + f"print(sorted(set({heavy.split()!r}) & set(sys.modules)))"
    )
    assert run(code) == "[]"


def test_webrtc_loads_without_pyav_and_soon() -> None:
    code = (
        "import sys, time\n"
        "started = time.process_time()\n"
        "import envlsp.transport.webrtc\n"
        "took = time.process_time() - started\n"
        "print(took, getattr(sys.modules['av'], '__file__', None), 'numpy' in sys.modules)"
    )
    took, file, numpy = run(code).split()
    assert (file, numpy) == ("None", "False")
    assert float(took) < 1  # 0.15 s of an idle core; a busy machine takes three times as long
