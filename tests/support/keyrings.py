"""A keyring in memory, in place of the desktop's; tests never touch the real one of whoever runs them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from envlsp.store import os_keyring


class MemoryKeyring:
    """Keeps what it is given; may be slow, or refuse."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.asked = 0
        self.waits_s = 0.0
        self.failure: Exception | None = None

    def _answer(self) -> None:
        self.asked += 1
        time.sleep(self.waits_s)
        if self.failure is not None:
            raise self.failure

    def get_password(self, service: str, username: str) -> str | None:
        self._answer()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._answer()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._answer()
        del self.entries[service, username]


@contextmanager
def chosen(backend: object) -> Iterator[None]:
    """Let this be the keyring that the `keyring` package has found."""
    with patch("keyring.get_keyring", lambda: backend):
        yield


@contextmanager
def desktop_keyring() -> Iterator[MemoryKeyring]:
    """Let this machine have a keyring that counts as a real one."""
    backend = MemoryKeyring()
    with patch.object(os_keyring, "REAL", os_keyring.REAL | {__name__}), chosen(backend):
        yield backend
