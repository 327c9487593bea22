"""Locks that the kernel lets go when a process dies, however it dies.

Two of them: the node lock (tried, never waited for: who has it owns the network) and
the author lock of a team (waited for: one writer of own records at a time). The lock
file says who holds it, for messages only; the lock itself is `flock`.
"""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Final, Self

from envlsp.errors import StoreBusy, StoreError
from envlsp.store.files import FILE_MODE, check_handle

_POLL_S: Final = 0.01
_HOLDER_MAX_BYTES: Final = 200
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)  # Windows has none, and no such links to others' files


class FileLock:
    """A lock file. Not reentrant; one object per user of it.

    Args:
        path: the file, made when missing and never deleted (a deleted lock file lets
            two holders in).
        purpose: what the holder does, in a word or two, for other people's messages.
    """

    def __init__(self, path: str, purpose: str = "") -> None:
        self.path = path
        self._purpose = purpose
        self._handle: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._handle is not None

    def try_acquire(self) -> bool:
        """Take the lock if nobody has it; return whether we have it now."""
        if self._handle is not None:
            raise StoreBusy(f"{self.path} is already held here")
        handle = self._open()
        if not _try_lock(handle):
            os.close(handle)
            return False
        self._handle = handle
        self._sign(handle)
        return True

    def acquire(self, *, timeout_s: float) -> None:
        """Take the lock, waiting for another holder to let go.

        Raises:
            StoreBusy: not within `timeout_s`; the detail names the holder.
        """
        deadline = time.monotonic() + timeout_s
        while not self.try_acquire():
            if time.monotonic() >= deadline:
                raise StoreBusy(f"{self.path} is held by {self.holder() or 'another process'}")
            time.sleep(_POLL_S)

    def release(self) -> None:
        """Let go; harmless when not held."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            os.ftruncate(handle, 0)
            os.close(handle)

    def holder(self) -> str:
        """Return who holds it, such as `process 4711 (agent)`; empty when nobody says."""
        try:
            with open(self.path, "rb") as file:
                return file.read(_HOLDER_MAX_BYTES).decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _open(self) -> int:
        try:
            handle = os.open(self.path, os.O_CREAT | os.O_RDWR | _NO_LINK, FILE_MODE)
        except OSError as exc:
            raise StoreError(f"cannot open {self.path}: {exc.strerror}") from exc
        try:
            check_handle(handle, self.path)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def _sign(self, handle: int) -> None:
        words = f"process {os.getpid()}" + (f" ({self._purpose})" if self._purpose else "")
        os.ftruncate(handle, 0)
        os.write(handle, words.encode()[:_HOLDER_MAX_BYTES])


if sys.platform == "win32":

    def _try_lock(handle: int) -> bool:
        import msvcrt

        # Far behind the holder's words: a locked byte cannot be read by others there.
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True

else:

    def _try_lock(handle: int) -> bool:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
