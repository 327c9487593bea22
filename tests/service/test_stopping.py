"""What takes long ends soon after a change of mind, and cleans up first."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from envlsp.errors import NotFound, Stopped
from envlsp.service.stopping import call_until, run_until


def soon() -> float:
    return time.monotonic() + 2


async def works(log: list[str]) -> str:
    try:
        await asyncio.sleep(0)
        return "done"
    finally:
        log.append("clean")


async def hangs(log: list[str]) -> str:
    try:
        await asyncio.sleep(60)
        return "done"
    finally:
        await asyncio.sleep(0)
        log.append("clean")


def test_what_is_wanted_is_done() -> None:
    log: list[str] = []
    assert run_until(works(log)) == "done"
    assert run_until(works(log), lambda: False) == "done"
    assert call_until(lambda: "done") == "done"
    assert call_until(lambda: "done", lambda: False) == "done"
    assert log == ["clean", "clean"]


def test_what_is_not_wanted_any_more_cleans_up_and_stops() -> None:
    log: list[str] = []
    limit = soon()
    with pytest.raises(Stopped):
        run_until(hangs(log), lambda: True)
    assert log == ["clean"]
    assert time.monotonic() < limit


def test_what_is_done_already_is_not_taken_back() -> None:
    assert run_until(works([]), lambda: False) == "done"


def test_a_failure_is_told_as_it_is() -> None:
    async def fails() -> None:
        raise NotFound("nothing")

    def fails_too() -> None:
        raise NotFound("nothing")

    with pytest.raises(NotFound):
        run_until(fails(), lambda: False)
    with pytest.raises(NotFound):
        call_until(fails_too, lambda: False)


def test_a_call_is_left_to_itself() -> None:
    over = threading.Event()
    limit = soon()
    with pytest.raises(Stopped):
        call_until(lambda: over.wait(30), lambda: True)
    over.set()
    assert time.monotonic() < limit
