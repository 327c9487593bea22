"""One team on this device, opened as far as a verb needs it.

`run` and `get` stop at the store and one cached row; only what asks for the replica
loads the ledger.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from envlsp.crypto.device import DeviceKeys
from envlsp.domain.ids import TeamId
from envlsp.service.vault import Vault
from envlsp.store.home import Home
from envlsp.store.team import TeamStore

if TYPE_CHECKING:
    from envlsp.service.history import Releases
    from envlsp.service.people import People
    from envlsp.service.ports import Clock
    from envlsp.service.replica import Replica


class Team:
    """What every verb about a team works on."""

    def __init__(self, home: Home, vault: Vault, team: TeamId, clock: Clock) -> None:
        """Name a team; nothing is opened yet."""
        self.home = home
        self.vault = vault
        self.id = team
        self.clock = clock

    @cached_property
    def keys(self) -> DeviceKeys:
        """What this device signs with, and is sealed to, in the team."""
        return self.vault.keys(self.id)

    @cached_property
    def store(self) -> TeamStore:
        """The team's folder."""
        return TeamStore(self.home.team_folder(self.id), self.vault.open().lsk, self.keys.dpk)

    @cached_property
    def replica(self) -> Replica:
        """The ledger, loaded."""
        from envlsp.service.replica import Replica

        return Replica(self.id, self.keys, self.store, self.clock, self.vault.check_machine)

    @cached_property
    def people(self) -> People:
        """Names behind ids."""
        from envlsp.service.people import People

        return People(self.replica)

    @cached_property
    def releases(self) -> Releases:
        """All environments."""
        from envlsp.service.history import Releases

        return Releases(self.replica, self.people)

    def close(self) -> None:
        """Close the store, if it was opened, and wipe the keys."""
        if "store" in self.__dict__:
            self.store.close()
        if "replica" in self.__dict__:
            self.replica.ring.close()
        if "keys" in self.__dict__:
            self.keys.close()
