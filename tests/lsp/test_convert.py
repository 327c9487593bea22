from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from envlsp.ide import markdown
from envlsp.ide.positions import Position, Range, line_range
from envlsp.ide.results import (
    Action,
    ActionKind,
    Command,
    Edit,
    Fold,
    Hover,
    Problem,
    Related,
    Severity,
    Symbol,
    Target,
    Token,
    TokenKind,
)
from envlsp.lsp import convert
from envlsp.lsp.client import Client, read_client
from envlsp.lsp.session import Session
from tests.support.lsp_client import FULL

PLACE = "/shop/.env"
URI = "file:///shop/.env"
HERE = line_range(1, 0, 4)


def _session(said: dict[str, Any] | None = None) -> Session:
    return Session(Client() if said is None else read_client({"capabilities": said}))


@pytest.mark.parametrize(
    ("text", "plain"),
    (
        ("`_A_B_` ••••••", "_A_B_ ••••••"),
        ("**dev** · `1a2b`", "dev · 1a2b"),
        ("[the page](https://x.test/a_b)", "the page"),
        (r"\[no\]\(link\) a\*b \_ \`c\` \\", "[no](link) a*b _ `c` \\"),
        ("```text\na **b** `c` \\* _d_\n\ne\n```", "a **b** `c` \\* _d_\n\ne"),
        ("````text\n```\n````\n\nend", "```\n\nend"),
        ("``a`b``", "a`b"),
        ("one  \ntwo", "one\ntwo"),
        ("snake_case_name", "snake_case_name"),
        ("", ""),
    ),
)
def test_plain_text_of_markdown(text: str, plain: str) -> None:
    assert convert.to_plain(text) == plain


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_what_is_revealed_reads_the_same_without_markdown(value: str) -> None:
    assert value in convert.to_plain(f"`NAME`\n\n{markdown.block(value)}\n\nmore")


@given(st.text(st.sampled_from("ab_*`[]()\\<>#-.!"), min_size=1, max_size=12))
def test_what_was_escaped_reads_the_same_without_markdown(text: str) -> None:
    shown = convert.to_plain(markdown.plain(text))
    assert shown == text


def test_a_hover_is_as_plain_as_the_editor() -> None:
    hover = Hover("`A` **b**", HERE)
    full = convert.to_hover(_session(FULL), hover).contents
    bare = convert.to_hover(_session(), hover).contents
    assert full == types.MarkupContent(types.MarkupKind.Markdown, "`A` **b**")
    assert bare == types.MarkupContent(types.MarkupKind.PlainText, "A b")


def test_edits_name_versions_where_they_are_understood() -> None:
    edits = [Edit(PLACE, HERE, "x"), Edit("/shop/b", HERE, "y"), Edit(PLACE, HERE, "z")]
    session = _session(FULL)
    session.open(URI, "", 5, "")
    found = convert.to_workspace_edit(session, edits).document_changes
    assert found is not None
    versions = [
        (c.text_document.version, len(c.edits)) for c in found if isinstance(c, types.TextDocumentEdit)
    ]
    assert versions == [(5, 2), (None, 1)]
    changes = convert.to_workspace_edit(_session(), edits).changes
    assert changes is not None
    assert {uri: len(found) for uri, found in changes.items()} == {URI: 2, "file:///shop/b": 1}


def test_a_problem_says_as_much_as_the_editor_can_take() -> None:
    related = (Related(Target("/shop/b", HERE), "there"),)
    problem = Problem("x", HERE, "words", Severity.HINT, True, related, {"name": "A"})
    full = convert.to_diagnostic(_session(FULL), problem)
    assert full.tags == [types.DiagnosticTag.Unnecessary]
    assert full.data == {"name": "A"}
    assert full.related_information is not None
    assert full.related_information[0].location.uri == "file:///shop/b"
    bare = convert.to_diagnostic(_session(), problem)
    assert (bare.tags, bare.data, bare.related_information) == (None, None, None)
    assert bare.severity is types.DiagnosticSeverity.Hint


def test_actions_are_commands_where_nothing_else_is_known() -> None:
    command = Command("Push", "envlsp.push", {"place": PLACE, "force": True})
    actions = [
        Action("Fix", ActionKind.QUICK_FIX, edits=(Edit(PLACE, HERE, ""),), is_preferred=True),
        Action("Push", ActionKind.SOURCE, command=command),
    ]
    bare = convert.to_actions(_session(), actions)
    assert bare == [types.Command("Push", "envlsp.push", arguments=[{"force": True, "uri": URI}])]
    full = convert.to_actions(_session(FULL), actions)
    assert [type(action) for action in full] == [types.CodeAction, types.CodeAction]
    assert full[0].is_preferred is True  # type: ignore[union-attr]


def test_an_action_that_makes_a_file_goes_to_editors_that_can() -> None:
    edit = Edit("/shop/.env.new", line_range(0, 0, 0), "A=\n")
    action = Action("Create", ActionKind.QUICK_FIX, (edit,), creates=(edit.place,))
    (found,) = convert.to_actions(_session(FULL), [action])
    assert isinstance(found, types.CodeAction)
    assert found.edit is not None
    made, filled = found.edit.document_changes or ()
    uri = "file:///shop/.env.new"
    assert made == types.CreateFile(uri, options=types.CreateFileOptions(ignore_if_exists=True))
    assert isinstance(filled, types.TextDocumentEdit)
    assert (filled.text_document.uri, filled.text_document.version) == (uri, None)
    can_edit: dict[str, Any] = {"codeAction": {"codeActionLiteralSupport": {}}}
    said = {"textDocument": can_edit, "workspace": {"workspaceEdit": {"documentChanges": True}}}
    assert convert.to_actions(_session(said), [action]) == []
    said = {"textDocument": can_edit, "workspace": {"workspaceEdit": {"resourceOperations": ["create"]}}}
    (again,) = convert.to_actions(_session(said), [action])
    assert isinstance(again, types.CodeAction)
    assert again.edit == found.edit


def test_an_outline_is_a_list_where_trees_are_not_known() -> None:
    inner = Symbol("A", "••••••", HERE, HERE)
    outer = Symbol("part", "", Range(Position(0, 0), Position(2, 0)), HERE, (inner,))
    tree = convert.to_symbols(_session(FULL), PLACE, [outer]).json
    assert [(s["name"], [child["name"] for child in s["children"]]) for s in tree] == [("part", ["A"])]
    flat = convert.to_symbols(_session(), PLACE, [outer]).json
    assert [(s["name"], s.get("containerName")) for s in flat] == [("part", None), ("A", "part")]


def test_small_things() -> None:
    tokens = [
        Token(0, 2, 3, TokenKind.STRING),
        Token(0, 9, 1, TokenKind.COMMENT),
        Token(3, 1, 1, TokenKind.VARIABLE),
    ]
    assert convert.to_tokens(tokens).data == [0, 2, 3, 1, 0, 0, 7, 1, 2, 0, 3, 1, 1, 0, 0]
    folds = convert.to_folds([Fold(1, 3, is_comment=True), Fold(4, 5)])
    assert [fold.kind for fold in folds] == [types.FoldingRangeKind.Comment, types.FoldingRangeKind.Region]
    assert convert.to_selection(Position(1, 2), ()).range == convert.to_range(line_range(1, 2, 2))
    grown = convert.to_selection(Position(1, 2), (HERE, line_range(1, 0, 9)))
    assert grown.range == convert.to_range(HERE)
    assert grown.parent is not None
