"""What commands are given: one object, or nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.lsp_client import FULL
from tests.support.lsp_inside import Inside


@pytest.mark.parametrize("junk", (["x"], [1], [["x"]], [False], [""]))
async def test_what_is_no_argument_is_refused(junk: list[Any]) -> None:
    inside = Inside(FULL)
    inside.server.protocol.receive(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "workspace/executeCommand",
            "params": {"command": "envlsp.status", "arguments": junk},
        }
    )
    await asyncio.sleep(0.05)
    (answer,) = [message for message in inside.sent if message.get("id") == 1]
    assert "no argument of a command" in answer["error"]["message"]
