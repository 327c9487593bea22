"""Desks for the tests of verbs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desks import Desk, new_desk, second_desk


@pytest.fixture
def alice(tmp_path: Path) -> Desk:
    """Alice's desk: a new team with a project, nothing pushed."""
    return new_desk(tmp_path)


@pytest.fixture
def bob(alice: Desk) -> Desk:
    """Bob's desk: a developer of Alice's team; her v1 has reached him."""
    alice.ok("push", "--offline")
    return second_desk(alice)
