"""A team of many devices with a long history, made fast: every record is a real one.

The founder's device writes as all of them would: the others' keys are here, their stores are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from envlsp.crypto import envelope
from envlsp.crypto.device import DeviceKeys, device_keys, new_seeds, prove
from envlsp.crypto.signing import Place, PopPurpose, make_record
from envlsp.domain.environment import Triple
from envlsp.domain.ids import TEAM_SCOPE, RecordId
from envlsp.domain.layout import snapshot_of
from envlsp.domain.ledger.admission import Accepted
from envlsp.domain.ledger.records import RecordType, Release, Role
from envlsp.domain.release import ReleaseContent, ReleaseKind
from envlsp.service.access import roles
from envlsp.service.people import parse_person
from tests.bench.home import dotenv_text
from tests.support.cast import Actor

DEVICES = 20
NAMES = 5
MEMBERS_MAX = 64
"""More people than a team should have: nothing may break at 50."""

_FORK_EVERY = 16
"""One release in so many has a concurrent one beside it; the next one joins them."""


@contextmanager
def crowd(devices: int = DEVICES) -> Iterator[tuple[Actor, list[DeviceKeys]]]:
    """Yield a founder with one release, and the keys of all devices of the team: one each."""
    with TemporaryDirectory(prefix="envlsp-bench-") as folder:
        alice = Actor("alice", Path(folder)).found(dotenv_text(NAMES).encode())
        try:
            alice.push()
            yield alice, [alice.team.keys, *(let_in(alice, number) for number in range(1, devices))]
        finally:
            alice.close()


def let_in(admin: Actor, number: int, role: Role = Role.DEVELOPER) -> DeviceKeys:
    """Grant somebody access, and return the keys of their device."""
    keys = device_keys(*new_seeds())
    pop = prove(keys, admin.replica.team, PopPurpose.JOIN)
    person = parse_person(f"Dev {number} <dev{number}@example.com>", "laptop")
    roles.grant(admin.replica, roles.Request(keys.dpk, keys.xpk, pop, person), role, MEMBERS_MAX)
    return keys


def write_releases(actor: Actor, authors: Sequence[DeviceKeys], count: int) -> None:
    """Add releases of one environment, one after the other and now and then two at a time."""
    turns, written = cycle(authors), 0
    base: tuple[RecordId, ...] = actor.team.releases.of(actor.context.triple).history.heads()
    with actor.team.store.database.write(durable=False):
        while written < count:
            together = min(2 if written % _FORK_EVERY == 0 else 1, count - written)
            raws = [release_of(actor, next(turns), written + n, base) for n in range(together)]
            received = actor.replica.receive(raws)
            assert all(isinstance(one.verdict, Accepted) for one in received)
            base = tuple(sorted(one.id for one in received if one.id))
            written += together


def release_of(
    actor: Actor,
    author: DeviceKeys,
    number: int,
    base: tuple[RecordId, ...],
    triple: Triple | None = None,
) -> bytes:
    """Return a release by any device of the team, of the actor's environment or another."""
    replica, context = actor.replica, actor.context
    place = place_of(actor, author)
    content = ReleaseContent(
        ts=replica.now(),
        kind=ReleaseKind.PUSH,
        message="",
        triple=triple or context.triple,
        base=base,
        of=None,
        snapshot=snapshot_of(dotenv_text(NAMES, salt=number + 1).encode(), context.dialect).snapshot,
    )
    epoch = replica.state.current_epoch(TEAM_SCOPE)
    key = replica.ring.key_of(epoch) if epoch else None
    assert epoch
    assert key
    where = envelope.BodyPlace(place.team, author.dpk, place.seq, RecordType.RELEASE)
    body = envelope.seal_release(content, key, where)
    return make_record(author.sign, place, Release(TEAM_SCOPE), body, epoch)[0]


def place_of(actor: Actor, author: DeviceKeys) -> Place:
    """Return where a device's next record goes: after all there is."""
    ledger = actor.replica.ledger
    parents = ledger.parents_for(author.dpk)
    return Place(actor.replica.team, ledger.next_seq(author.dpk), ledger.height_for(parents), parents)
