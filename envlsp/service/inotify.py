"""Linux's inotify for a few folders, by ctypes: no wake-up while nothing happens.

Tells that something happened to a name in a folder, not what: whoever listens looks.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
from collections.abc import Iterable
from threading import Lock

from envlsp.ide.results import Place

_MODIFIED, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_ONLYDIR = 0x0100_0000
_OVERFLOW, _IGNORED = 0x4000, 0x8000
_MASK = _CLOSE_WRITE | _ATTRIB | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _ONLYDIR
"""Not `_MODIFIED`: half a file is not worth reading, and its end is told by `_CLOSE_WRITE`."""
_EVENT = struct.Struct("iIII")
_READ_BYTES = 64 << 10


class Inotify:
    """Watches folders, not what is below them."""

    def __init__(self) -> None:
        """Open the kernel's queue.

        Raises:
            OSError: there are too many of them.
        """
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._queue = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self._queue < 0:
            raise OSError(ctypes.get_errno(), "inotify is not to be had")
        self._woken, self._wake = os.pipe()
        self._lock = Lock()
        self._folders: dict[int, Place] = {}
        self._is_stopped = False

    def follow(self, folders: Iterable[Place]) -> None:
        """Watch these from now on; those that are not there are left out."""
        with self._lock:
            if self._is_stopped:
                return
            # Adding a folder that is watched gives the number it has.
            wanted = {self._add(folder): folder.rstrip("/") for folder in folders}
            wanted.pop(-1, None)
            for number in self._folders.keys() - wanted.keys():
                self._libc.inotify_rm_watch(self._queue, number)
            self._folders = wanted

    def wait(self, quiet_s: float) -> set[Place] | None:
        """Return what changed, when something has and it was quiet for a moment; None at the end."""
        found: set[Place] = set()
        poll = select.poll()
        poll.register(self._queue, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        while not found or poll.poll(quiet_s * 1000):
            if not found:
                poll.poll()
            if self._is_stopped:
                self._close()
                return None
            found |= self._read()
        return found

    def stop(self) -> None:
        """Make `wait` return None, at once."""
        with self._lock:
            if not self._is_stopped:
                self._is_stopped = True
                os.write(self._wake, b".")

    def _add(self, folder: Place) -> int:
        number: int = self._libc.inotify_add_watch(self._queue, os.fsencode(folder), _MASK)
        return number

    def _read(self) -> set[Place]:
        try:
            data = os.read(self._queue, _READ_BYTES)
        except BlockingIOError:
            return set()
        found, at = set[Place](), 0
        with self._lock:
            while at < len(data):
                number, mask, _, length = _EVENT.unpack_from(data, at)
                name = data[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0")
                at += _EVENT.size + length
                found |= self._places(number, mask, name)
        return found

    def _places(self, number: int, mask: int, name: bytes) -> set[Place]:
        if mask & _OVERFLOW:
            return set(self._folders.values())  # too much at once: look at everything
        folder = self._folders.get(number)
        if folder is None:
            return set()
        if mask & _IGNORED:
            del self._folders[number]  # the folder is gone
            return {folder}
        return {f"{folder}/{os.fsdecode(name)}"} if name else set()

    def _close(self) -> None:
        for handle in (self._queue, self._woken, self._wake):
            os.close(handle)
