"""The stage of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Cast, cast


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Cast]:
    """A signaling server, and room for people."""
    with cast(tmp_path) as people:
        yield people
