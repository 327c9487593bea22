"""Who people say they are: names and device labels out of the bodies that introduced them."""

from __future__ import annotations

import platform
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from envlsp.domain.ids import DevicePk, UserId
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.history import introduced_device
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import CheckedRecord, DeviceAdd, Role, ScopeSet
from envlsp.domain.ledger.state import Member
from envlsp.errors import AmbiguousName, BadText, NotFound
from envlsp.service.replica import Replica
from envlsp.service.results import MemberInfo
from envlsp.wire.bodies import GenesisBody, PersonBody, ScopeBody

RECOVERY_WORDS = "the recovery words"
"""Who wrote a record that no device wrote."""

ROLE_WORDS = {Role.NONE: "guest", Role.VIEWER: "viewer", Role.DEVELOPER: "developer", Role.ADMIN: "admin"}
_ADDRESS = r"[^\s<>@,;]+@[^\s<>@,;]+"
_PERSON = re.compile(
    rf"(?P<alone>{_ADDRESS})|(?P<name>[^<>@]*[^<>@\s\"][^<>@]*)|(?P<named>[^<>]*)<(?P<inside>{_ADDRESS})>"
)
SHORT_HEX = 8
"""Hex digits of an id that people see: 32 bits tell 64 members apart."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody says they are; a claim that an admin confirmed when letting them in."""

    name: str
    address: str
    device: str

    @property
    def display_name(self) -> str:
        """The form that bodies carry: `Alice <alice@example.com>`."""
        return f"{self.name} <{self.address}>" if self.address else self.name


def parse_person(text: str, device: str | None = None) -> Person:
    """Return the person in `Alice <alice@example.com>`, `Alice` or `alice@example.com`.

    Raises:
        BadText: no name can be read out of it.
    """
    label = device if device is not None else platform.node() or "device"
    found = _PERSON.fullmatch(text.strip())
    if found is None or not text.strip().isprintable():
        raise BadText(
            "a person is written: Alice <alice@example.com>", fix='--as "Alice <alice@example.com>"'
        )
    address = found["inside"] or found["alone"] or ""
    return Person(
        (found["name"] or found["named"] or "").strip('" ') or address.partition("@")[0], address, label
    )


def role_from_word(word: str) -> Role:
    """Return the role called `viewer`, `developer` or `admin`.

    Raises:
        BadText: there is no such role.
    """
    for role, known in ROLE_WORDS.items():
        if word == known and role is not Role.NONE:
            return role
    raise BadText(f"there is no role '{word}'", fix="one of: viewer, developer, admin")


