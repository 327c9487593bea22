"""How a process hears of news that others made: from the node, else from the disk.

With a node running, one read on its socket waits as long as it takes and costs nothing.
With none, nobody would say anything: then the times of the store's files tell, looked
at now and then. Refuses to know what the news are.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from envlsp.errors import EnvlspError

if TYPE_CHECKING:
    from collections.abc import Callable

    from envlsp.domain.ids import TeamId
    from envlsp.service.network.local_api import LocalClient
    from envlsp.store.home import Home

ANSWER_S = 1.0
"""How long the node may take to say what it knows by heart."""
_WATCHED = ("ledger.db-wal", "ledger.db")

StoreMark = tuple[tuple[str, int, int], ...]


def store_mark(home: Home) -> StoreMark:
    """Return what changes whenever any process of this device writes to a store, or to its keys."""
    teams = os.path.join(home.root, "teams")
    try:
        folders = sorted(os.listdir(teams))
    except OSError:
        folders = []
    files = [os.path.join(teams, folder, name) for folder in folders for name in _WATCHED]
    return tuple(_mark(file) for file in (home.device_key, *files))


def _mark(path: str) -> tuple[str, int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return path, 0, 0
    return path, found.st_mtime_ns, found.st_size


def connect(home: Home) -> LocalClient | None:
    """Return a connection to the node, if one is running that speaks our version."""
    if not os.path.lexists(home.node_socket):
        return None  # known before asyncio is loaded
    from envlsp.service.network.local_api import LocalClient

    try:
        return LocalClient.connect(Path(home.node_socket), timeout_s=ANSWER_S)
    except EnvlspError:
        return None


def listen(client: LocalClient, hear: Callable[[], None]) -> None:
    """Call `hear` whenever the node says something; return when it hangs up, or `client` was closed."""
    try:
        while True:
            client.next_call()
            hear()
    except EnvlspError:
        return
    finally:
        client.close()


def ask_online(home: Home) -> int:
    """Return how many devices of teammates are there now; 0 where no node is running to know."""
    client = connect(home)
    if client is None:
        return 0
    try:
        match client.call("online", timeout_s=ANSWER_S):
            case (int() as count,):
                return count
    except EnvlspError:
        pass  # busy, or of another version
    finally:
        client.close()
    return 0


def tell_changed(home: Home, team: TeamId) -> None:
    """Say to a running node that something of a team is new; nothing depends on its answer."""
    client = connect(home)
    if client is not None:
        with contextlib.suppress(EnvlspError), contextlib.closing(client):
            client.call("changed", team, timeout_s=ANSWER_S)
