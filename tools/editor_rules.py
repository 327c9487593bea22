"""Write what the editors have of the server's rules; with `--check`, only say whether it is stale."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from envlsp.domain.secret import MASK
from envlsp.ide.masks import SEEN_AT_MOST

EDITORS = Path(__file__).resolve().parents[1] / "editors"


def lua() -> str:
    """Return Neovim's module."""
    return f"""\
-- Written by `make docs` from envlsp/ide/masks.py: edit that, not this file.
return {{
  seen_at_most = [[{in_vim(SEEN_AT_MOST)}]],
  mask = '{MASK}',
}}
"""


def json_rules() -> str:
    """Return the rules for VS Code, whose regular expressions are spelled like Python's."""
    return json.dumps({"mask": MASK, "seenAtMost": SEEN_AT_MOST}, indent=2, ensure_ascii=False) + "\n"


def vim9() -> str:
    """Return Vim's script."""
    return f"""\
vim9script
# Written by `make docs` from envlsp/ide/masks.py: edit that, not this file.
export const SEEN_AT_MOST = '{in_vim(SEEN_AT_MOST)}'
export const MASK = '{MASK}'
"""


def in_vim(pattern: str) -> str:
    """Return a regular expression of Python's as one of Vim's, where they are spelled differently."""
    plain = re.sub(r"\(\?!(.*?)\)", r"%(\1)@!", pattern)
    return r"\v\C" + plain.replace("=", r"\=").replace("(?:", "%(")


RULES = {
    EDITORS / "neovim" / "lua" / "envlsp" / "rules.lua": lua,
    EDITORS / "vim" / "autoload" / "envlsp" / "rules.vim": vim9,
    EDITORS / "vscode" / "src" / "rules.json": json_rules,
}


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        stale = [str(path) for path, text in RULES.items() if not path.exists() or path.read_text() != text()]
        sys.exit(f"{', '.join(stale)}: stale, run make docs" if stale else 0)
    for path, text in RULES.items():
        path.write_text(text())
