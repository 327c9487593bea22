"""What every test starts from: no variable of the person's own shell, small searches, a cast and its server.

The fast tests alone throw a third of the dice that all of them do.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.netlab import report

if TYPE_CHECKING:
    from tests.support.cast import Cast
    from tests.support.network_cast import Server

settings.register_profile(
    "quick", max_examples=16, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("usual", parent=settings.get_profile("quick"), max_examples=50)
settings.register_profile("thorough", parent=settings.get_profile("quick"), max_examples=2_000)
settings.load_profile("usual")

_PREFIXES = ("ENVLSP_", "GIT_", "XDG_")


def pytest_configure(config: pytest.Config) -> None:
    """Choose how long to search, before a test is read that asks; let what is started hear Ctrl-C."""
    # Whoever is started in the background may be deaf to it, and so would be every program that we start.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    usual = "quick" if config.option.markexpr == "not slow" else "usual"
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", usual))
    config.pluginmanager.register(report, "networks")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the collector of garbage leave alone what stays: thousands of tests, and all that they imported."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden answers be written down anew."""
    parser.addoption("--update", action="store_true", help="rewrite the answers in tests/markers/*.txt")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the person's settings out of tests, and tests out of the person's home."""
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name in {"NO_COLOR", "FORCE_COLOR"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("ENVLSP_LAN", "off")  # nothing is told to the network that the tests run in
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")  # nothing of theirs


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    """People with devices, files and stores: made on demand, closed at the end."""
    from tests.support.cast import Cast

    cast = Cast(tmp_path)
    yield cast
    cast.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A real signaling server, for as long as a test lasts."""
    from tests.support.network_cast import Server

    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()
