"""The pictures in docs/pictures: each is shown on a page, each that is shown is there, none is heavy."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from tests.support.pictures.scene import NAMES

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
BYTES_MAX = 150_000
PAGES = (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))


def shown() -> dict[Path, list[str]]:
    """Return the words in place of each picture that a page shows, by its file."""
    found: dict[Path, list[str]] = {}
    for page in PAGES:
        for words, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text()):
            found.setdefault((page.parent / target).resolve(), []).append(words)
    return found


def test_what_is_shown_is_what_make_screenshots_takes() -> None:
    assert {path.relative_to(FOLDER).as_posix() for path in shown()} == {f"{name}.png" for name in NAMES}
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.png" for name in NAMES}


def test_who_does_not_see_a_picture_reads_what_it_shows() -> None:
    assert [path.name for path, all_words in shown().items() if min(map(len, all_words)) < 30] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_sharp_and_not_heavy(name: str) -> None:
    data = (FOLDER / f"{name}.png").read_bytes()
    assert len(data) < BYTES_MAX
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) > (1500, 700)
