"""What a test of VS Code leaves behind when it fails: the screen, and every log."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.support.workbench import RUNNING

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether the test itself failed."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture(autouse=True)
def kept_on_failure(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Keep what the editors showed and wrote, and say where."""
    yield
    if request.node.stash.get(_FAILED, False):
        for number, bench in enumerate(RUNNING):
            folder = tmp_path / f"vscode-{number}"
            bench.keep(folder)
            print(f"the screen and the logs of VS Code are in {folder}")  # noqa: T201
