"""The device's keys, unlocked: by a key file, a keyring, a running node, or a passphrase.

Asks a person only when nothing else opens them. While the device is locked (`locking`
says so by a file, PROTOCOL H) nothing opens them but a passphrase, and that for the one
command which asked; what was open is wiped as soon as it is looked at.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from envlsp.crypto.device import DeviceKeys, device_keys
from envlsp.domain.ids import TeamId
from envlsp.errors import CannotOpen, EnvlspError, Locked, Misuse, NotInitialised, UsageError
from envlsp.service.holding import FOREVER, Hold
from envlsp.store.home import Home
from envlsp.store.keyfile import (
    DeviceKey,
    Protection,
    Wrapping,
    create_device_key,
    open_device_key,
    read_header,
    with_key_file,
    with_keyring,
    with_passphrase,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envlsp.crypto.memory import SecretBuffer
    from envlsp.service.ports import Talk

ASK_UNLOCK = "passphrase of this device"
ASK_NEW = "choose a passphrase for this device"
MOVED = "ENVLSP_I_MOVED_THIS_DEVICE"
"""The variable by which a person says that the keys have moved, and have not been copied."""

UNLOCK_S: Final = 8 * 3600.0
"""How long a typed passphrase is good for where a process stays to hold it: a working day."""

KEYRING_REST_S: Final = 60.0
"""How long a keyring that gave nothing is left alone, unless a person asks for it."""


class Vault:
    """What unlocks this device, once per process."""

    def __init__(
        self,
        home: Home,
        talk: Talk,
        key_file: Path | None = None,
        *,
        moved: bool = False,
        hold: Hold | None = None,
        unlock_s: Callable[[], float | None] = lambda: None,
    ) -> None:
        """Name the device; nothing is read yet.

        Args:
            home: where its files are.
            talk: who is asked for a passphrase.
            key_file: protects a new device.key, and opens one that moved.
            moved: the person says that the device lives on this machine from now on.
            hold: what this process holds, shared by its threads.
            unlock_s: for how long the person wants it held; None for the usual time.
        """
        self._home = home
        self._talk = talk
        self._key_file = str(key_file) if key_file else None
        self._moved = moved
        self.hold = hold or Hold()
        self._unlock_s = unlock_s
        self._opened: DeviceKey | None = None
        self._turn = 0
        self.is_nodes_own = False
        """Whether this is the node's: then there is no other one to ask."""
        self.was_refused = False
        """Whether somebody was asked here, and did not know the passphrase."""

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
            self._turn = self.hold.turn
        return self.unlock(talk or self._talk)

    def unlock(self, talk: Talk) -> DeviceKey:
        """Return the opened device.key; this person is asked where it needs a passphrase.

        Raises: as `open` does; CannotOpen where it was another passphrase.
        """
        if self._opened is not None and self._turn != self.hold.turn:
            self.forget()
        if self._opened is None:
            self._opened = self._open(talk)
            self._turn = self.hold.turn
        return self._opened

    @property
    def is_open(self) -> bool:
        """Whether the key is at hand already."""
        return self._opened is not None and self._turn == self.hold.turn

    @property
    def asks_nobody(self) -> bool:
        """Whether the device opens without a person: its key is held, or a key file opens it.

        Raises:
            NotInitialised, KeyFileError: as `open` does.
        """
        return self.hold.left_s() > 0 or read_header(self._home.device_key).protection is Protection.KEY_FILE

    def heed_lock(self) -> int:
        """Forget what is held if somebody has locked the device; return the turn of what is held now.

        Who keeps something open calls it now and then, and lets go of it in a new turn.
        """
        if self._home.is_locked:
            self.hold.forget()
        return self.hold.turn

    def take_key(self, kek: SecretBuffer, for_s: float = FOREVER) -> None:
        """Open device.key with `DeviceKey.kek`, from somebody who has it open.

        Raises:
            Locked, KeyFileError: it is the key of another file.
        """
        self._replace(open_device_key(self._home.device_key, kek=kek))
        self.hold.keep(kek, for_s)

    def reload(self) -> None:
        """Read device.key again: another process may have joined a team."""
        if self._opened is not None and self.is_open:
            self._replace(open_device_key(self._home.device_key, kek=self._opened.kek))

    def forget(self) -> None:
        """Wipe the keys that are open here; what may be opened again is another question."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

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
                fix="envlsp join CODE, with another ENVLSP_HOME; if the other copy is gone:"
                f" --i-moved-this-device, or {MOVED}=1",
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

    # --- changing what protects them -------------------------------------------------------------

    def protect(self, protection: Protection, talk: Talk, path: str | None = None) -> DeviceKey:
        """Put another protection on the keys, or another passphrase; whoever asks is asked first.

        A passphrase that protects them now has to be typed even where the device is
        unlocked: who finds it so must not be able to lock its owner out.

        Args:
            protection: the new one.
            talk: the person.
            path: of the key file.

        Raises:
            Locked: the present protection gives nothing, or there is no keyring.
        """
        if read_header(self._home.device_key).protection is Protection.PASSPHRASE:
            self._replace(self._typed(self._home.device_key, talk))
        key = self.unlock(talk)
        key.protect(self._wrapping(protection, talk, path))
        return key

    def _wrapping(self, protection: Protection, talk: Talk, path: str | None) -> Wrapping:
        if protection is Protection.PASSPHRASE:
            return with_passphrase(talk.ask_hidden(ASK_NEW, twice=True))
        if protection is Protection.KEYRING:
            return with_keyring()
        assert path is not None
        talk.say(f"warning: {path} opens all secrets of this device; keep it safe")
        return with_key_file(path, create=True)

    def _create(self, talk: Talk) -> DeviceKey:
        from envlsp.store.machine import machine_hint

        self._home.make()
        wrapping = self._first_wrapping(talk)
        made = create_device_key(self._home.device_key, wrapping, machine=machine_hint())
        if wrapping.header.protection is not Protection.KEY_FILE:
            self._keep(made)
        return made

    def _first_wrapping(self, talk: Talk) -> Wrapping:
        """Return the protection of a new device: the system's keyring where it is a real one (A8)."""
        if self._key_file:
            return self._wrapping(Protection.KEY_FILE, talk, self._key_file)
        from envlsp.store import os_keyring

        if os_keyring.is_there():
            try:
                wrapping = with_keyring()
            except Locked as exc:
                talk.say(f"{exc}; a passphrase protects this device instead")
            else:
                talk.say("the keyring of this desktop opens this device; to change that: envlsp protect")
                return wrapping
        return self._wrapping(Protection.PASSPHRASE, talk, None)

    # --- opening ---------------------------------------------------------------------------------

    def _open(self, talk: Talk) -> DeviceKey:
        self._home.make()
        path = self._home.device_key
        protection = read_header(path).protection
        if protection is Protection.KEY_FILE:
            return open_device_key(path, key_file=self._key_file)
        is_locked = self._home.is_locked
        if not is_locked and (opened := self._held(path) or self._from_node(path)) is not None:
            return opened
        if protection is Protection.KEYRING:
            if is_locked or self.hold.is_resting:
                raise Locked(fix="envlsp unlock")
            self.hold.rest(KEYRING_REST_S)  # unless it answers: whoever comes next must not wait again
            opened = open_device_key(path)
            self._keep(opened)
            return opened
        opened = self._typed(path, talk)
        if not is_locked:
            self._keep(opened)
            self._lend(opened)
        return opened

    def type_in(self, talk: Talk) -> DeviceKey:
        """Return device.key opened by what a person types, or by the keyring, whatever is held.

        Raises:
            Locked: it was not the passphrase, or nobody can be asked; or the keyring gives nothing.
        """
        path = self._home.device_key
        is_typed = read_header(path).protection is Protection.PASSPHRASE
        opened = self._typed(path, talk) if is_typed else open_device_key(path, key_file=self._key_file)
        self._replace(opened)
        return opened

    def _typed(self, path: str, talk: Talk) -> DeviceKey:
        try:
            passphrase = talk.ask_hidden(ASK_UNLOCK)
        except UsageError as exc:
            raise Locked from exc  # nobody is there to ask
        try:
            return open_device_key(path, passphrase=passphrase)
        except Locked:
            self.was_refused = True
            raise

    def _replace(self, opened: DeviceKey) -> None:
        # What was open before is wiped with its last user: a team's store may be reading with it.
        self._opened = opened
        self._turn = self.hold.turn

    def _keep(self, opened: DeviceKey) -> None:
        """Let this process hold what opens the file, for as long as it may."""
        usual = FOREVER if opened.protection is Protection.KEYRING else UNLOCK_S
        wanted = self._unlock_s()
        self.hold.keep(opened.kek, usual if wanted is None else wanted)

    def _held(self, path: str) -> DeviceKey | None:
        kek = self.hold.kek()
        if kek is None:
            return None
        try:
            with kek:
                return open_device_key(path, kek=kek)
        except (Locked, CannotOpen):  # another protection was put on the file since
            self.hold.forget()
            return None

    def _from_node(self, path: str) -> DeviceKey | None:
        """Return the file opened with what the node holds, which this process then holds as long."""
        if self.is_nodes_own or not os.path.lexists(self._home.node_socket):
            return None  # known before asyncio is loaded
        from envlsp.service.lending import ask_key

        try:
            found = ask_key(self._home)
            if found is None:
                return None
            kek, left_s = found
            with kek:
                opened = open_device_key(path, kek=kek)
                self.hold.keep(kek, left_s)
        except (Locked, CannotOpen, EnvlspError):
            return None  # The node's key is of another time; the person still has the passphrase.
        return opened

    def _lend(self, opened: DeviceKey) -> None:
        """Let a node that has no key have this one: it serves what the person is doing."""
        if self.is_nodes_own or not os.path.lexists(self._home.node_socket):
            return
        from envlsp.service.lending import lend_key

        lend_key(self._home, opened.kek, self.hold.left_s())
