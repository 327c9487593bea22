"""An `envlsp://` document that is open: it can be looked at, and nothing of it is edited or revealed."""

from __future__ import annotations

from typing import Any

import pytest

from envlsp.domain.environment import Triple
from envlsp.domain.secret import SecretText
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Encoding
from envlsp.ide.snapshot import AppFacts, EnvironmentFacts, Facts, NameFacts, ProjectFacts, Standing
from envlsp.ide.text import Text
from tests.support.lsp_client import FULL, span
from tests.support.lsp_inside import Inside

SHOWN = "envlsp://tm1abc/shop/web/dev@v2"
TEXT = "# shop/web/dev, values masked\n# v2 by Alice\n\n# --- Api ---\nAPI_URL=••••••\nTOKEN=••••••\n"
FILE = "/shop/.env"


@pytest.fixture
async def inside() -> Inside:
    made = Inside(FULL)
    app = AppFacts("web", "/shop", "node", {"dev": FILE})
    name = NameFacts(b"1" * 16, b"2" * 16, is_empty=False, author="Alice", ts=1, release="v2")
    environment = EnvironmentFacts(Triple("shop", "web", "dev"), FILE, {"TOKEN": name}, heads=("v2",))
    project = ProjectFacts(
        "/shop", "shop", Standing.READY, (app,), team="tm1abcdef", environments={("web", "dev"): environment}
    )
    disk = {FILE: EnvFile.of(Text.of("TOKEN=planted\n", Encoding.UTF16), "node")}
    made.server.session.set_facts(Facts((project,), lambda data: data[:16], disk=disk))
    made.open(SHOWN, TEXT, "dotenv")
    return made


def _about(inside: Inside, method: str, uri: str = SHOWN, **more: Any) -> Any:
    return inside.ask(f"textDocument/{method}", {"textDocument": {"uri": uri}, **more})


def _at(inside: Inside, method: str, line: int, character: int, **more: Any) -> Any:
    return _about(inside, method, position={"line": line, "character": character}, **more)


async def test_it_has_an_outline_folds_and_colours(inside: Inside) -> None:
    (part,) = _about(inside, "documentSymbol")["result"]
    assert part["name"] == "Api"
    assert [(child["name"], child["detail"]) for child in part["children"]] == [
        ("API_URL", "••••••"),
        ("TOKEN", "••••••"),
    ]
    assert [fold["startLine"] for fold in _about(inside, "foldingRange")["result"]] == [0, 3]
    assert _about(inside, "semanticTokens/full")["result"]["data"][:5] == [0, 0, 29, 2, 0]


async def test_a_name_leads_to_its_file_and_says_what_is_known(inside: Inside) -> None:
    assert _at(inside, "definition", 5, 2)["result"] == [{"uri": "file:///shop/.env", "range": span(0, 0, 5)}]
    assert [found["range"] for found in _at(inside, "documentHighlight", 5, 2)["result"]] == [span(5, 0, 5)]
    said = str(_at(inside, "hover", 5, 2)["result"])
    assert "changed by Alice" in said
    assert "planted" not in said


async def test_no_hover_reveals_and_nothing_is_offered_to_change_it(inside: Inside) -> None:
    inside.server.session.grant(SHOWN, "TOKEN", SecretText("planted"))
    for column in (2, 8):
        assert "planted" not in str(_at(inside, "hover", 5, column))
    assert _at(inside, "prepareRename", 5, 2)["result"] is None
    assert "error" in _at(inside, "rename", 5, 2, newName="OTHER")
    assert _about(inside, "codeLens")["result"] == []
    assert _about(inside, "diagnostic")["result"]["items"] == []
    assert _about(inside, "inlayHint", range=span(0, 0, 0, 6))["result"] in ([], None)
    asked: Any = {"range": span(5, 0, 5), "context": {"diagnostics": []}}
    assert _about(inside, "codeAction", **asked)["result"] in ([], None)


async def test_it_follows_what_the_editor_fetched_again(inside: Inside) -> None:
    params = {"textDocument": {"uri": SHOWN, "version": 2}, "contentChanges": [{"text": "OTHER=••••••\n"}]}
    inside.tell("textDocument/didChange", params)
    assert [symbol["name"] for symbol in _about(inside, "documentSymbol")["result"]] == ["OTHER"]


@pytest.mark.parametrize(
    "uri", ("envlsp://tm1zzz/shop/web/dev", "envlsp://tm1abc/shop", "envlsp:///shop/web/dev")
)
async def test_of_another_team_only_the_text_is_known(inside: Inside, uri: str) -> None:
    inside.open(uri, TEXT, "dotenv")
    assert _about(inside, "documentSymbol", uri)["result"]
    at: Any = {"position": {"line": 5, "character": 2}}
    assert _about(inside, "definition", uri, **at)["result"] == []
    assert "Alice" not in str(_about(inside, "hover", uri, **at)["result"])
