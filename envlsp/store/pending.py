"""Fresh keys of this device that somebody was asked to let in, until they are let in.

    file   = [1, sealed]
    sealed = seal_row([[team32, made, sign_seed32, box_seed32]...], KDF(LSK, "view", "pending"))

A join that breaks off after the admin's yes, or a request that travels by hand, must
find its keys again: they are on the disk before anybody is asked. Refuses to know what
becomes of a request. Its rules:

- One waiting key pair for each team that is known; a request made before the team is
  known has 32 zeros for it, and there may be several.
- Where more than `PENDING_MAX` wait, the oldest is forgotten.

Spec: docs/protocol.md, "E.3 Offline strings".
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, NamedTuple

from envlsp.crypto.memory import Key
from envlsp.domain.ids import NO_TEAM, TeamId
from envlsp.errors import LimitExceeded, Malformed, StoreCorrupt
from envlsp.store.files import check_private, make_private_folder, write_whole
from envlsp.store.keyfile import DeviceSeeds
from envlsp.store.lock import FileLock
from envlsp.store.sealing import Drawer
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import KIB

PENDING_MAX: Final = 16
_VERSION: Final = 1
_CONTEXT: Final = b"pending"
_MAX_BYTES: Final = 8 * KIB
_LOCK_TIMEOUT_S: Final = 10.0
_SEED_BYTES: Final = 32


class Waiting(NamedTuple):
    """Keys that wait for an answer."""

    team: TeamId
    """The team they were made for; `NO_TEAM` for a request that any team may answer."""
    made_s: int
    """When, in seconds since 1970 by our clock."""
    seeds: DeviceSeeds


class Pending:
    """The keys of this device that wait for an answer.

    Args:
        path: `Home.pending`.
        lsk: the local store's key.
    """

    def __init__(self, path: str, lsk: Key) -> None:
        self._path = path
        self._drawer = Drawer(lsk, b"pending")

    def all(self) -> tuple[Waiting, ...]:
        """Return what waits, the oldest first.

        Raises:
            StoreCorrupt: the file does not open.
            LoosePermissions: others may read it.
        """
        try:
            check_private(self._path)
            with open(self._path, "rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return ()
        except OSError as exc:
            raise StoreCorrupt(f"{self._path}: {exc.strerror}") from exc
        return self._opened(data)

    def of_team(self, team: TeamId) -> DeviceSeeds | None:
        """Return the keys that wait for this team, or None."""
        return next((waiting.seeds for waiting in self.all() if waiting.team == team), None)

    def put(self, team: TeamId, seeds: DeviceSeeds, now_s: int) -> None:
        """Keep keys; they are on the disk when this returns. Replaces those for the same known team."""

        def change(found: list[Waiting]) -> list[Waiting]:
            kept = [one for one in found if team == NO_TEAM or one.team != team]
            return [*kept, Waiting(team, now_s, seeds)][-PENDING_MAX:]

        self._change(change)

    def drop(self, seeds: DeviceSeeds) -> None:
        """Forget keys: they were answered, or never will be. Harmless where there are none."""
        if any(waiting.seeds == seeds for waiting in self.all()):
            self._change(lambda found: [one for one in found if one.seeds != seeds])

    def _change(self, change: Callable[[list[Waiting]], list[Waiting]]) -> None:
        make_private_folder(os.path.dirname(self._path))
        lock = FileLock(self._path + ".lock", "keeping new keys")
        lock.acquire(timeout_s=_LOCK_TIMEOUT_S)
        with lock:
            rows: list[Value] = [
                [w.team, w.made_s, w.seeds.sign, w.seeds.box] for w in change(list(self.all()))
            ]
            sealed = self._drawer.seal(encode(rows), _CONTEXT)
            write_whole(self._path, encode((_VERSION, sealed)))

    def _opened(self, data: bytes) -> tuple[Waiting, ...]:
        try:
            match decode_untrusted(data, limit_bytes=_MAX_BYTES):
                case [int(version), bytes(sealed)] if version == _VERSION:
                    rows = decode_untrusted(self._drawer.open(sealed, _CONTEXT), limit_bytes=_MAX_BYTES)
                    if isinstance(rows, list):
                        return tuple(map(_to_waiting, rows))
        except (Malformed, LimitExceeded):
            pass
        raise StoreCorrupt(f"{self._path} is not readable", fix=f"rm {self._path}; then ask again")


def _to_waiting(row: object) -> Waiting:
    match row:
        case [bytes(team), int(made), bytes(sign), bytes(box)] if len(sign) == len(box) == _SEED_BYTES:
            return Waiting(TeamId(team), made, DeviceSeeds(sign, box))
    raise Malformed
