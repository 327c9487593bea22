"""The devices of a person: adding one's next, removing one, and what each of them is.

Adding and removing author records; whoever calls has synced first and syncs after. A
removal carries its new epochs in the same record, so there is no moment between
(PROTOCOL D.3). A device never outlives its person, and no person is left without one:
that would be a member whom nobody can be.
"""

from __future__ import annotations

from collections.abc import Iterable

from envlsp.crypto.epochs import Recipient
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, RecordId, ScopeId, UserId
from envlsp.domain.ledger.history import devices_of
from envlsp.domain.ledger.policy import DEVICES_PER_USER_MAX
from envlsp.domain.ledger.records import DeviceAdd, DeviceRevoke, Role, Seal
from envlsp.domain.ledger.state import Device
from envlsp.errors import AmbiguousName, Misuse, NoAccess, NotFound, WaitingForKey
from envlsp.service.access.rights import demand_role, own_role
from envlsp.service.access.roles import Request
from envlsp.service.access.rotation import (
    new_epochs,
    open_epochs,
    rekey_heads,
    scopes,
    seals_for,
    team_note,
)
from envlsp.service.history import Releases
from envlsp.service.people import SHORT_HEX
from envlsp.service.replica import Replica
from envlsp.service.results import DeviceInfo
from envlsp.service.team import Team
from envlsp.wire.bodies import PersonBody

# --- adding ------------------------------------------------------------------------------------


def add(replica: Replica, request: Request) -> RecordId:
    """Make a new device another one of ours, with every key we hold; return the record that says so.

    Raises:
        NoAccess: this device was removed.
        Misuse: we have as many as anybody may have.
    """
    with replica.writing():
        demand_role(replica, Role.NONE)
        check_room(replica)
        newcomer = Recipient(request.dpk, request.xpk)
        pub = DeviceAdd(request.dpk, request.xpk, request.pop, _seals(replica, newcomer))
        if own_role(replica) == Role.NONE:  # a guest has no key for the team's own records
            return replica.append(pub).id
        person = request.person
        return replica.append(pub, PersonBody(replica.now(), person.display_name, person.device, "")).id


def check_room(replica: Replica) -> None:
    """Make sure that we may have one device more.

    Raises:
        Misuse: we have as many as anybody may have.
    """
    mine = replica.state.members[own_user(replica)].devices
    if len(mine) >= DEVICES_PER_USER_MAX:
        raise Misuse(
            f"you have {DEVICES_PER_USER_MAX} devices, and nobody may have more",
            fix="envlsp device revoke WHICH, for one that you do not use",
        )


def own_user(replica: Replica) -> UserId:
    """Return whose device this is.

    Raises:
        NotFound: nobody's, yet or any more.
    """
    user = replica.state.user_of(replica.keys.dpk)
    if user is None or user not in replica.state.members:
        raise NotFound("this device is nobody's in the team", fix="envlsp sync")
    return user


def _seals(replica: Replica, newcomer: Recipient) -> tuple[Seal, ...]:
    """Return all that lets a device of ours read what we read; what we lack, others deliver."""
    found: list[Seal] = []
    for scope in scopes(replica.state):
        if own_role(replica, scope) < Role.VIEWER:
            continue
        if replica.state.current_epoch(scope) is None and own_role(replica, scope) < Role.DEVELOPER:
            continue
        try:
            found += seals_for(replica, newcomer, scope)
        except WaitingForKey:
            if scope == TEAM_SCOPE:
                raise
    return tuple(sorted(found, key=lambda seal: (seal.epoch, seal.to)))


# --- removing ----------------------------------------------------------------------------------


def remove(replica: Replica, releases: Releases, device: Device) -> tuple[ScopeId, ...]:
    """Remove a device and start new epochs without it; encrypt every head again.

    Returns:
        The scopes that still need a new key, because we may only read them: a
        developer's client starts it when it comes by.

    Raises:
        NoAccess: it is somebody else's, and we are no admin.
        Misuse: it is the last one of its person.
    """
    with replica.writing():
        check_removable(replica, device)
        read = [scope for scope in scopes(replica.state) if replica.state.access(device.dpk, scope)]
        # An epoch that we draw is ours to read: who removes the device at hand leaves it to others.
        draws = device.dpk != replica.keys.dpk
        ours = [scope for scope in read if draws and own_role(replica, scope) >= Role.DEVELOPER]
        made = new_epochs(replica, ours, without={device.dpk})
        pub = DeviceRevoke((device.dpk,), made.epochs)
        can_note = own_role(replica) > Role.NONE
        body = team_note(replica, made.team_key) if can_note else None
        replica.append(pub, body, carried=made.team_key)
        if draws:
            open_epochs(replica, made.left)
            rekey_heads(replica, releases)
        return tuple(scope for scope in read if scope not in ours)


