"""Every replica of a test is compared, at its end, with one that holds no key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.blind import Shadows
from tests.support.cast import Cast
from tests.support.wire_book import SHELF, close_books


@pytest.fixture(autouse=True)
def blind_agrees() -> Iterator[None]:
    SHELF.clear()
    yield
    close_books()


@pytest.fixture
def cast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """People with devices, files and stores; behind each of them one without keys."""
    shadows = Shadows()
    shadows.watch(monkeypatch)
    cast = Cast(tmp_path)
    yield cast
    shadows.check()
    cast.close()
