"""One team's folder on this device, opened.

Each table is loaded when it is used: `envlsp run` looks at one of them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Final

from envlsp.crypto.memory import Key, SecretBuffer
from envlsp.domain.ids import DevicePk
from envlsp.errors import StoreBusy
from envlsp.store.database import BUSY_TIMEOUT_S, Database
from envlsp.store.files import make_private_folder
from envlsp.store.views import Views

if TYPE_CHECKING:
    from envlsp.store.lock import FileLock
    from envlsp.store.meta import Meta
    from envlsp.store.peers import Peers
    from envlsp.store.records import Records

DATABASE_NAME: Final = "ledger.db"
AUTHOR_TIMEOUT_S: Final = 10.0
"""A record is built and stored in milliseconds; who waits longer is told who holds the lock."""

_AUTHOR_LOCK_NAME: Final = "author.lock"


class TeamStore:
    """Everything this device keeps of one team.

    Args:
        folder: made when missing, see `Home.team_folder`.
        lsk: the local store's key, from device.key.
        own: this device's key in the team, where it has one.

    Raises:
        LoosePermissions: others on this machine could read it.
        StoreError: it cannot be opened; see `Database`.
    """

    def __init__(
        self,
        folder: str,
        lsk: Key,
        own: DevicePk | None = None,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        make_private_folder(folder)
        self.folder = folder
        self.database = Database(os.path.join(folder, DATABASE_NAME), busy_timeout_s=busy_timeout_s)
        self._lsk = SecretBuffer(lsk)
        self.views = Views(self.database, self._lsk)
        self._own = own
        self._turn = threading.RLock()

    @cached_property
    def records(self) -> Records:
        """The ledger's records."""
        from envlsp.store.records import Records

        return Records(self.database, self._lsk, self._own)

    @cached_property
    def peers(self) -> Peers:
        """What is known of other devices."""
        from envlsp.store.peers import Peers

        return Peers(self.database, self._lsk)

    @cached_property
    def meta(self) -> Meta:
        """Settings and pins."""
        from envlsp.store.meta import Meta

        return Meta(self.database, self._lsk)

    @cached_property
    def author_lock(self) -> FileLock:
        """What keeps two processes from making a record at the same time."""
        from envlsp.store.lock import FileLock

        return FileLock(os.path.join(self.folder, _AUTHOR_LOCK_NAME), "writing a record")

    @contextmanager
    def authoring(self, *, timeout_s: float = AUTHOR_TIMEOUT_S) -> Iterator[None]:
        """Be the only one, of all processes and threads, that makes a record of this team.

        Read what has arrived, build the record, store it with `records.author`, all
        inside; send it afterwards. Inside another one of the same thread, a part of it.

        Raises:
            StoreBusy: somebody else took longer than `timeout_s`.
        """
        # The kernel's lock is for processes: it would let a second thread of ours in.
        if not self._turn.acquire(timeout=timeout_s):
            raise StoreBusy(f"{self.author_lock.path} is held by another part of this process")
        try:
            if self.author_lock.is_held:
                yield
                return
            with self.author_lock as lock:
                lock.acquire(timeout_s=timeout_s)
                yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close the file, let go of the author lock, forget the keys; what was committed stays."""
        if "author_lock" in self.__dict__:
            self.author_lock.release()
        self.database.close()
        for name in ("views", "records", "peers", "meta"):
            if name in self.__dict__:
                self.__dict__[name].close()
        self._lsk.close()
