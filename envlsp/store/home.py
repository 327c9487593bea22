"""Where this device keeps its files.

    device.key                     the device's secrets, sealed
    teams/<32 hex digits>/         one team: ledger.db and its lock
    places/                        which environment a folder meant last, sealed
    run/locked                     there while the device is locked
    run/node.lock, run/node.sock   which process owns the network, and how to reach it

`ENVLSP_HOME` puts everything under one folder; otherwise it is the user's data folder.
Folders are 0700 and refused when looser. A team's folder is named by a hash of its id,
so a listing says how many teams there are and not which.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import Final

from envlsp.crypto.labels import kdf
from envlsp.domain.ids import TeamId
from envlsp.errors import StoreError
from envlsp.store.files import make_private_folder

_SOCKET_PATH_MAX_BYTES: Final = 103  # sun_path holds 104 bytes on macOS and 108 on Linux, with a zero
_TEAM_HEX_BYTES: Final = 16
_SOCKET_HEX_BYTES: Final = 8


class Home:
    """The places of one device's files. Making one touches no disk.

    Args:
        root: the folder that holds everything.
        runtime: where sockets go when the path below `root` would be too long.
    """

    __slots__ = ("_runtime", "root")

    def __init__(self, root: str, runtime: str = "/tmp") -> None:  # noqa: S108 (a 0700 folder is made inside)
        self.root = os.path.abspath(root)
        self._runtime = runtime

    @property
    def device_key(self) -> str:
        """The device's key file."""
        return os.path.join(self.root, "device.key")

    @property
    def pending(self) -> str:
        """The file of keys that wait to be let in somewhere."""
        return os.path.join(self.root, "pending.key")

    @property
    def node_lock(self) -> str:
        """The lock of the process that owns the network; call `make_run_folder` first."""
        return os.path.join(self.root, "run", "node.lock")

    @property
    def node_socket(self) -> str:
        """Where that process listens: short enough for a Unix socket, always the same."""
        path = os.path.join(self.root, "run", "node.sock")
        if len(os.fsencode(path)) <= _SOCKET_PATH_MAX_BYTES:
            return path
        short = kdf(bytes(32), "tag", b"socket\0" + os.fsencode(self.root))[:_SOCKET_HEX_BYTES].hex()
        return os.path.join(self._runtime, f"envlsp-{_user()}", f"{short}.sock")

    @property
    def lock_mark(self) -> str:
        """The file that is there while the device is locked; call `make_run_folder` first."""
        return os.path.join(self.root, "run", "locked")

    @property
    def is_locked(self) -> bool:
        """Whether a person has locked the device, and nobody has unlocked it since."""
        return os.path.lexists(self.lock_mark)

    def team_folder(self, team: TeamId) -> str:
        """Return the folder of a team, there or not."""
        return os.path.join(self.root, "teams", kdf(team, "tag", b"folder")[:_TEAM_HEX_BYTES].hex())

    def make(self) -> None:
        """Make the root folder.

        Raises:
            LoosePermissions: it exists and others may enter.
            StoreError: it cannot be made.
        """
        make_private_folder(self.root, may_be_link=True)

    def make_run_folder(self) -> None:
        """Make the folders of the node's lock and socket.

        Raises:
            LoosePermissions: one exists and others may enter.
            StoreError: it cannot be made, or is another user's.
        """
        self.make()
        make_private_folder(os.path.dirname(self.node_lock))
        folder = os.path.dirname(self.node_socket)
        # In /tmp another user may have been there first, or have left a link.
        if _is_somebody_elses(folder):
            raise StoreError(f"{folder} is not yours", fix="set XDG_RUNTIME_DIR, or a shorter ENVLSP_HOME")
        make_private_folder(folder)


def find_home(environ: Mapping[str, str] | None = None) -> Home:
    """Return where this device's files are.

    Args:
        environ: the environment variables, by default this process's own. `ENVLSP_HOME`
            wins; `XDG_RUNTIME_DIR` takes sockets whose path would be too long.
    """
    environ = os.environ if environ is None else environ
    root = environ.get("ENVLSP_HOME") or _data_folder()
    return Home(root, environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108 (as above)


def _data_folder() -> str:
    import platformdirs

    return platformdirs.user_data_dir("envlsp", appauthor=False)


def _is_somebody_elses(folder: str) -> bool:
    if not os.path.lexists(folder):
        return False
    found = os.lstat(folder)
    return stat.S_ISLNK(found.st_mode) or (hasattr(os, "geteuid") and found.st_uid != os.geteuid())


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
