"""A person's second device, without a network: what a code brings about."""

from __future__ import annotations

import shutil

from envlsp.crypto.device import device_keys, new_seeds, prove
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ledger.state import Device
from envlsp.service.access import devices, roles
from envlsp.service.access.devices import own_user
from envlsp.service.people import Person
from envlsp.store.keyfile import DeviceSeeds
from tests.support.cast import Actor, Cast, give
from tests.support.desks import Desk, carry


def add_device(cast: Cast, owner: Actor, label: str, *, name: str = "") -> Actor:
    """Return a second device of somebody's, called `label`, with all they have.

    Args:
        cast: everybody.
        owner: whose.
        label: of the device.
        name: of the actor, where another one has the label.
    """
    newcomer = cast.actor(name or label)
    seeds = DeviceSeeds(*new_seeds())
    keys = device_keys(seeds.sign, seeds.box)
    pop = prove(keys, owner.replica.team, PopPurpose.DEVICE_ADD, own_user(owner.replica))
    person = Person(owner.person.name, owner.person.address, label)
    devices.add(owner.replica, roles.Request(keys.dpk, keys.xpk, pop, person))
    newcomer.service.vault.open_or_create().add_team(owner.replica.team, seeds)
    for name in ("ev.yaml", ".gitignore"):
        if (owner.root / name).exists():
            shutil.copyfile(owner.root / name, newcomer.root / name)
    give(owner, newcomer)
    return newcomer


def device_of(seen_by: Actor, actor: Actor) -> Device:
    """Return somebody's device as another one's ledger has it."""
    return seen_by.replica.state.devices[actor.replica.keys.dpk]


def own_desk(first: Desk, label: str) -> Desk:
    """Return another desk of the same person: a clone of the project, and no file."""
    folder = first.folder.parent / f"clone-{label}"
    folder.mkdir()
    (folder / "ev.yaml").write_bytes((first.folder / "ev.yaml").read_bytes())
    desk = Desk(first.home.parent / label, folder, first.home.parent / f"{label}.key")
    seeds = DeviceSeeds(*new_seeds())
    keys = device_keys(*seeds)
    with first.team() as team:
        owner = own_user(team.replica)
        pop = prove(keys, team.id, PopPurpose.DEVICE_ADD, owner)
        me = team.people.of_user(owner)
        request = roles.Request(keys.dpk, keys.xpk, pop, Person(me.name, me.address, label))
        devices.add(team.replica, request)
        identity = team.id
    desk.service().vault.open_or_create().add_team(identity, seeds)
    carry(first, desk)
    return desk


def put_back(cast: Cast, actor: Actor) -> Actor:
    """Return the device as its backup of now will make it."""
    older = cast.actor(f"{actor.name}-backup")
    actor.service.close()
    actor.restart()
    shutil.copytree(actor.home, older.home)
    shutil.copyfile(actor.key_file, older.key_file)
    older.key_file.chmod(0o600)
    shutil.copytree(actor.root, older.root, dirs_exist_ok=True)
    return older
