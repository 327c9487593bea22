"""Every replica of a test is compared, at its end, with one that holds no key."""

from __future__ import annotations

from collections.abc import Iterator

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
def cast(cast: Cast, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    """People with devices, files and stores; behind each of them one without keys.

    Not where the tests say `HAS_SHADOWS = False`: whose stores come and go cannot be watched from here.
    """
    if not getattr(request.module, "HAS_SHADOWS", True):
        yield cast
        return
    shadows = Shadows()
    shadows.watch(monkeypatch)
    yield cast
    shadows.check()
