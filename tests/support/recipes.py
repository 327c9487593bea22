"""The lines that a guide tells people to write: the blocks of code below a heading."""

from __future__ import annotations

import re
from pathlib import Path

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"


def recipes(heading: str, language: str, guide: str = "editors.md") -> list[str]:
    """Return the blocks of one language between a heading and the next one, as they stand there."""
    page = (GUIDES / guide).read_text()
    section = re.search(rf"(?ms)^#+ {re.escape(heading)}\n(.*?)(?=^##? |\Z)", page)
    assert section is not None, heading
    found = re.findall(rf"(?ms)^```{language}\n(.*?)^```", section[1])
    assert found, f"{heading}: no {language}"
    return found


def recipe(heading: str, language: str, guide: str = "editors.md") -> str:
    """Return all of these blocks as one text."""
    return "\n".join(recipes(heading, language, guide))
