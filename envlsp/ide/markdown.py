"""Text of other people inside our Markdown: shown as it is, meaning nothing."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>&|~#!])")
_LINE_ENDS = re.compile(r"[\r\n\u2028\u2029]+")
_RUN = re.compile(r"`+")


def plain(text: str) -> str:
    """Return a text as one line that shows as it is: no link, no picture, no markup of its own."""
    return _SPECIAL.sub(r"\\\1", _LINE_ENDS.sub(" ", text))


def code(text: str) -> str:
    """Return a text as a piece of code inside a line."""
    fence = "`" * (_longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def block(text: str) -> str:
    """Return a text as lines of code; no run of backticks in it ends them."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, _RUN.findall(text)), default=0)