class People:
    """The names behind the ids of one team, read once per record."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._known: dict[DevicePk, Person] = {}
        self._read_of: tuple[Ledger | None, int] = None, 0
        self._told_of: tuple[Ledger | None, int] = None, 0
        self._names: dict[UserId, str] = {}
        self._users: dict[UserId, CheckedRecord] = {}
        self._devices: dict[DevicePk, CheckedRecord] = {}

    def of_device(self, dpk: DevicePk) -> Person:
        """Return who introduced themselves with this device; the id stands in for a name."""
        if dpk not in self._known:
            found = self._read(dpk)
            if found is None:
                return self._told(dpk) or Person(dpk.hex()[:SHORT_HEX], "", "")
            self._known[dpk] = found
        return self._known[dpk]

    def of_member(self, member: Member) -> Person:
        """Return a member's name: that of the device that brought them in."""
        intro = self._replica.record(member.intro)
        pub = intro.header.pub
        return self.of_device(getattr(pub, "dpk", intro.header.author))

    def of_user(self, user: UserId) -> Person:
        """Return the name of a member, of whoever was one, or of one who never came to be."""
        if user == ROOT:
            return Person(RECOVERY_WORDS, "", "")
        member = self._replica.state.members.get(user)
        if member is not None:
            return self.of_member(member)
        self._learn()
        intro = self._users.get(user)
        if intro is None:
            return Person(user.hex()[:SHORT_HEX], "", "")
        return self.of_device(introduced_device(intro))

    def _read(self, dpk: DevicePk) -> Person | None:
        intro = self._intro(dpk)
        if intro is None:
            return None
        body = self._replica.body(intro)
        if not isinstance(body, GenesisBody | PersonBody):
            return None
        return _read_person(body.display_name, body.device_label)

    def _told(self, dpk: DevicePk) -> Person | None:
        """Return who a scope's records say this is: to a guest, the record that brought them in is closed."""
        user = self._replica.state.user_of(dpk)
        ledger = self._replica.ledger
        if self._told_of != (ledger, len(ledger)):
            self._told_of = ledger, len(ledger)
            self._names = {user: name for body in self._scope_bodies() for user, name in body.names}
        name = self._names.get(user) if user else None
        return _read_person(name, "") if name else None

    def _scope_bodies(self) -> Iterator[ScopeBody]:
        """Yield what the standing records of the scopes we read say, the newest last."""
        for record in self._replica.ledger.auth_records():
            if isinstance(record.header.pub, ScopeSet) and self._replica.ledger.is_effective(record.id):
                body = self._replica.body(record)
                if isinstance(body, ScopeBody):
                    yield body

    def _intro(self, dpk: DevicePk) -> CheckedRecord | None:
        """Return the record that brought a device in, a void one where no other did."""
        device = self._replica.state.devices.get(dpk)
        if device is not None:
            return self._replica.record(device.intro)
        self._learn()
        return self._devices.get(dpk)

    def _learn(self) -> None:
        """Note which record brought in whom, void ones included: the first where there are several."""
        ledger = self._replica.ledger
        if self._read_of == (ledger, len(ledger)):
            return
        self._read_of = ledger, len(ledger)
        self._users, self._devices = {}, {}
        for record in ledger.auth_records():
            pub = record.header.pub
            if isinstance(pub, DeviceAdd):
                self._devices.setdefault(pub.dpk, record)
            elif record.introduces is not None:
                self._users.setdefault(record.introduces, record)
                self._devices.setdefault(introduced_device(record), record)

    def list(self) -> list[MemberInfo]:
        """Return the members, founder first."""
        state, me = self._replica.state, self._replica.keys.dpk
        own, suspects = state.user_of(me), {one.device for one in self._replica.suspects}
        heights = {user: self._replica.record(m.intro).header.height for user, m in state.members.items()}
        return [
            MemberInfo(
                id=user.hex()[:SHORT_HEX],
                name=(person := self.of_member(member)).name,
                address=person.address,
                role=ROLE_WORDS[member.role],
                devices=tuple((d.hex()[:SHORT_HEX], self.of_device(d).device) for d in member.devices),
                is_self=user == own,
                trusted=suspects.isdisjoint(member.devices),
            )
            for user, member in sorted(state.members.items(), key=lambda item: (heights[item[0]], item[0]))
        ]

    def find(self, who: str) -> UserId:
        """Return the one member that an address, a name or the start of an id means.

        Raises:
            NotFound: nobody.
            AmbiguousName: several; the detail lists them.
        """
        found = self._only(who, self._replica.state.members)
        if found is None:
            self._learn()
            if any(self._is_meant(who, user) for user in self._users):
                gone = f"'{who}' is no member any more"
                raise NotFound(gone, fix=f"envlsp access why {shlex.quote(who)}")
            raise NotFound(f"there is no member '{who}'", fix="envlsp members")
        return found

    def find_anybody(self, who: str) -> UserId:
        """Return the one member that is meant, else the one who was removed or never came to be.

        Raises:
            NotFound: nobody.
            AmbiguousName: several; the detail lists them.
        """
        found = self._only(who, self._replica.state.members)
        if found is None:
            self._learn()
            found = self._only(who, self._users)
        if found is None:
            raise NotFound(f"nobody called '{who}' is or was in the team", fix="envlsp members")
        return found

    def _only(self, who: str, users: Iterable[UserId]) -> UserId | None:
        fits = [user for user in users if self._is_meant(who, user)]
        if len(fits) > 1:
            names = (f"{self.of_user(user).display_name} ({user.hex()[:SHORT_HEX]})" for user in fits)
            raise AmbiguousName(f"'{who}' may be {', '.join(names)}", fix="give the id in brackets")
        return fits[0] if fits else None

    def _is_meant(self, who: str, user: UserId) -> bool:
        person, word = self.of_user(user), who.strip().lower()
        names = {person.address.lower(), person.name.lower(), person.display_name.lower()}
        return word in names - {""} or (len(word) >= 4 and user.hex().startswith(word))


def _read_person(display_name: str, label: str) -> Person:
    """Read a name that a stranger chose: control characters never reach a terminal."""
    try:
        return parse_person(printable(display_name), printable(label))
    except BadText:
        return Person("�", "", printable(label))


def printable(text: str) -> str:
    """Return a stranger's text with everything replaced that could move a terminal's cursor."""
    return "".join(char if char.isprintable() else "�" for char in text)
