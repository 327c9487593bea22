"""`make bench`: measure the budgets, print a row for each, and fail when one is broken.

A part is a module with `rows() -> Iterable[Row]`. Words on the command line choose parts,
or all that begin alike: `lsp` is every `lsp.…`. `--markdown` prints a table for the docs,
`--full` asks in a workspace of 10,000 files where 2,000 are the rule.
"""

from __future__ import annotations

import importlib
import sys

PARTS = (
    "startup",
    "neovim",
    "commands",
    "dialling",
    "delivering",
    "pushing",
    "ledger",
    "signaling",
    "lsp.starting",
    "lsp.answering",
    "lsp.editing",
    "lsp.memory",
    "lsp.idling",
)
HEAD = "| # | row | ours | null figure | ratio | budget |\n|---|---|---|---|---|---|"


def main() -> int:
    """Measure every part, or those named."""
    options = {word for word in sys.argv[1:] if word.startswith("--")}
    words = [word for word in sys.argv[1:] if word not in options]
    if "--markdown" in options:
        print(HEAD)
    broken = 0
    for part in chosen(words):
        for row in importlib.import_module(f"tests.bench.{part}").rows():
            print(row.markdown() if "--markdown" in options else row, flush=True)
            broken += not row.kept
    return 1 if broken else 0


def chosen(words: list[str]) -> list[str]:
    """Return the parts that the words mean; a word that begins no part is one by itself."""
    found: list[str] = []
    for word in words or PARTS:
        found += [part for part in PARTS if part == word or part.startswith(f"{word}.")] or [word]
    return found


if __name__ == "__main__":
    sys.exit(main())
