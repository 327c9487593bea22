from __future__ import annotations

from typing import Any

from envlsp.lsp.progress import Line
from tests.support.lsp_client import FULL
from tests.support.lsp_inside import Inside


async def test_a_code_is_beside_the_message_that_has_it_and_goes_with_it() -> None:
    inside = Inside(FULL)
    line = shown(inside)
    line.report("read this: 7-abc", code="7-abc")
    line.report("Bob wants to join")
    assert [value.get("code") for value in told(inside)] == [None, "7-abc", None]
    assert told(inside)[1] == {"kind": "report", "message": "read this: 7-abc", "code": "7-abc"}


async def test_a_line_of_progress_has_no_link() -> None:
    inside = Inside(FULL)
    shown(inside).report("Bob [me](command:evil) wants to join")
    assert told(inside)[-1]["message"] == "Bob [me] (command:evil) wants to join"


def shown(inside: Inside) -> Line:
    line = inside.server.work.line("envlsp invite", lambda: None)
    line.begin("mine")
    return line


def told(inside: Inside) -> list[Any]:
    return [params["value"] for params in inside.told("$/progress")]
