"""Write the options of the signaling server into docs/signaling.md; `--check` says whether they are stale."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from envlsp_signaling.options import OPTIONS, Option

PAGE = Path(__file__).resolve().parents[1] / "docs" / "signaling.md"
HEAD = "| option | in the environment | default | |\n|---|---|---|---|\n"
PLACE = re.compile(r"(?s)(<!-- options: [^\n]*-->\n).*?(<!-- end of options -->)")


def table() -> str:
    """Return a row for every option."""
    return HEAD + "".join(_row(option) for option in OPTIONS)


def page(text: str) -> str:
    """Return the page with the table of now."""
    made, count = PLACE.subn(lambda found: found[1] + "\n" + table() + "\n" + found[2], text)
    assert count == 1, "the page has one place for the table"
    return made


def _row(option: Option) -> str:
    words = "" if option.is_secret else f"`--{option.name}{f' {option.metavar}' if option.metavar else ''}`"
    default = option.shown or ("" if option.default in (None, (), False) else str(option.default))
    return f"| {words} | `{option.variable}` | {default} | {option.help} |\n"


def main() -> int:
    """Write the page, or compare it."""
    text = PAGE.read_text()
    if "--check" in sys.argv:
        if text != page(text):
            print(f"{PAGE.name} is stale: run `make docs`")
            return 1
        return 0
    PAGE.write_text(page(text))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
