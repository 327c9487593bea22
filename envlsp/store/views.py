"""Derived state, kept so that a reader need not derive it again.

A row is good while no record has arrived since it was made: every arrival bumps the
generation of the file in its own transaction, so no process can see an old row as new.
`envlsp run` opens the file, reads one row, opens one box. Anything here may be thrown
away. Refuses to know what is in a row.
"""

from __future__ import annotations

from typing import Final

from envlsp.crypto.labels import u64be
from envlsp.crypto.memory import Key
from envlsp.store.database import Database
from envlsp.store.sealing import Drawer

_TABLE: Final = b"view"


class Views:
    """The table of cached rows.

    Args:
        database: the team's file.
        lsk: the local store's key.
    """

    def __init__(self, database: Database, lsk: Key) -> None:
        self._database = database
        self._drawer = Drawer(lsk, _TABLE)

    def close(self) -> None:
        """Forget the key of the rows."""
        self._drawer.close()

    def generation(self) -> int:
        """Return how many records have ever arrived in this file. Read it before deriving."""
        row = self._database.row("SELECT generation FROM state")
        return int(row[0]) if row else 0

    def get(self, name: bytes) -> bytes | None:
        """Return the row of that name, or None when there is none or records came since.

        Raises:
            StoreCorrupt: the row does not open.
        """
        tag = self._drawer.tag(name)
        row = self._database.row(
            "SELECT view.blob, view.generation FROM view, state"
            " WHERE view.tag = ? AND view.generation = state.generation",
            (tag,),
        )
        return None if row is None else self._drawer.open(row[0], tag + u64be(row[1]))

    def any_of(self, name: bytes) -> bytes | None:
        """Return the row of that name whatever came since, for who can tell what that was.

        Raises:
            StoreCorrupt: the row does not open.
        """
        tag = self._drawer.tag(name)
        row = self._database.row("SELECT blob, generation FROM view WHERE tag = ?", (tag,))
        return None if row is None else self._drawer.open(row[0], tag + u64be(row[1]))

    def put(self, name: bytes, generation: int, data: bytes) -> None:
        """Keep what was derived from the records of `generation`; an older row gives way."""
        tag = self._drawer.tag(name)
        blob = self._drawer.seal(data, tag + u64be(generation))
        with self._database.write(durable=False):
            self._database.run(
                "INSERT INTO view VALUES (?, ?, ?) ON CONFLICT (tag) DO UPDATE"
                " SET generation = excluded.generation, blob = excluded.blob"
                " WHERE excluded.generation >= view.generation",
                (tag, generation, blob),
            )

    def clear(self) -> None:
        """Throw all rows away, as after a change of how they are derived."""
        self._database.run("DELETE FROM view")
