"""The system's keyring: which one is believed, and that it can neither hang us nor lie to us."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from keyring.backends import fail, null

from envlsp.crypto.memory import SecretBuffer
from envlsp.errors import Locked
from envlsp.store import os_keyring
from envlsp.store.keyfile import (
    Protection,
    create_device_key,
    open_device_key,
    read_header,
    with_keyring,
    with_passphrase,
)
from tests.support.keyrings import MemoryKeyring, chosen, desktop_keyring

SECRET = bytes(range(32))


@pytest.fixture
def desktop() -> Iterator[MemoryKeyring]:
    with desktop_keyring() as backend:
        yield backend


def keep(name: str = "one") -> None:
    with SecretBuffer(SECRET) as secret:
        os_keyring.keep(name, secret)


def test_what_is_kept_comes_back_and_can_be_forgotten(desktop: MemoryKeyring) -> None:
    keep()
    assert os_keyring.recall("one") == SECRET
    os_keyring.forget("one")
    os_keyring.forget("one")
    with pytest.raises(Locked, match="has no key for this device"):
        os_keyring.recall("one")


class Chain:
    """Several keyrings, of which the first that can keeps a secret."""

    def __init__(self, *backends: object) -> None:
        self.backends = backends


Chain.__module__ = "keyring.backends.chainer"


class PlaintextKeyring(MemoryKeyring):
    """As `keyrings.alt` has one: a file that anybody with the disk can read."""


PlaintextKeyring.__module__ = "keyrings.alt.file"


def believed(backend: object) -> bool:
    with chosen(backend):
        return os_keyring.is_there()


def test_only_real_keyrings_are_believed(desktop: MemoryKeyring) -> None:
    assert believed(desktop)
    empty = [backend() for backend in (fail.Keyring, null.Keyring)]
    for pretender in (*empty, PlaintextKeyring(), Chain()):
        assert not believed(pretender), pretender


def test_a_chain_counts_where_a_real_one_is_in_it(desktop: MemoryKeyring) -> None:
    assert not believed(Chain(PlaintextKeyring()))
    with chosen(Chain(PlaintextKeyring(), desktop)):
        assert os_keyring.is_there()
        keep()
    assert len(desktop.entries) == 1, "and the secret goes into that one"


def test_without_the_package_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert not os_keyring.is_there()
    with pytest.raises(Locked):
        os_keyring.recall("one")


def test_one_that_never_answers_is_given_up(desktop: MemoryKeyring) -> None:
    keep()
    desktop.waits_s = 4.0
    start = time.monotonic()
    with pytest.raises(Locked, match=r"did not answer within 0 s"):
        os_keyring.recall("one", timeout_s=0.05)
    assert time.monotonic() - start < 3.0


def test_its_own_words_are_not_repeated(desktop: MemoryKeyring) -> None:
    desktop.failure = RuntimeError("a planted value")
    with pytest.raises(Locked) as caught:
        os_keyring.recall("one")
    assert "planted" not in f"{caught.value} {caught.value.fix}"
    assert "RuntimeError" in str(caught.value)


@pytest.mark.parametrize("entry", ("", "no hex at all", "00", "00" * 33))
def test_an_entry_of_somebody_else_opens_nothing(desktop: MemoryKeyring, entry: str) -> None:
    desktop.entries[os_keyring.SERVICE, "one"] = entry
    with pytest.raises(Locked, match="has no key"):
        os_keyring.recall("one")


def test_device_key_opens_by_the_keyring_alone(desktop: MemoryKeyring, tmp_path: Path) -> None:
    path = str(tmp_path / "home" / "device.key")
    made = create_device_key(path, with_keyring())
    header = read_header(path)
    assert header.protection is Protection.KEYRING
    assert list(desktop.entries) == [("envlsp", header.salt.hex())], "the name says nothing"
    assert open_device_key(path).lsk == made.lsk
    desktop.entries["envlsp", header.salt.hex()] = "00" * 32
    with pytest.raises(Locked, match="does not open"):
        open_device_key(path)


def test_another_protection_takes_the_entry_away(desktop: MemoryKeyring, tmp_path: Path) -> None:
    path = str(tmp_path / "home" / "device.key")
    key = create_device_key(path, with_keyring())
    key.protect(with_passphrase(b"words", operations=1, memory_kib=8))
    assert desktop.entries == {}
    assert open_device_key(path, passphrase=b"words").lsk == key.lsk


REAL_ONE = """
    import os, sys
    from envlsp.store import os_keyring
    from envlsp.store.keyfile import create_device_key, open_device_key, with_keyring, with_passphrase
    assert os_keyring.is_there(), "no keyring here"
    path = os.path.join(sys.argv[1], "home", "device.key")
    made = create_device_key(path, with_keyring())
    assert open_device_key(path).lsk == made.lsk
    made.protect(with_passphrase(b"words", operations=1, memory_kib=8))
    assert open_device_key(path, passphrase=b"words").lsk == made.lsk
    print("opened by a real keyring")
"""


@pytest.mark.slow
def test_the_keyring_of_a_real_desktop(tmp_path: Path) -> None:
    """GNOME's keyring on a private bus: the Secret Service that desktops have."""
    assert shutil.which("gnome-keyring-daemon"), "tools/system-parts.sh installs it"
    start = 'printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "$@"'
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DBUS", "PYTHON_KEY"))},
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    words = [sys.executable, "-c", textwrap.dedent(REAL_ONE), str(tmp_path)]
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", start, "sh", *words],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "opened by a real keyring" in done.stdout, done.stderr
