"""Tests with editors take long walks, and longer ones where a machine does much else."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
PATIENCE_S = 480


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each of them, and the starting of what it uses, more time than other tests have."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PATIENCE_S))
