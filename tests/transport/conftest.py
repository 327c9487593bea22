from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest


@pytest.fixture
async def clean_loop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """No foreign server can be asked, no task is left, and nothing failed unnoticed."""
    from aiortc import RTCIceGatherer

    def never(*_args: object) -> list[object]:
        raise AssertionError("the default STUN server must never be used")

    monkeypatch.setattr(RTCIceGatherer, "getDefaultIceServers", never)
    complaints: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: complaints.append(str(context)))
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0.01)
    left = [task for task in asyncio.all_tasks() - before - {asyncio.current_task()} if not task.done()]
    gc.collect()
    await asyncio.sleep(0)
    assert not left, left
    assert not complaints, complaints
