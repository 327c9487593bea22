"""One team's folder on this device, opened."""

from __future__ import annotations

import os
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
AUTHOR_LOCK_NAME: Final = "author.lock"


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

    __slots__ = ("author_lock", "database", "folder", "meta", "peers", "records", "views")

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
        self.author_lock = FileLock(os.path.join(folder, AUTHOR_LOCK_NAME), "writing a record")

    def close(self) -> None:
        """Close the file and let go of the lock."""
        self.author_lock.release()
        self.database.close()
