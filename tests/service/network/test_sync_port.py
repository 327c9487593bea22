"""What a session may read of a team's records."""

from __future__ import annotations

from envlsp.domain.ids import RecordId
from envlsp.service.network.sync_port import SyncPort
from tests.support.cast import FIRST_FILE, Actor, Cast, meet


def pushed(actor: Actor, data: bytes) -> RecordId:
    return RecordId(bytes.fromhex(actor.push(data).release.id))


def test_own_records_come_by_height_up_to_the_first_that_does_not_fit(cast: Cast) -> None:
    (alice,) = cast.team()
    made = [pushed(alice, FIRST_FILE + b"A=%d\n" % number) for number in range(3)]
    raws = [alice.replica.raw(identity) for identity in made]
    port = SyncPort(alice.replica)
    assert port.own_records(made[::-1], sum(map(len, raws))) == raws
    assert port.own_records(made, sum(map(len, raws)) - 1) == raws[:2]
    assert port.own_records(made, len(raws[0]) - 1) == []


def test_own_records_end_where_somebody_else_wrote(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    first = pushed(alice, FIRST_FILE + b"A=1\n")
    meet(alice, bob)
    bob.pull()
    second = pushed(bob, bob.file.read_bytes() + b"B=1\n")
    meet(alice, bob)
    alice.pull()
    third = pushed(alice, alice.file.read_bytes() + b"C=1\n")
    port = SyncPort(alice.replica)
    assert port.own_records([first, second, third], 1 << 20) == [alice.replica.raw(first)]
