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