def check_removable(replica: Replica, device: Device) -> None:
    """Make sure that we may remove a device, and that its person has another.

    Raises:
        NoAccess: it is somebody else's, and we are no admin.
        Misuse: it is the last one of its person; the fix depends on whether anybody could help.
    """
    demand_role(replica, Role.NONE)
    if device.user != replica.state.user_of(replica.keys.dpk) and own_role(replica) < Role.ADMIN:
        raise NoAccess("that is somebody else's device", fix="ask an admin: envlsp device revoke WHICH")
    member = replica.state.members[device.user]
    if len(member.devices) > 1:
        return
    who = device.user.hex()[:SHORT_HEX]
    if _is_only_admin(replica, device.user):
        raise Misuse(
            "it is the only device of the only admin: nobody could let anybody in again",
            fix="envlsp device add, or: envlsp access grant WHO --role admin",
        )
    raise Misuse(
        "it is the only device of its person, who would be a member that nobody can be",
        fix=f"envlsp device add first; to remove the person: envlsp access revoke {who}",
    )


def _is_only_admin(replica: Replica, user: UserId) -> bool:
    return all((member.role is Role.ADMIN) == (u == user) for u, member in replica.state.members.items())


def is_older(replica: Replica, device: Device) -> bool:
    """Return whether a device of ours is senior to this one: what it did meanwhile then stands (C.5)."""
    mine = replica.state.devices[replica.keys.dpk]
    if device.user != mine.user or device.dpk == mine.dpk:
        return False
    theirs, ours = replica.record(device.intro).header, replica.record(mine.intro).header
    return (theirs.height, device.intro) < (ours.height, mine.intro)


# --- listing -----------------------------------------------------------------------------------


def list_devices(team: Team, *, everybody: bool = False) -> list[DeviceInfo]:
    """Return our devices, or everybody's, oldest first; those that were removed too.

    Of somebody who is no member any more, or never came to be, none is listed.
    """
    team.replica.refresh()
    state, ledger = team.replica.state, team.replica.ledger
    users = state.members if everybody else [own_user(team.replica)]
    found = {dpk: user for user in users for dpk in devices_of(ledger, user) if dpk in state.devices}
    return [_info(team, state.devices[dpk]) for dpk in _oldest_first(team.replica, found)]


def _oldest_first(replica: Replica, devices: Iterable[DevicePk]) -> list[DevicePk]:
    intros = {dpk: replica.record(replica.state.devices[dpk].intro) for dpk in devices}
    return sorted(intros, key=lambda dpk: (intros[dpk].header.height, intros[dpk].id))


def _info(team: Team, device: Device) -> DeviceInfo:
    replica, people = team.replica, team.people
    removals = () if device.active else replica.state.removed_devices.get(device.dpk, ())
    added_ts, added_by = _signed(team, device.intro)
    removed_ts, removed_by = _signed(team, removals[0]) if removals else (None, "")
    return DeviceInfo(
        id=device.dpk.hex()[:SHORT_HEX],
        label=people.of_device(device.dpk).device,
        owner=people.of_user(device.user).name,
        owner_id=device.user.hex()[:SHORT_HEX],
        active=device.active,
        is_self=device.dpk == replica.keys.dpk,
        added_ts=added_ts,
        added_by=added_by,
        last_seen=team.store.peers.get(device.dpk).seen_s or None,
        removed_ts=removed_ts,
        removed_by=removed_by,
    )


def _signed(team: Team, record: RecordId) -> tuple[int | None, str]:
    """Return when a record claims to be from, and who wrote it."""
    found = team.replica.record(record)
    body = team.replica.body(found)
    author = team.replica.ledger.author_of(record)
    name = team.people.of_user(author).name
    label = team.people.of_device(found.header.author).device
    return None if body is None else body.ts, f"{name} ({label})" if label else name


def find(team: Team, which: str, *, everybody: bool) -> Device:
    """Return the one active device that a label or the first letters of an id mean.

    Args:
        team: opened.
        which: as typed.
        everybody: look at the devices of others too, where none of ours is meant.

    Raises:
        NotFound: none.
        AmbiguousName: several; the detail lists them.
    """
    own = own_user(team.replica)
    fits = [device for device in _active(team) if _is_meant(team, device, which.strip())]
    mine = [device for device in fits if device.user == own]
    fits = mine or (fits if everybody else [])
    if not fits:
        raise NotFound(f"there is no device '{which}'", fix="envlsp device list")
    if len(fits) > 1:
        ids = ", ".join(f"{device.dpk.hex()[:SHORT_HEX]}" for device in fits)
        raise AmbiguousName(f"'{which}' may be {ids}", fix="give the id: envlsp device list --all")
    return fits[0]


def find_by_id(team: Team, word: str) -> Device | None:
    """Return the device, removed or not, whose short id this is; None where it is no such id."""
    if len(word) < SHORT_HEX:
        return None
    fits = [d for d in team.replica.state.devices.values() if d.dpk.hex().startswith(word.lower())]
    return fits[0] if len(fits) == 1 else None


def _active(team: Team) -> list[Device]:
    return [device for device in team.replica.state.devices.values() if device.active]


def _is_meant(team: Team, device: Device, word: str) -> bool:
    if len(word) >= 4 and device.dpk.hex().startswith(word.lower()):
        return True
    return word.lower() == team.people.of_device(device.dpk).device.lower() != ""
