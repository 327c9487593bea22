"""What the server says by itself: diagnostics for editors that do not ask, refreshes, status."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from envlsp.domain.environment import Triple
from envlsp.ide.snapshot import AppFacts, EnvironmentFacts, Facts, ProjectFacts, Standing
from envlsp.lsp import notify
from envlsp.lsp.diagnostics import PAUSE_S
from tests.support.lsp_client import FULL, span
from tests.support.lsp_inside import Inside

pytestmark = pytest.mark.slow  # it waits for what comes after a pause

URI = "file:///shop/.env"
PUBLISHED = "textDocument/publishDiagnostics"
PUSH = {"textDocument": {"publishDiagnostics": {"versionSupport": True}}}


def _change(inside: Inside, version: int, text: str = "x") -> None:
    changes = [{"range": span(0, 0, 0), "text": text}]
    inside.tell(
        "textDocument/didChange",
        {"textDocument": {"uri": URI, "version": version}, "contentChanges": changes},
    )


def _versions(inside: Inside) -> list[Any]:
    return [params.get("version") for params in inside.told(PUBLISHED) if params["uri"] == URI]


async def test_the_first_change_after_a_pause_is_told_at_once() -> None:
    inside = Inside(PUSH)
    inside.open(URI, "A=1\nA=2\n")
    await asyncio.sleep(0.02)
    assert _versions(inside) == [1]
    await asyncio.sleep(PAUSE_S * 1.5)
    _change(inside, 2)
    await asyncio.sleep(0.02)
    assert _versions(inside) == [1, 2]


async def test_a_burst_ends_in_few_messages_of_which_the_last_is_right() -> None:
    inside = Inside(PUSH)
    inside.open(URI, "A=1\n")
    for version in range(2, 202):
        _change(inside, version)
        if version % 50 == 0:
            await asyncio.sleep(0.002)
    await asyncio.sleep(PAUSE_S * 2)
    assert 1 <= len(_versions(inside)) <= 10
    assert _versions(inside)[-1] == 201


async def test_what_follows_in_other_documents_is_told_too_and_only_then() -> None:
    inside = Inside(PUSH)
    inside.open(URI, "A=1\n")
    inside.open("file:///shop/.env.local", "B=${NOWHERE}\nB=2\n")
    await asyncio.sleep(PAUSE_S * 2)
    before = len(inside.told(PUBLISHED))
    _change(inside, 2, "C=1\n")
    await asyncio.sleep(PAUSE_S * 2)
    assert {params["uri"] for params in inside.told(PUBLISHED)[before:]} == {URI}


async def test_a_closed_document_has_no_problems_any_more() -> None:
    inside = Inside(PUSH)
    inside.open(URI, "A=1\nA=2\nbroken line\n")
    await asyncio.sleep(0.05)
    assert inside.told(PUBLISHED)[-1]["diagnostics"]
    inside.tell("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert inside.told(PUBLISHED)[-1] == {"uri": URI, "diagnostics": []}


async def test_who_asks_is_not_told() -> None:
    inside = Inside(FULL)
    inside.open(URI, "A=1\nA=2\n")
    await asyncio.sleep(0.05)
    assert inside.told(PUBLISHED) == []
    first = inside.ask("textDocument/diagnostic", {"textDocument": {"uri": URI}})["result"]
    known = {"textDocument": {"uri": URI}, "previousResultId": first["resultId"]}
    assert first["kind"] == "full"
    assert inside.ask("textDocument/diagnostic", known)["result"]["kind"] == "unchanged"
    _change(inside, 2)
    assert inside.ask("textDocument/diagnostic", known)["result"]["kind"] == "full"
    nowhere = {"textDocument": {"uri": "file:///shop/not-open.py"}}
    assert inside.ask("textDocument/diagnostic", nowhere)["result"]["items"] == []


async def test_who_asks_is_told_to_ask_again_when_other_documents_have_other_problems() -> None:
    """A fix in code may open an env file that has the new name in it already."""
    inside = Inside(FULL)
    inside.server.session.set_facts(_facts())
    code = "file:///shop/app.py"
    inside.open(code, 'import os\nos.environ["NOWHERE"]\n', "python")
    asking = {"textDocument": {"uri": code}}
    inside.open(URI, "A=1\n")
    assert inside.ask("textDocument/diagnostic", asking)["result"]["items"]
    await asyncio.sleep(PAUSE_S * 3)
    assert _asked(inside) == []
    inside.tell("textDocument/didClose", {"textDocument": {"uri": URI}})
    inside.open(URI, "A=1\nNOWHERE=here\n")
    await asyncio.sleep(PAUSE_S * 3)
    assert _asked(inside) == ["workspace/diagnostic/refresh"]
    assert inside.ask("textDocument/diagnostic", asking)["result"]["items"] == []


def _asked(inside: Inside) -> list[str]:
    return [message["method"] for message in inside.sent if message.get("id") and "method" in message]


def _facts(peers: int = 0) -> Facts:
    environment = EnvironmentFacts(
        Triple("shop", "web", "dev"), "/shop/.env", heads=("v2",), base_label="v1", behind=1
    )
    app = AppFacts("web", "/shop", "node", {"dev": "/shop/.env"})
    project = ProjectFacts(
        "/shop", "shop", Standing.READY, (app,), team="tm1x", environments={("web", "dev"): environment}
    )
    return Facts((project,), peers=peers)


async def test_news_that_come_together_are_told_once() -> None:
    inside = Inside(FULL)
    for peers in (0, 1, 2):
        inside.server.session.set_facts(_facts(peers))
        inside.server.notify.facts_changed()
    await asyncio.sleep(notify.HOLD_S * 3)
    asked = [message["method"] for message in inside.sent if message.get("id")]
    assert sorted(asked) == [
        "workspace/codeLens/refresh",
        "workspace/diagnostic/refresh",
        "workspace/inlayHint/refresh",
    ]
    (status,) = inside.told("envlsp/status")
    assert status["peers"] == 2
    assert status["projects"][0]["environments"] == [
        {
            "app": "web",
            "env": "dev",
            "uri": URI,
            "releases": ["v2"],
            "base": "v1",
            "behind": 1,
            "conflicts": [],
        }
    ]
    inside.server.notify.facts_changed()
    await asyncio.sleep(notify.HOLD_S * 3)
    assert len(inside.told("envlsp/status")) == 1  # nothing new in it


async def test_what_looks_like_an_attack_is_shown_once() -> None:
    inside = Inside(FULL)
    line = "Bob's device laptop wrote two different records as its next one; ask its owner"
    (project,) = _facts().projects
    for warnings in ((), (line,), (line,)):
        warned = replace(project, alarms=(line,), warnings=warnings)
        inside.server.session.set_facts(Facts((warned,)))
        inside.server.notify.facts_changed()
        await asyncio.sleep(notify.HOLD_S * 3)
    assert inside.told("window/showMessage") == [{"type": 2, "message": line}]
    assert inside.told("envlsp/status")[-1]["projects"][0]["alarms"] == [line]


async def test_a_refresh_is_not_sent_again_before_it_was_answered() -> None:
    inside = Inside({"workspace": {"codeLens": {"refreshSupport": True}}})
    inside.server.notify.facts_changed()
    await asyncio.sleep(notify.HOLD_S * 2)
    inside.server.notify.facts_changed()
    await asyncio.sleep(notify.HOLD_S * 2)
    (asked,) = [message for message in inside.sent if message.get("id")]
    inside.server.protocol.receive({"jsonrpc": "2.0", "id": asked["id"], "result": None})
    await asyncio.sleep(notify.HOLD_S * 2)
    assert len([message for message in inside.sent if message.get("id")]) == 2


async def test_an_editor_that_never_answers_is_asked_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notify, "ANSWER_S", notify.HOLD_S * 4)
    inside = Inside({"workspace": {"codeLens": {"refreshSupport": True}}})
    inside.server.notify.facts_changed()
    await asyncio.sleep(notify.HOLD_S * 2)
    inside.server.notify.facts_changed()
    asked: list[Any] = []
    for _ in range(100):
        await asyncio.sleep(notify.HOLD_S)
        asked = [message for message in inside.sent if message.get("id")]
        if len(asked) == 2:
            break
    first, _ = asked
    inside.server.protocol.receive({"jsonrpc": "2.0", "id": first["id"], "result": None})
    await asyncio.sleep(0)
    assert "codeLens" in inside.server.notify._asked  # the second one is what we wait for now


async def test_an_editor_that_cannot_refresh_is_asked_nothing() -> None:
    inside = Inside({})
    inside.server.session.set_facts(_facts())
    inside.server.notify.facts_changed()
    inside.server.notify.settings_changed()
    await asyncio.sleep(notify.HOLD_S * 3)
    assert inside.sent == []
