"""The keys of this device, unlocked: from a key file, a running node, or a passphrase.

In that order, so that nobody types a passphrase that a node already has. The
passphrase itself is never kept; what is kept is the opened file, in memory.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envlsp.crypto.device import DeviceKeys, device_keys
from envlsp.domain.ids import TeamId
from envlsp.errors import CannotOpen, EnvlspError, Locked, Misuse, NotInitialised, UsageError
from envlsp.store.home import Home
from envlsp.store.keyfile import (
    DeviceKey,
    Protection,
    create_device_key,
    open_device_key,
    read_header,
    with_key_file,
    with_passphrase,
)

if TYPE_CHECKING:
    from pathlib import Path

    from envlsp.service.ports import Talk

ASK_UNLOCK = "passphrase of this device"
MOVED = "ENVLSP_I_MOVED_THIS_DEVICE"
"""The variable by which a person says that the keys have moved, and have not been copied."""


class Vault:
    """What unlocks this device, once per process."""

    def __init__(self, home: Home, talk: Talk, key_file: Path | None = None, *, moved: bool = False) -> None:
        """Name the device; nothing is read yet.

        Args:
            home: where its files are.
            talk: who is asked for a passphrase.
            key_file: protects a new device.key, and opens one that moved.
            moved: the person says that the device lives on this machine from now on.
        """
        self._home = home
        self._talk = talk
        self._key_file = str(key_file) if key_file else None
        self._moved = moved
        self._opened: DeviceKey | None = None

    @property
    def exists(self) -> bool:
        """Whether this device has keys at all."""
        return os.path.lexists(self._home.device_key)

    def open(self) -> DeviceKey:
        """Return the opened device.key.

        Raises:
            NotInitialised: there is none.
            Locked: it needs a passphrase and nobody can be asked.
            KeyFileError, LoosePermissions: as the files are.
        """
        return self.unlock(self._talk)

    def open_or_create(self, talk: Talk | None = None) -> DeviceKey:
        """Return the opened device.key, made now if this device has none.

        Args:
            talk: who is asked for a passphrase, where that is another than usual.
        """
        if not self.exists:
            self._opened = self._create(talk or self._talk)
        return self.unlock(talk or self._talk)

    def unlock(self, talk: Talk) -> DeviceKey:
        """Return the opened device.key; this person is asked where it needs a passphrase.

        Raises: as `open` does; CannotOpen where it was another passphrase.
        """
        if self._opened is None:
            self._opened = self._open(talk)
        return self._opened

    @property
    def is_open(self) -> bool:
        """Whether the key is at hand already."""
        return self._opened is not None

    def take_key(self, kek: bytes) -> None:
        """Open device.key with `DeviceKey.kek`, from somebody who has it open.

        Raises:
            CannotOpen, KeyFileError: it is the key of another file.
        """
        self._opened = open_device_key(self._home.device_key, kek=kek)

    def reload(self) -> None:
        """Read device.key again: another process may have joined a team."""
        if self._opened is not None:
            self._opened = open_device_key(self._home.device_key, kek=self._opened.kek)

    def check_machine(self) -> None:
        """Make sure that this is the machine the keys were made on.

        Two machines with the keys of one device would both write its next record, and
        every teammate would be told that the device is forked (PROTOCOL H).

        Raises:
            Misuse: device.key was copied here.
        """
        from envlsp.store.machine import machine_hint  # only before writing

        if self.open().machine_matches(hint := machine_hint()):
            return
        if not self._moved:
            raise Misuse(
                "these keys were made on another machine, which may be writing with them",
                fix=f"envlsp join CODE, with another ENVLSP_HOME; if the other copy is gone: {MOVED}=1",
            )
        self.open().bind_machine(hint)

    def keys(self, team: TeamId) -> DeviceKeys:
        """Return this device's keys in a team.

        Raises:
            NotInitialised: it is in no such team.
        """
        seeds = self.open().seeds(team)
        if seeds is None:
            raise NotInitialised("this device is not in the team that ev.yaml names", fix="envlsp join CODE")
        return device_keys(seeds.sign, seeds.box)

    def _open(self, talk: Talk) -> DeviceKey:
        self._home.make()
        path = self._home.device_key
        if read_header(path).protection is Protection.KEY_FILE:
            return open_device_key(path, key_file=self._key_file)
        if (opened := self._from_node(path)) is not None:
            return opened
        try:
            passphrase = talk.ask_hidden(ASK_UNLOCK)
        except UsageError as exc:
            raise Locked from exc  # nobody is there to ask
        return open_device_key(path, passphrase=passphrase)

    def _from_node(self, path: str) -> DeviceKey | None:
        if not os.path.lexists(self._home.node_socket):
            return None  # known before asyncio is loaded
        from pathlib import Path

        from envlsp.service.local_api import LocalClient

        client = LocalClient.connect(Path(self._home.node_socket))
        if client is None:
            return None
        try:
            match client.call("key"):
                case (bytes() as kek,):
                    return open_device_key(path, kek=kek)
        except (Locked, CannotOpen, EnvlspError):
            pass  # The node's key is of another time; the person still has the passphrase.
        finally:
            client.close()
        return None

    def _create(self, talk: Talk) -> DeviceKey:
        from envlsp.store.machine import machine_hint

        self._home.make()
        if self._key_file:
            talk.say(f"warning: {self._key_file} opens all secrets of this device; keep it safe")
            lock = with_key_file(self._key_file, create=True)
        else:
            lock = with_passphrase(talk.ask_hidden("choose a passphrase for this device", twice=True))
        return create_device_key(self._home.device_key, lock, machine=machine_hint())
