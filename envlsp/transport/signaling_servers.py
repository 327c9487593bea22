"""Which signaling server is dialled, and when it is tried again.

Knows the addresses, what each server wants to be shown, and how long to wait between two
attempts. Refuses to know what is said over a connection: it hands out sockets.

Spec: docs/signaling.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from envlsp.domain.secret import SecretText
from envlsp.errors import SignalingUnreachable
from envlsp.transport.signaling_socket import SignalingSocket, open_socket

CONNECT_TIMEOUT_S: Final = 10.0
BACKOFF_S: Final = (1.0, 16.0)
"""After an outage a pair meets again within that, at most; thousands who come back to a server
within it are as many a second as it takes."""
MOVE_S: Final = 0.5
"""Everybody whom a server sends away comes elsewhere within that, spread by chance."""

TokenOf: TypeAlias = Callable[[str], SecretText | None]
Reached: TypeAlias = tuple[SignalingSocket, str]
"""An open connection, and the address by which it was reached."""


def no_token(_: str) -> None:
    """Have nothing to show to any server."""


class SignalingServers:
    """The servers of one client: the first that answers, tried in order."""

    def __init__(
        self, urls: Sequence[str], tokens: TokenOf, timeout_s: float, backoff_s: tuple[float, float]
    ) -> None:
        """Remember them; see `SignalingClient` for what the arguments mean."""
        self._urls = tuple(urls)
        self._tokens = tokens
        self._timeout_s = timeout_s
        self._backoff_s = backoff_s
        self._wait_s = backoff_s[0]
        self._hurried = asyncio.Event()

    async def dial(self, *, last: str | None = None) -> Reached:
        """Return a connection to the first that answers.

        Args:
            last: the one to be tried after all others.

        Raises:
            SignalingUnreachable: none answered.
        """
        failure = SignalingUnreachable("no server is configured")
        for url in sorted(self._urls, key=lambda url: url == last):
            try:
                token = self._tokens(url)
                return await open_socket(url, token=token, timeout_s=self._timeout_s), url
            except SignalingUnreachable as exc:
                failure = exc
        raise failure

    async def dial_again(self) -> Reached:
        """Return a connection as soon as one answers, waiting longer after each attempt."""
        while True:
            # Full jitter: a restarted server is not met by everybody at once.
            self._hurried.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(random.uniform(0, self._wait_s)):  # noqa: S311 - not a secret
                    await self._hurried.wait()
            self._wait_s = min(self._backoff_s[1], self._wait_s * 2)
            with contextlib.suppress(SignalingUnreachable):
                return await self.dial()

    async def dial_elsewhere(self, left: str) -> Reached:
        """Return a connection to another than the server that goes and said so."""
        # Another one, or the next at its place, waits already.
        await asyncio.sleep(random.uniform(0, MOVE_S))  # noqa: S311 - not a secret
        try:
            return await self.dial(last=left)
        except SignalingUnreachable:
            return await self.dial_again()

    async def dial_first(self, on_failure: Callable[[], None]) -> Reached:
        """Return a connection as soon as one answers; `on_failure` is called if not one does at once."""
        try:
            return await self.dial()
        except SignalingUnreachable:
            on_failure()
            return await self.dial_again()

    def hurry(self) -> None:
        """Wait no longer between two attempts: a person is waiting."""
        self._hurried.set()

    def was_steady(self) -> None:
        """Make the next wait short again: a connection has lasted."""
        self._wait_s = self._backoff_s[0]
