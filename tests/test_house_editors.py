"""What lies under editors/ is thin: it parses no env file, decides no mask, and talks to no store or network.

Read as text, for three languages. What a file may reach outside its editor stands in one table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

EDITORS = Path(__file__).resolve().parents[1] / "editors"
BUILT = {"node_modules", "dist", "test"}
COMMENT: Mapping[str, str] = {".ts": "//", ".lua": "--", ".vim": "#"}

REACH: Mapping[str, str] = {
    ".ts": r"from '(?!\.{1,2}/)([^']+)'|import\('(?!\./)([^']+)'\)"
    r"|\b(fetch|WebSocket|XMLHttpRequest|require|eval)\(|\b(workspace\.(?:fs|findFiles)|openExternal)\b",
    ".lua": r"\b(io\.\w+|os\.(?:execute|remove|rename|tmpname)|vim\.system|vim\.net\b|dofile|loadfile|ffi)\b"
    r"|\bvim\.(?:uv|loop)\.((?!now\b|hrtime\b|new_timer\b)\w+)"
    r"|\bvim\.fn\.(system\w*|jobstart|termopen|readfile|readblob|writefile|sockconnect|serverstart|rename)\b",
    ".vim": r"\b(job_start|term_start|ch_open|ch_listen|system\w*|readfile|readblob|writefile|rename)\(",
}
"""What leaves the editor: files, processes, the network, other modules."""

MAY: Mapping[str, frozenset[str]] = {
    "vscode/src/server.ts": frozenset({"node:fs/promises", "node:os", "node:path"}),  # is the program there?
    "vscode/src/install.ts": frozenset(  # the one it carries, on a click
        {"node:child_process", "node:fs/promises", "node:path", "node:util"}
    ),
    "neovim/lua/envlsp/health.lua": frozenset({"vim.system"}),  # :checkhealth asks the program itself
    "neovim/lua/envlsp/previews.lua": frozenset({"io.open"}),  # is a previewed text the copy of a file?
    "vim/autoload/envlsp/server.vim": frozenset({"job_start"}),  # starts the server
}
EDITOR = frozenset({"vscode", "vscode-languageclient/node"})
"""The editor itself, and the client that starts the server."""

PATTERN: Mapping[str, str] = {
    ".ts": r"(?<=[(,=!&|?:\s])/(?![/*])((?:[^/\\\n\[]|\\.|\[(?:[^\]\\]|\\.)*\])+)/[dgimsuvy]*(?=[\s.,;)])",
    ".lua": r"(?:match|gsub|find)\((?:[\w.]+, )?'([^']*)'",
    ".vim": r"(?:[=!]~[#?]?\s*|(?:substitute|match\w*|split)\((?:[\w.]+, )?)'([^']*)'",
}
"""Where text is looked at."""
NOT_AN_EQUALS_SIGN = re.compile(r"\(\?<?[=!]")
ARGUMENT = re.compile(r"\^%\+%\+\(\[%w_\]\+\)=")
"""`:EnvInvite ++role=viewer`: an argument of a command."""
DECIDES = re.compile(r"secret|passw|token|api.?key|credential|eyJ|AKIA|BEGIN", re.IGNORECASE)
OWN_PATTERN = re.compile(r"new RegExp\(|vim\.regex\(|matchadd\(|SEEN_AT_MOST|seen_at_most|seenAtMost")


def sources() -> Iterator[tuple[str, str, str]]:
    """Yield each file's path, its language, and what is in it besides comments."""
    for path in sorted(EDITORS.rglob("*")):
        inside = path.relative_to(EDITORS)
        if path.suffix in COMMENT and not BUILT.intersection(inside.parts):
            lines = path.read_text().splitlines()
            kept = [
                line for line in lines if not line.lstrip().startswith((COMMENT[path.suffix], "/**", "* "))
            ]
            yield inside.as_posix(), path.suffix, "\n".join(kept)


def reached(language: str, text: str) -> frozenset[str]:
    """Return what a source takes from outside its editor."""
    found = re.findall(REACH[language], text)
    return frozenset("".join(one) if isinstance(one, tuple) else one for one in found) - EDITOR


def looked_for(language: str, text: str) -> list[str]:
    """Return the patterns that a source looks for in text."""
    return re.findall(PATTERN[language], text)


def test_there_is_something_to_read() -> None:
    languages = {language for _, language, _ in sources()}
    assert languages == set(COMMENT)
    assert any(looked_for(language, text) for _, language, text in sources())


def test_only_those_that_start_the_server_reach_outside_their_editor() -> None:
    found = {name: reached(language, text) for name, language, text in sources()}
    assert {name: parts for name, parts in found.items() if parts} == MAY


def test_nobody_looks_for_an_assignment() -> None:
    for name, language, text in sources():
        for pattern in looked_for(language, text):
            plain = NOT_AN_EQUALS_SIGN.sub("", pattern)
            assert "=" not in plain or ARGUMENT.match(pattern), f"{name} parses: {pattern}"


def test_nobody_decides_by_a_name_or_a_form_what_is_a_secret() -> None:
    for name, language, text in sources():
        assert not [one for one in looked_for(language, text) if DECIDES.search(one)], name
        used = set(OWN_PATTERN.findall(text))
        is_rule = Path(name).stem in ("rules", "masks", "seen")
        assert not used or is_rule, f"{name} has a rule of its own: {used}"


@pytest.mark.parametrize("rule", ("vscode/src/rules.json", "neovim/lua/envlsp/rules.lua"))
def test_the_rule_for_an_unknown_line_is_the_servers(rule: str) -> None:
    from tools.editor_rules import RULES

    assert RULES[EDITORS / rule]() == (EDITORS / rule).read_text()


def test_no_address_of_a_server_is_in_an_editor() -> None:
    for name, _, text in sources():
        assert not re.search(r"\b(?:wss?|https?|stun|turn)s?:/{0,2}\w", text), name


@pytest.mark.parametrize(
    ("language", "text"),
    (
        (".ts", "import { connect } from 'node:net';"),
        (".ts", "const found = await fetch(address);"),
        (".lua", "local pipe = vim.uv.new_pipe()"),
        (".lua", "local text = vim.fn.readfile(path)"),
        (".vim", "const text = readfile(name)"),
    ),
)
def test_what_reaches_outside_is_seen(language: str, text: str) -> None:
    assert reached(language, text)


@pytest.mark.parametrize(
    ("language", "text"),
    (
        (".ts", "const [, name] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];"),
        (".ts", "return text.split(/\\s*=\\s*/);"),
        (".lua", "local name, value = line:match('^([%w_]+)=(.*)$')"),
        (".vim", "const name = matchstr(line, '^[A-Z]*=')"),
        (".vim", "if line =~ '^\\w\\+='"),
    ),
)
def test_what_parses_is_seen(language: str, text: str) -> None:
    (pattern,) = looked_for(language, text)
    assert "=" in NOT_AN_EQUALS_SIGN.sub("", pattern)
