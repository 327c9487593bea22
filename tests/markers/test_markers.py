"""Every scene in this folder answers as it says; `--update` writes down what it answers now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.markers.archive import Archive

SCENES = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_scene(path: Path, pytestconfig: pytest.Config) -> None:
    archive = Archive.read(path)
    answers = archive.answered()
    assert answers, "a scene asks something"
    if pytestconfig.getoption("--update"):
        archive.write(answers)
    else:
        assert answers == archive.answers


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_no_answer_tells_a_value(path: Path) -> None:
    """Scenes call their values `hunter…`; only the revealing hover may say one, and says which."""
    for label, answer in Archive.read(path).answers.items():
        assert "hunter" not in answer or label.startswith("hover the value")
