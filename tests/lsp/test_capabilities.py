from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import converters, types

from envlsp.ide.positions import Encoding
from envlsp.ide.results import TokenKind
from envlsp.lsp.capabilities import TOKEN_TYPES, capabilities, greeting
from envlsp.lsp.client import Client, read_client
from envlsp.lsp.features import HANDLERS, find
from envlsp.lsp.names import COMMANDS, LOOKING, OWN, PREFIX, VERBS
from envlsp.service import verbs
from tests.support.lsp_client import BARE, FULL

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("said", (FULL, BARE))
def test_the_greeting_is_what_the_library_of_types_knows(said: dict[str, Any]) -> None:
    """It is written by hand, so that it is there before the library is."""
    converter = converters.get_converter()
    given_json = greeting(read_client({"capabilities": said}))
    there = converter.structure(given_json, types.InitializeResult)
    back = converter.unstructure(there)
    back["capabilities"]["experimental"] = given_json["capabilities"]["experimental"]
    assert back == given_json


def test_every_verb_of_the_service_is_a_command() -> None:
    assert set(VERBS) == set(verbs.NAMES)
    assert set(VERBS) >= LOOKING
    assert {PREFIX + name for name in (*OWN, *verbs.NAMES)} == set(COMMANDS)


def test_the_legend_is_in_the_order_of_the_kinds() -> None:
    assert [kind.name.lower() for kind in TokenKind] == list(TOKEN_TYPES)


def test_every_handler_can_be_loaded() -> None:
    assert all(find(method) is not None for method in HANDLERS)
    assert find("textDocument/nothing") is None


@pytest.mark.parametrize(
    ("offered", "encoding"),
    (
        (["utf-8", "utf-16"], Encoding.UTF8),
        (["utf-32", "utf-8"], Encoding.UTF32),
        (["utf-7"], Encoding.UTF16),
        ([], Encoding.UTF16),
        (None, Encoding.UTF16),
        ("utf-8", Encoding.UTF16),
    ),
)
def test_the_first_encoding_that_both_know_is_taken(offered: object, encoding: Encoding) -> None:
    params = {"capabilities": {"general": {"positionEncodings": offered}}}
    client = read_client(params)
    assert client.encoding is encoding
    assert capabilities(client)["positionEncoding"] == encoding.value


@given(JSON)
def test_an_editor_may_say_anything_at_all(json: Any) -> None:
    assert isinstance(read_client(json), Client)
    assert read_client({"capabilities": json}).folders == ()
    assert isinstance(read_client({"workspaceFolders": json, "processId": json}), Client)
    said = read_client({"capabilities": {"textDocument": json, "workspace": json, "window": json}})
    assert capabilities(said)["hoverProvider"] is True


def test_what_an_editor_can_do_is_read() -> None:
    full, bare = read_client({"capabilities": FULL}), read_client({"capabilities": BARE})
    assert full.refresh == {"codeLens", "inlayHint", "diagnostics", "semanticTokens"}
    assert full.extensions == {"input", "pick", "status", "masks", "files", "words"}
    assert full.pull_diagnostics
    assert full.markdown_hover
    assert bare == Client()
