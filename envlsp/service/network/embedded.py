"""The part that a language server has in its device's network, in a thread of its own.

While another process is the node, the thread listens to it. When there is none, and the
server may, the thread is the node, in its own event loop and with its own store; else it
looks at the store's files now and then. Whichever it is, news are told to the engine by
one call. Rules: nothing of WebRTC is loaded before there is a peer to dial, and what
goes wrong in here is tried again later and ends nothing else.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from envlsp.errors import CannotOpen, EnvlspError, Locked
from envlsp.service.listening import StoreMark, connect, listen, store_mark

if TYPE_CHECKING:
    from envlsp.service.facade import Service

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""How often the store's files are looked at while no node is there to say anything: what
another process has received is to be seen within a second, and a look costs a few `stat`."""
SOON_S = 0.25
"""How long to wait for a node that has the lock and does not listen yet."""
BACK_OFF_S = (5.0, 60.0)
"""How long to leave the network alone after the node broke down: at first, and at most."""


class EmbeddedNode:
    """Listens to the node of this device, or is it.

    Args:
        make_service: gives this device as this thread uses it; called in the thread.
        hear: told, in this thread, whenever there may be news.
    """

    def __init__(self, make_service: Callable[[], Service], hear: Callable[[], None]) -> None:
        self._make_service = make_service
        self._hear = hear
        self._thread = threading.Thread(target=self._run, name="envlsp-network", daemon=True)
        self._turn = threading.Lock()
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._interrupt: Callable[[], object] = lambda: None
        """Ends whatever the thread is waiting for; set by it, called by others."""
        self._may_be_node = False

    def start(self) -> None:
        """Begin to listen; call it as often as you like."""
        if not self._thread.ident and not self._closed.is_set():
            self._thread.start()

    def join_network(self) -> None:
        """Be the node from the next moment on in which nobody else is."""
        self._may_be_node = True
        self._wake.set()

    def leave_network(self) -> None:
        """Be the node no more, and listen at most."""
        self._may_be_node = False
        self._interrupt_now()

    def look_soon(self) -> None:
        """Look at once: the device was locked or unlocked."""
        self._wake.set()

    def hang_up(self) -> None:
        """Let go of the network, and wait for nothing; who comes next may have it."""
        self._closed.set()
        self._wake.set()
        self._interrupt_now()

    def close(self, timeout_s: float) -> None:
        """Let go of the network, and wait until that is done."""
        self.hang_up()
        if self._thread.ident:
            self._thread.join(timeout_s)

    def _interrupt_now(self) -> None:
        with self._turn:
            self._interrupt()

    # --- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        life = _Life(self._make_service)
        try:
            while not self._closed.is_set():
                try:
                    self._live(life)
                except Exception as exc:  # noqa: BLE001 - the network is not worth the server
                    log.warning("the network is left alone for a while: %s", type(exc).__name__)
                    life.break_down()
                    self._wake.wait(LOOK_S)
        finally:
            life.service.close()

    def _live(self, life: _Life) -> None:
        """Be what can be, until that ends."""
        life.heed_lock()
        was_taken = False
        if self._may_be_node and life.may_try() and life.is_able():
            was_taken = not self._be_node(life)
            if not was_taken:
                return
        client = connect(life.service.home)
        if client is None:
            self._look(life, SOON_S if was_taken else LOOK_S)
            return
        began = time.monotonic()
        with self._interrupted_by(client.close):
            life.is_able()  # the node has the key of this device, as long as it may
            self._hear()
            listen(client, self._hear)
        self._hear()
        if time.monotonic() - began < SOON_S:
            self._wake.wait(SOON_S)  # one that hangs up at once is not called again at once

    def _look(self, life: _Life, wait_s: float) -> None:
        """Wait a moment, and see whether anybody wrote."""
        self._wake.wait(wait_s)
        self._wake.clear()
        if life.sees_news():
            self._hear()

    def _be_node(self, life: _Life) -> bool:
        """Be the node until `close`; return False at once where somebody else is."""
        from envlsp.store.lock import FileLock

        home = life.service.home
        home.make_run_folder()
        lock = FileLock(home.node_lock, "an editor")
        if not lock.try_acquire():
            return False
        with lock:
            try:
                self._serve(life.service)
            finally:
                life.service.close()
        return True

    def _serve(self, service: Service) -> None:
        import asyncio

        from envlsp.service.network.running import serve

        async def until_closed() -> None:
            stop, loop = asyncio.Event(), asyncio.get_running_loop()
            with self._interrupted_by(lambda: loop.call_soon_threadsafe(stop.set)):
                await serve(service, stop, self._hear, self._hear)

        asyncio.run(until_closed())

    @contextlib.contextmanager
    def _interrupted_by(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Let `close` call this while something waits inside."""
        with self._turn:
            self._interrupt = interrupt
            if self._closed.is_set():
                interrupt()
        try:
            yield
        finally:
            with self._turn:
                self._interrupt = lambda: None


class _Life:
    """What the thread knows of its device."""

    def __init__(self, make_service: Callable[[], Service]) -> None:
        self._make_service = make_service
        self.service = make_service()
        self._seen: StoreMark = ()
        self._key_seen: object = None
        self._turn = self.service.vault.hold.turn
        self._not_before = 0.0
        self._back_off_s = BACK_OFF_S[0]

    def heed_lock(self) -> None:
        """Let go of everything if the device was locked."""
        if (turn := self.service.vault.heed_lock()) != self._turn:
            self.service.lock()
            self._turn = turn

    def is_able(self) -> bool:
        """Return whether this device is in a team, or locked: else there is no network to own.

        A locked one is a node that nobody meets, so that it can be unlocked from anywhere.
        """
        vault = self.service.vault
        if not vault.exists:
            return False
        key = store_mark(self.service.home)[0]
        try:
            if key != self._key_seen:
                vault.reload()  # joined a team since, or left one
            self._key_seen = key
            return bool(vault.open().teams())
        except Locked:
            return True
        except CannotOpen:
            self.service.close()  # another device.key lies there now
            self.service = self._make_service()
            return False
        except EnvlspError:
            return False

    def sees_news(self) -> bool:
        """Return whether any process wrote since this was asked last."""
        before, self._seen = self._seen, store_mark(self.service.home)
        return before != self._seen

    def may_try(self) -> bool:
        """Return whether the last breakdown is long enough ago."""
        return time.monotonic() >= self._not_before

    def break_down(self) -> None:
        """Leave the network alone for a while, longer each time."""
        self._not_before = time.monotonic() + self._back_off_s
        self._back_off_s = min(2 * self._back_off_s, BACK_OFF_S[1])
