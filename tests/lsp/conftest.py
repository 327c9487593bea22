from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cast import Actor


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where a device of nobody keeps its things."""
    return tmp_path / "home"


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[Actor]:
    """Alice with a team and nothing pushed yet."""
    actor = Actor("alice", tmp_path / "alice")
    yield actor
    actor.close()
