"""The plug-in for Vim: one file starts the server, and none reads files, runs programs or decides a mask."""

from __future__ import annotations

import re
from pathlib import Path

from envlsp.lsp.names import COMMANDS

VIM = Path(__file__).resolve().parents[1] / "editors" / "vim"
OUTSIDE = (
    "readfile",
    "writefile",
    "readblob",
    "system(",
    "systemlist",
    "ch_open",
    "term_start",
    ":!",
    "silent !",
)


def scripts() -> dict[str, str]:
    return {path.relative_to(VIM).as_posix(): path.read_text() for path in sorted(VIM.rglob("*.vim"))}


def test_only_the_server_is_started_and_no_file_is_read() -> None:
    found = {(name, word) for name, text in scripts().items() for word in OUTSIDE if word in text}
    assert found == set()
    assert [name for name, text in scripts().items() if "job_start" in text] == ["autoload/envlsp/server.vim"]


def test_what_is_seen_of_a_line_is_matched_by_the_servers_rule_alone() -> None:
    matching = re.compile(r"\b(?:matchend|matchstr\w*|matchlist|match|search\w*)\((.*)")
    uses = [
        (name, found[1])
        for name, text in scripts().items()
        for line in text.splitlines()
        if (found := matching.search(line)) and "matchaddpos" not in line
    ]
    assert uses == [("autoload/envlsp/masks.vim", "text, rules.SEEN_AT_MOST)])")]


def test_verbs_are_commands_of_the_server() -> None:
    said = re.findall(r"commands\.Run\('([\w.]+)'", scripts()["plugin/envlsp.vim"])
    assert len(said) > 10
    assert {f"envlsp.{verb}" for verb in said} <= set(COMMANDS)
