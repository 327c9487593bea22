"""`envlsp/masks` as an editor gets it, and the two switches of a window."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.errors import Misuse
from envlsp.ide.masks import Changes, Line
from envlsp.lsp.masks import _message, _Told
from tests.support.lsp_inside import Inside

MASKING = {"experimental": {"envlsp": {"masks": True}}}
TEXT = 'A=hunter2\nB="two\nlines"\n'
COVERED = [[[2, 9]], [[2, 6]], [[0, 6]]]


async def heard(inside: Inside) -> list[Any]:
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return inside.told("envlsp/masks")


def change(inside: Inside, uri: str, version: int, line: int, start: int, end: int, text: str) -> None:
    place = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
    inside.tell(
        "textDocument/didChange",
        {
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": [{"range": place, "text": text}],
        },
    )


async def test_masks_come_with_the_document_and_with_each_change() -> None:
    inside = Inside(MASKING)
    uri = inside.open("file:///x/.env", TEXT)
    (first,) = await heard(inside)
    assert first == {
        "uri": uri,
        "version": 1,
        "start": 0,
        "end": None,
        "lines": COVERED,
        "changes": [],
        "removed": [],
    }
    change(inside, uri, 2, 0, 2, 2, "xx")
    _, second = await heard(inside)
    assert (second["version"], second["start"], second["end"], second["lines"]) == (2, 0, 1, [[[2, 11]]])
    change(inside, uri, 3, 0, 0, 0, "NEW=1\n")
    *_, third = await heard(inside)
    assert (third["version"], third["start"], third["end"], third["lines"]) == (3, 0, 0, [[[4, 5]]])


async def test_a_burst_is_told_once_and_for_its_last_version() -> None:
    inside = Inside(MASKING)
    uri = inside.open("file:///x/.env", TEXT)
    for version in range(2, 12):
        change(inside, uri, version, 0, 2, 2, "x")
    (only,) = await heard(inside)
    assert only["version"] == 11


async def test_a_document_opened_again_is_told_whole() -> None:
    inside = Inside(MASKING)
    uri = inside.open("file:///x/.env", TEXT)
    await heard(inside)
    inside.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
    inside.open(uri, TEXT)
    again = (await heard(inside))[-1]
    assert (again["end"], again["lines"]) == (None, COVERED)


async def test_who_draws_no_masks_is_told_none() -> None:
    inside = Inside({})
    inside.open("file:///x/.env", TEXT)
    assert await heard(inside) == []


async def test_no_message_holds_a_value() -> None:
    inside = Inside(MASKING)
    inside.open("file:///x/.env", "# was hunter2 once\nA=hunter2\n")
    assert "hunter2" not in str(await heard(inside))


async def test_masks_off_and_on_again() -> None:
    inside = Inside(MASKING)
    uri = inside.open("file:///x/.env", TEXT)
    await heard(inside)
    answer = await inside.server.commands.run("envlsp.mask.toggle", {})
    assert answer == {"schema": 1, "masked": False, "presenting": False}
    await asyncio.sleep(0.1)
    bare = (await heard(inside))[-1]
    assert (bare["uri"], bare["lines"]) == (uri, [[], [], []])
    await inside.server.commands.run("envlsp.mask.toggle", {})
    await asyncio.sleep(0.1)
    assert (await heard(inside))[-1]["lines"] == COVERED


async def test_whoever_presents_reveals_and_copies_nothing() -> None:
    inside = Inside(MASKING)
    uri = inside.open("file:///x/.env", TEXT)
    about = {"uri": uri, "name": "A"}
    run = inside.server.commands.run
    assert (await run("envlsp.reveal", about))["value"] == "hunter2"
    await run("envlsp.mask.toggle", {})
    assert (await run("envlsp.presentation.toggle", {}))["masked"], "the masks are on again with it"
    for command, argument in (("reveal", about), ("copy", about), ("mask.toggle", {})):
        with pytest.raises(Misuse, match="presenting"):
            await run(f"envlsp.{command}", argument)
    assert not inside.server.session.snapshot.settings.hover_reveal
    assert not (await run("envlsp.presentation.toggle", {}))["presenting"]
    assert (await run("envlsp.copy", about))["value"] == "hunter2"


async def test_an_editor_that_was_started_to_present_goes_on_presenting() -> None:
    inside = Inside(MASKING, environ={"ENVLSP_PRESENT": "1"})
    uri = inside.open("file:///x/.env", TEXT)
    for command in ("reveal", "presentation.toggle"):
        with pytest.raises(Misuse, match="presenting"):
            await inside.server.commands.run(f"envlsp.{command}", {"uri": uri, "name": "A"})


async def test_the_setting_presents_too() -> None:
    inside = Inside(MASKING)
    inside.tell("workspace/didChangeConfiguration", {"settings": {"envlsp": {"presentation": True}}})
    assert inside.server.session.is_presenting
    assert not (await inside.server.commands.run("envlsp.presentation.toggle", {}))["presenting"]


lines: st.SearchStrategy[list[Line]] = st.lists(
    st.sampled_from(((), ((0, 1),), ((2, 3), (4, 5)))), max_size=9
)


@given(before=lines, after=lines)
def test_a_client_that_splices_has_what_the_server_has(before: list[Line], after: list[Line]) -> None:
    first = _message("u", None, _Told(1, before, Changes()))
    then = _message("u", _Told(1, before, Changes()), _Told(2, after, Changes()))
    held: list[Any] = []
    for message in (first, then):
        end = len(held) if message["end"] is None else message["end"]
        held[message["start"] : end] = message["lines"]
    assert held == [[list(span) for span in line] for line in after]
