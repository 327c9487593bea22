"""Where commands were before: what a folder and the words of a command were resolved to.

Reading `ev.yaml` and deciding which environment is meant costs `envlsp run` more than
all the rest. The answer is kept, sealed under the local store's key, in a file named by
a keyed tag, and it is believed only while everything it was taken from is as it was:
the `ev.yaml`, none nearer to us, and the folder of the file not led elsewhere by a link.
All of it may be thrown away. Refuses to know how the answer is found: that is `context`.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from envlsp.crypto.memory import Key
from envlsp.domain.ids import TeamId
from envlsp.errors import Malformed, StoreCorrupt
from envlsp.store.files import make_private_folder, write_whole
from envlsp.store.sealing import Drawer
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import KIB, UINT_MAX

if TYPE_CHECKING:
    from envlsp.service.context import Context
    from envlsp.store.home import Home

_VERSION: Final = 1
_FILE_NAME: Final = "ev.yaml"
_MAX_BYTES: Final = 64 * KIB
_FILES_MAX: Final = 512
"""More folders than that, and all are forgotten: each costs half a kilobyte."""
SETTLED_S: Final = 0.1
"""A file that changed just now may change again within one tick of its clock."""


class Words(NamedTuple):
    """What decides which environment is meant."""

    folder: str
    """The working directory, links resolved."""
    target: str
    env: str


class Place(NamedTuple):
    """What it was resolved to."""

    team: TeamId
    triple: str
    """`project/app/env`."""
    dialect: str
    file: str
    """The working copy; absolute."""


class Places:
    """The answers that are kept on this device.

    Args:
        home: its files.
        lsk: the local store's key.
    """

    def __init__(self, home: Home, lsk: Key) -> None:
        self._folder = os.path.join(home.root, "places")
        self._drawer = Drawer(lsk, b"place")

    def recall(self, words: Words) -> Place | None:
        """Return the answer of last time, or None where it may no longer hold."""
        tag = self._tag(words)
        try:
            with open(self._path(tag), "rb") as file:
                box = file.read(_MAX_BYTES)
            row = decode_untrusted(self._drawer.open(box, tag), limit_bytes=_MAX_BYTES)
        except (OSError, StoreCorrupt, Malformed):
            return None
        match row:
            case [
                1,
                bytes() as root,
                list() as marks,
                bytes() as team,
                str() as triple,
                str() as dialect,
                bytes() as file_name,
            ]:
                place = Place(TeamId(team), triple, dialect, os.fsdecode(file_name))
                if marks == _marks(words.folder, os.fsdecode(root), place.file):
                    return place
        return None

    def remember(self, words: Words, team: TeamId, context: Context) -> None:
        """Keep an answer for next time, unless what it was taken from is still changing."""
        root, file = str(context.project.root), str(context.file)
        marks = _marks(words.folder, root, file)
        if marks is None or time.time() - os.stat(os.path.join(root, _FILE_NAME)).st_ctime < SETTLED_S:
            return
        triple = str(context.triple)
        row: list[Value] = [
            _VERSION,
            os.fsencode(root),
            list(marks),
            team,
            triple,
            context.dialect,
            os.fsencode(file),
        ]
        tag = self._tag(words)
        make_private_folder(self._folder)
        self._make_room()
        write_whole(self._path(tag), self._drawer.seal(encode(row), tag), durable=False)

    def forget(self) -> None:
        """Throw all answers away: something has changed that they do not tell by themselves."""
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(self._folder):
                os.unlink(os.path.join(self._folder, name))

    def _make_room(self) -> None:
        found = os.listdir(self._folder)
        for name in found if len(found) >= _FILES_MAX else ():
            os.unlink(os.path.join(self._folder, name))

    def _tag(self, words: Words) -> bytes:
        return self._drawer.tag(encode([os.fsencode(word) for word in words]))

    def _path(self, tag: bytes) -> str:
        return os.path.join(self._folder, tag.hex())


def _marks(folder: str, root: str, file: str) -> list[int | bytes] | None:
    """Return what must be as it was; None where `root` is not the nearest project."""
    below = folder
    while below != root:
        if os.path.lexists(os.path.join(below, _FILE_NAME)) or below == os.path.dirname(below):
            return None
        below = os.path.dirname(below)
    try:
        stat = os.stat(os.path.join(root, _FILE_NAME))
    except OSError:
        return None
    home = os.fsencode(os.path.realpath(os.path.dirname(file)))
    return [stat.st_ino % UINT_MAX, stat.st_size, stat.st_mtime_ns // 1000, stat.st_ctime_ns // 1000, home]
