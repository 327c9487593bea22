"""Write what Neovim has of the server's rules; with `--check`, only say whether it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from envlsp.domain.secret import MASK
from envlsp.ide.masks import SEEN_AT_MOST

RULES = Path(__file__).resolve().parents[1] / "editors" / "neovim" / "lua" / "envlsp" / "rules.lua"


def rules() -> str:
    """Return the whole module."""
    return f"""\
-- Written by `make docs` from envlsp/ide/masks.py: edit that, not this file.
return {{
  seen_at_most = [[{in_vim(SEEN_AT_MOST)}]],
  mask = '{MASK}',
}}
"""


def in_vim(pattern: str) -> str:
    """Return a regular expression of Python's as one of Vim's, where they are spelled differently."""
    return r"\v\C" + pattern.replace("=", r"\=").replace("(?:", "%(")


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        stale = not RULES.exists() or RULES.read_text() != rules()
        sys.exit("editors/neovim/lua/envlsp/rules.lua is stale: run make docs" if stale else 0)
    RULES.write_text(rules())
