"""Every replica of a test is compared, at its end, with one that holds no key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cast import Cast
from tests.support.wire_book import SHELF, close_books


@pytest.fixture(autouse=True)
def blind_agrees() -> Iterator[None]:
    SHELF.clear()
    yield
    close_books()


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    cast = Cast(tmp_path)
    yield cast
    cast.close()
