"""Bytes from and to the editor, without ever making the event loop wait.

Reads and writes the file descriptors themselves: what the editor's side of a pipe does
not take at once is kept and sent when it has room, so a slow editor never stops a
keystroke from being read. Where a descriptor cannot be waited for (a plain file, Windows)
a thread reads it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

CHUNK_BYTES = 1 << 18


class Stream:
    """Both directions.

    Args:
        incoming: a file descriptor to read.
        outgoing: one to write; they may be the same.
        on_data: called in the loop with what has arrived.
        on_end: called in the loop once, when either direction has ended.
    """

    def __init__(
        self, incoming: int, outgoing: int, on_data: Callable[[bytes], None], on_end: Callable[[], None]
    ) -> None:
        self._in = incoming
        self._out = outgoing
        self._on_data = on_data
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._waiting = bytearray()
        self._can_write = True
        self._has_ended = False
        self._was_blocking = True
        self._reads_in_loop = False

    def start(self) -> None:
        """Begin to read."""
        if sys.platform != "win32":
            self._was_blocking = os.get_blocking(self._out)
            os.set_blocking(self._out, False)
        try:
            self._loop.add_reader(self._in, self._read)
        except (NotImplementedError, OSError):  # Windows; a plain file
            threading.Thread(target=self._read_in_thread, name="stdin", daemon=True).start()
        else:
            self._reads_in_loop = True

    def write(self, data: bytes) -> None:
        """Send, now or as soon as there is room; nothing once the editor is gone."""
        if not self._can_write:
            return
        if self._waiting:
            self._waiting += data
            return
        sent = self._try_to_send(data)
        if sent < len(data) and self._can_write:
            self._waiting += data[sent:]
            self._loop.add_writer(self._out, self._send_more)

    def close(self, timeout_s: float) -> None:
        """Send what is left, as far as the editor takes it in time, and let go."""
        until = time.monotonic() + timeout_s
        while self._waiting and self._can_write and time.monotonic() < until:
            self._send_more()
            if self._waiting:
                time.sleep(0.005)
        self._stop_reading()
        self._stop_writing()
        if sys.platform != "win32":
            with suppress(OSError):
                os.set_blocking(self._out, self._was_blocking)

    def _read(self) -> None:
        try:
            data = os.read(self._in, CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._on_data(data)
        else:
            self._ended()

    def _read_in_thread(self) -> None:
        data = b"x"
        while data:
            try:
                data = os.read(self._in, CHUNK_BYTES)
            except OSError:
                data = b""
            try:
                self._loop.call_soon_threadsafe(*((self._on_data, data) if data else (self._ended,)))
            except RuntimeError:  # the loop is closed
                return

    def _send_more(self) -> None:
        sent = self._try_to_send(self._waiting)
        if not self._can_write:
            return
        del self._waiting[:sent]
        if not self._waiting:
            self._loop.remove_writer(self._out)

    def _try_to_send(self, data: bytes | bytearray) -> int:
        sent = 0
        view = memoryview(data)
        try:
            while sent < len(view):
                sent += os.write(self._out, view[sent:])
        except BlockingIOError:
            pass
        except OSError:
            self._stop_writing()
            self._ended()
        finally:
            view.release()
        return sent

    def _ended(self) -> None:
        self._stop_reading()
        if not self._has_ended:
            self._has_ended = True
            self._on_end()

    def _stop_reading(self) -> None:
        if self._reads_in_loop:
            self._reads_in_loop = False
            self._loop.remove_reader(self._in)

    def _stop_writing(self) -> None:
        if self._waiting and self._can_write:
            self._loop.remove_writer(self._out)
        self._can_write = False
