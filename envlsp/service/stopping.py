"""Stopping what takes long, when the person in front has changed their mind.

Whoever waits is asked ten times a second; what has been made by then stays made.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from envlsp.errors import Stopped
from envlsp.service.ports import Cancelled, never

T = TypeVar("T")

POLL_S = 0.1
"""How long after a change of mind at most we notice; short for a person, long for a processor."""


def run_until(work: Coroutine[Any, Any, T], is_cancelled: Cancelled = never) -> T:
    """Run a coroutine in a loop of its own; end it when it is no longer wanted.

    Raises:
        Stopped: it was ended; it has cleaned up by then.
    """
    return asyncio.run(work if is_cancelled is never else _watched(work, is_cancelled))


async def _watched(work: Coroutine[Any, Any, T], is_cancelled: Cancelled) -> T:
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait({task}, timeout=POLL_S)
        if is_cancelled() and not task.done():
            task.cancel()
            await asyncio.wait({task})
    if task.cancelled():
        raise Stopped
    return task.result()


def call_until(work: Callable[[], T], is_cancelled: Cancelled = never) -> T:
    """Do what blocks; when it is no longer wanted, leave it to itself.

    Args:
        work: touches nothing that others use, since it may go on after we have left.
        is_cancelled: asked while it runs.

    Raises:
        Stopped: it is not waited for any more.
    """
    if is_cancelled is never:
        return work()
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as exc:  # noqa: BLE001  (raised again where it was asked for)
            failed.append(exc)

    thread = threading.Thread(target=run, name="waiting", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(POLL_S)
        if is_cancelled() and thread.is_alive():
            raise Stopped
    if failed:
        raise failed[0]
    return done[0]
