"""`envlsp/files`: an editor is told of env files that it cannot know by their names."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from envlsp.ide.snapshot import AppFacts, Facts, ProjectFacts, Standing
from envlsp.lsp import notify
from tests.support.lsp_client import FULL, Editor
from tests.support.lsp_inside import Inside

SECRET = "hunter2"
ODD = "file:///shop/config/secrets.txt"
TOLD = {"experimental": {"envlsp": {"masks": True, "files": True}}}
CONFIG = "team: tm1q\nproject: shop\napps: { web: { path: ., files: { dev: FILE } } }\n"


def know(inside: Inside, *files: str) -> None:
    """Have the service find a project with these files."""
    app = AppFacts("web", "/shop", "node", {f"env{number}": file for number, file in enumerate(files)})
    inside.server.session.set_facts(Facts((ProjectFacts("/shop", "shop", Standing.READY, (app,)),)))
    inside.server.notify.facts_changed()


async def told(inside: Inside) -> list[Any]:
    """Return what the editor was told of files and of masks, in order."""
    await asyncio.sleep(notify.HOLD_S * 3)
    kinds = ("envlsp/files", "envlsp/masks")
    return [message for message in inside.sent if message.get("method") in kinds]


async def test_a_file_that_is_open_already_is_named_and_then_covered() -> None:
    inside = Inside(TOLD)
    inside.open(ODD, f"A={SECRET}\n", "plaintext")
    assert await told(inside) == [], "nobody knows yet"
    know(inside, "/shop/.env", "/shop/config/secrets.txt")
    files, masks = await told(inside)
    assert files["params"] == {"uris": [ODD]}
    assert masks["params"]["uri"] == ODD
    assert masks["params"]["lines"] == [[[2, 2 + len(SECRET)]]]
    assert SECRET not in str(inside.sent)


async def test_a_file_that_is_opened_later_is_covered_whatever_its_language_is_called() -> None:
    inside = Inside(TOLD)
    know(inside, "/shop/config/secrets.txt", "/shop/settings.py")
    for uri, language in ((ODD, "plaintext"), ("file:///shop/settings.py", "python")):
        inside.open(uri, f"A={SECRET}\n", language)
    _, *masks = await told(inside)
    assert {one["params"]["uri"] for one in masks} == {ODD, "file:///shop/settings.py"}
    assert all(one["params"]["lines"] == [[[2, 2 + len(SECRET)]]] for one in masks)


async def test_they_are_told_whole_and_only_when_they_changed() -> None:
    inside = Inside(TOLD)
    for files in (["/shop/.env"], ["/shop/a b"], ["/shop/a b"], ["/shop/a b", "/shop/c"], ["/shop/prod.env"]):
        know(inside, *files)
        await told(inside)
    assert [message["params"]["uris"] for message in await told(inside)] == [
        [],
        ["file:///shop/a%20b"],
        ["file:///shop/a%20b", "file:///shop/c"],
        [],
    ]


async def test_who_does_not_ask_for_them_is_told_none() -> None:
    inside = Inside({"experimental": {"envlsp": {"masks": True}}})
    inside.open(ODD, f"A={SECRET}\n", "plaintext")
    know(inside, "/shop/config/secrets.txt")
    assert [message["method"] for message in await told(inside)] == ["envlsp/masks"]


@pytest.mark.slow  # a process
def test_a_real_server_reads_them_from_ev_yaml_and_follows_it(tmp_path: Path) -> None:
    shop, config = tmp_path / "shop", tmp_path / "shop" / "ev.yaml"
    shop.mkdir()
    config.write_text(CONFIG.replace("FILE", "config/secrets.txt"))
    with Editor(shop, FULL, home=tmp_path / "home") as editor:
        first = editor.wait_for(lambda: editor.told("envlsp/files"))
        assert first == [{"uris": [editor.uri("config/secrets.txt")]}]
        uri = editor.open("config/secrets.txt", f"A={SECRET}\n")
        (masks,) = editor.wait_for(lambda: editor.told("envlsp/masks"))
        assert (masks["uri"], masks["lines"]) == (uri, [[[2, 2 + len(SECRET)]]])
        config.write_text(CONFIG.replace("FILE", ".envrc"))
        changes = [{"uri": editor.uri("ev.yaml"), "type": 2}]
        editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        editor.wait_for(lambda: len(editor.told("envlsp/files")) == 2)
        assert editor.told("envlsp/files")[-1] == {"uris": [editor.uri(".envrc")]}
        assert SECRET.encode() not in editor.received
