"""The page about problems says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from envlsp.ide.evyaml.checking import CODES as CONFIG_CODES
from envlsp.ide.problems import CODES, GROUPS

PAGE = Path(__file__).parents[2] / "docs" / "diagnostics.md"
PACKAGE = Path(__file__).parents[2] / "envlsp" / "ide" / "problems"


def test_every_code_has_its_row_under_its_heading() -> None:
    heading, rows = "", {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif found := re.fullmatch(r"\| `([a-z0-9-]+)` \| (\w+) \| (.+?) \| (.*?) ?\|", line):
            rows[found[1]] = (heading, *found.groups()[1:])
    wanted = {
        code: (heading, one.severity.name.lower(), one.meaning, one.fix)
        for heading, group in GROUPS.items()
        for code, one in group.items()
    }
    assert rows == wanted


def test_every_code_is_one_that_some_family_finds() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py") if path.stem != "codes"
    )
    syntax = {"bad-name", "broken-line", "no-equals", "no-name", "not-utf8", "nul-byte", "text-after-quote"}
    for code in CODES.keys() - syntax - {"unterminated-quote"}:
        assert f'"{code}"' in source


def test_the_page_leads_to_every_other_code() -> None:
    """A code that an editor shows is on this page, or on the one that it names."""
    assert "ev-yaml.md#problems" in PAGE.read_text(encoding="utf-8")
    other = (PAGE.parent / "ev-yaml.md").read_text(encoding="utf-8")
    for code in CONFIG_CODES:
        assert code.startswith("config-")
        assert f"| `{code}` |" in other
