"""`make bench`: measure the budgets, print a row for each, and fail when one is broken.

A part is a module with `rows() -> list[Row]`. Words on the command line choose parts.
"""

from __future__ import annotations

import importlib
import sys

PARTS = ("startup", "commands", "dialling", "delivering", "pushing")


def main() -> int:
    """Measure every part, or those named."""
    broken = 0
    for part in sys.argv[1:] or PARTS:
        for row in importlib.import_module(f"tests.bench.{part}").rows():
            print(row, flush=True)
            broken += not row.kept
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
