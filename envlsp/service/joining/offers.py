"""What a code makes of whoever uses it: a new member, or one's own next device.

An offer knows what to ask the person here, and which record to write once they said
yes. Keys that are let in already get the record that says so again: their first join
broke off after it, and must not make a second member (PROTOCOL E.1).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from envlsp.domain.ids import NO_OWNER, BoxPk, DevicePk, RecordId, UserId
from envlsp.domain.ledger.records import Role
from envlsp.errors import CodeRefused
from envlsp.service.access import devices, roles
from envlsp.service.access.rights import demand_role
from envlsp.service.access.scope_members import ScopeLine, set_scope_role
from envlsp.service.facade import OpenedTeam
from envlsp.service.people import SHORT_HEX, Person, parse_person, printable
from envlsp.service.replica import Replica
from envlsp.wire.join import Request


class Offer(Protocol):
    """What a code is for."""

    @property
    def owner(self) -> UserId:
        """Whose next device this becomes; `NO_OWNER` for a new member."""

    @property
    def again(self) -> str:
        """The command that makes another such code."""

    @property
    def question(self) -> str:
        """What the person here is asked, with the words on the screen."""

    def check(self) -> None:
        """Make sure that we may let somebody in, before a code is made."""

    def person(self, request: Request) -> Person:
        """Return who comes in by this request.

        Raises:
            CodeRefused: it is not who was meant.
        """

    def announce(self, person: Person) -> str:
        """Return a line that says who wants in, and as what."""

    def let_in(self, request: Request, person: Person) -> RecordId:
        """Write the record that lets them in, unless there is one; return its id."""


class NewMember:
    """Somebody who becomes a member, with a role."""

    again = "envlsp invite"
    question = "do they read the same words to you?"
    owner = NO_OWNER

    def __init__(
        self, opened: OpenedTeam, role: Role, address: str | None, lines: Collection[ScopeLine] = ()
    ) -> None:
        """Say what they become.

        Args:
            opened: the team.
            role: in the team; `Role.NONE` for a guest.
            address: let in only whoever says this is theirs.
            lines: scopes they are let into at once.
        """
        self._opened = opened
        self._role = role
        self._address = address
        self._lines = lines

    def check(self) -> None:
        """Only an admin lets members in."""
        demand_role(self._opened.team.replica, Role.ADMIN)

    def person(self, request: Request) -> Person:
        """Return who they say they are; a code for an address is for nobody else."""
        person = parse_person(printable(request.name), printable(request.label))
        if self._address and person.address.lower() != self._address.lower():
            raise CodeRefused(
                f"{person.display_name} answered, and it was for {self._address}",
                fix=f"make another one: envlsp access grant {self._address}",
            )
        return person

    def announce(self, person: Person) -> str:
        """Return who wants to join."""
        return f"{person.display_name} wants to join from {person.device or 'a device'}"

    def let_in(self, request: Request, person: Person) -> RecordId:
        """Grant them the role, or the same role again to keys that were granted one."""
        replica = self._opened.team.replica

        known = known_user(replica, request.dpk, request.xpk)
        if known is None:
            wish = roles.Request(request.dpk, request.xpk, request.pop, person)
            return roles.grant(replica, wish, self._role, self._opened.members_max, lines=self._lines)
        releases = self._opened.team.releases
        if not self._lines:  # a code for a scope takes nothing from anybody
            roles.set_role(replica, releases, known, self._role)
        for scope, role in self._lines:
            set_scope_role(replica, releases, scope, known, role)
        return replica.state.devices[request.dpk].intro


class OwnDevice:
    """Another device of the person in front of this one."""

    again = "envlsp device add"
    question = "does your other device show the same words?"

    def __init__(self, opened: OpenedTeam) -> None:
        self._opened = opened
        self.owner = devices.own_user(opened.team.replica)

    def check(self) -> None:
        """Make sure that there is room for one more."""
        demand_role(self._opened.team.replica, Role.NONE)
        devices.check_room(self._opened.team.replica)

    def person(self, request: Request) -> Person:
        """Return ourselves, on the device that asks: what it says of a name does not count."""
        me = self._opened.team.people.of_user(self.owner)
        return Person(me.name, me.address, printable(request.label))

    def announce(self, person: Person) -> str:
        """Return which device wants in."""
        return f"{person.device or 'a device'} is to be another device of yours: it can do all that you can"

    def let_in(self, request: Request, person: Person) -> RecordId:
        """Add the device, unless it was added when a first try broke off."""
        replica = self._opened.team.replica
        known = known_user(replica, request.dpk, request.xpk)
        if known is None:
            return devices.add(replica, roles.Request(request.dpk, request.xpk, request.pop, person))
        if known != self.owner:
            raise CodeRefused(
                "that machine is a teammate's device already",
                fix=f"envlsp members; is it yours? envlsp access revoke {known.hex()[:SHORT_HEX]}",
            )
        return replica.state.devices[request.dpk].intro


def known_user(replica: Replica, dpk: DevicePk, xpk: BoxPk) -> UserId | None:
    """Return whose these keys are already; None for fresh ones.

    Raises:
        CodeRefused: they were somebody's, and are no more: a key is let in once.
    """
    replica.refresh()
    device = replica.state.devices.get(dpk)
    if device is None:
        return None
    if not device.active or device.xpk != xpk:
        raise CodeRefused(
            "those keys were in the team before, and no key is let in twice",
            fix="try again with another code: they will make fresh keys now",
        )
    return device.user
