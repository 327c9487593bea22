"""What is read in a text does not depend on the text that was there before it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.code.language import TreeLanguage
from envlsp.code.languages import language_for
from envlsp.code.trees import edited_tree

pytestmark = pytest.mark.slow  # a long search

PYTHON = """import os
from os import environ as e, getenv

def port(limit=10):
    é = e["HOST"]  # where
    if limit:
        return e.get("PORT", "80")
    return getenv("URL")
"""
SCRIPT = """const { HOST, PORT: port = "80" } = process.env // where
const e = process.env
function url(limit = 10) {
  if (limit > 1) { return e.URL }
  const é = `${process.env["API"]}`; /* why */
  return e?.TOKEN ?? "x"
}
"""
PIECES = (
    *("", "a", "\n", "    ", '"', "'", '"""', "(", ")", "{", "}", "[", "]", "#", "//", "/*", "*/", "`", "${"),
    *("\nx = 1\n", ";", ",", ".", "=", "é", "process.env.A", 'os.environ["B"]', "e.C", "\\", "\t"),
)


@st.composite
def versions(draw: st.DrawFn, text: str) -> list[bytes]:
    """Draw a text as somebody changes it, one place at a time."""
    found = []
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(text)))
        taken = draw(st.sampled_from((0, 0, 0, 1, 2, 7, 30)))
        text = text[:at] + draw(st.sampled_from(PIECES)) + text[at + taken :]
        found.append(text.encode())
    return found


def _language(name: str) -> TreeLanguage:
    found = language_for(name, "")
    assert isinstance(found, TreeLanguage)
    return found


def _check(name: str, texts: list[bytes]) -> None:
    grammar = _language(name).syntax.grammar
    after_others = [_language(name)._looked(text) for text in texts]
    for text, found in zip(texts, after_others, strict=True):
        grammar.forget()
        alone = _language(name)._looked(text)
        assert (found.reads(), found.spots) == (alone.reads(), alone.spots)


@given(versions(PYTHON))
def test_python_is_read_the_same_after_any_other_text(texts: list[bytes]) -> None:
    _check("a.py", [PYTHON.encode(), *texts])


@given(versions(SCRIPT))
def test_scripts_are_read_the_same_after_any_other_text(texts: list[bytes]) -> None:
    for name in ("a.js", "a.tsx"):
        _check(name, [SCRIPT.encode(), *texts])


def test_most_of_a_tree_stays_after_a_keystroke() -> None:
    before = PYTHON.encode()
    tree = _language("a.py").syntax.grammar.parse(before)
    edited = edited_tree(before, tree, before.replace(b"HOST", b"HOSTS"))
    assert edited is not None
    assert [node.has_changes for node in edited.root_node.children] == [False, False, True]
    assert not tree.root_node.has_changes
    assert edited_tree(before, tree, b"x" * 5_000) is None
