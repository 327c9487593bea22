"""One team's folder on this device, opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from envlsp.domain.ids import DevicePk
from envlsp.store.database import BUSY_TIMEOUT_S, Database
from envlsp.store.files import make_private_folder
from envlsp.store.lock import FileLock
from envlsp.store.meta import Meta
from envlsp.store.peers import Peers
from envlsp.store.records import Records
from envlsp.store.views import Views

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

    __slots__ = ("database", "folder", "meta", "peers", "records", "views")

    def __init__(
        self,
        folder: str,
        lsk: bytes,
        own: DevicePk | None = None,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        make_private_folder(folder)
        self.folder = folder
        self.database = Database(os.path.join(folder, DATABASE_NAME), busy_timeout_s=busy_timeout_s)
        self.records = Records(self.database, lsk, own)
        self.views = Views(self.database, lsk)
        self.peers = Peers(self.database, lsk)
        self.meta = Meta(self.database, lsk)

    @contextmanager
    def authoring(self, *, timeout_s: float = AUTHOR_TIMEOUT_S) -> Iterator[None]:
        """Be the only one, of all processes and threads, that makes a record of this team.

        Read what has arrived, build the record, store it with `records.author`, all
        inside; send it afterwards. Not reentrant.

        Raises:
            StoreBusy: somebody else took longer than `timeout_s`.
        """
        # A lock of its own each time: two threads then wait for each other as processes do.
        with FileLock(os.path.join(self.folder, _AUTHOR_LOCK_NAME), "writing a record") as lock:
            lock.acquire(timeout_s=timeout_s)
            yield

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self.database.close()
