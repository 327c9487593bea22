"""Devices of one team, made for measuring in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.cast import Actor, Cast

NAMES = 100


def dotenv_text(names: int = NAMES, value_bytes: int = 40, salt: int = 0) -> str:
    """Return a plain file of so many names, which every loader reads alike; `salt` varies one value."""
    value = ("abcdefghijklmnopqrstuvwxyz0123456789" * (1 + value_bytes // 36))[:value_bytes]
    return "".join(f"NAME_{number}={value}{number}\n" for number in range(names)) + f"SALT={salt}\n"


@contextmanager
def team_of_two(text: str) -> Iterator[tuple[Actor, Actor]]:
    """Yield two devices of one team that hold the release of `text`, closed and ready to be opened."""
    with TemporaryDirectory(prefix="envlsp-bench-") as folder:
        cast = Cast(Path(folder))
        alice = cast.actor("alice").found(text.encode())
        alice.push()
        bob = cast.join(alice, cast.actor("bob"))
        try:
            yield alice, bob
        finally:
            cast.close()


@contextmanager
def device_with(text: str) -> Iterator[Actor]:
    """Yield a device whose project has `text` as its only release."""
    with TemporaryDirectory(prefix="envlsp-bench-") as folder:
        alice = Actor("alice", Path(folder)).found(text.encode())
        alice.push()
        alice.close()
        yield alice
