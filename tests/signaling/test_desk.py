"""What requests lead to, away from any limit."""

from __future__ import annotations

import itertools
from typing import Any

import msgpack

from envlsp_signaling.desk import Desk
from envlsp_signaling.effects import Close, Reason, Send, SendTurn
from envlsp_signaling.limits import KIB, Limits
from envlsp_signaling.messages import Code, Verb
from envlsp_signaling.rooms import ConnectionId

BLOB = b"b" * KIB
ROOM = b"r" * 16
OTHER_ROOM = b"o" * 16


class Scene:
    """A desk with named connections."""

    def __init__(self, *, offers_turn: bool = False) -> None:
        counter = itertools.count(1)
        self.desk = Desk(Limits(), lambda size: next(counter).to_bytes(size, "big"), offers_turn=offers_turn)

    def join(self, *rooms: bytes) -> tuple[ConnectionId, list[Any]]:
        who = self.desk.opened("192.0.2.1", 0.0)
        assert who is not None
        tags = []
        for room in rooms:
            [sent] = self.ask(who, Verb.SUB, room)
            verb, joined, tag = sent[1]
            assert (verb, joined) == (Verb.JOINED, room)
            tags.append(tag)
        return who, tags

    def ask(self, who: ConnectionId, *parts: object) -> list[tuple[tuple[ConnectionId, ...], list[Any]]]:
        effects = self.desk.receive(who, msgpack.packb(list(parts), use_bin_type=True), 0.0)
        return [(effect.to, msgpack.unpackb(effect.frame)) for effect in effects if isinstance(effect, Send)]


def test_a_publication_reaches_everybody_else_in_the_room_and_nobody_outside() -> None:
    scene = Scene()
    alice, [tag] = scene.join(ROOM)
    bob, _ = scene.join(ROOM)
    carol, _ = scene.join(ROOM)
    scene.join(OTHER_ROOM)
    assert scene.ask(alice, Verb.PUB, ROOM, BLOB) == [((bob, carol), [Verb.MSG, ROOM, tag, BLOB])]


def test_who_is_not_in_a_room_cannot_speak_in_it() -> None:
    scene = Scene()
    scene.join(ROOM)
    eve, _ = scene.join(OTHER_ROOM)
    assert scene.ask(eve, Verb.PUB, ROOM, BLOB) == [((eve,), [Verb.ERR, Code.NOT_IN_ROOM, Verb.PUB])]


def test_a_tag_reaches_one_member_and_says_who_sent() -> None:
    scene = Scene()
    alice, [alices_tag] = scene.join(ROOM)
    bob, [bobs_tag] = scene.join(ROOM)
    scene.join(ROOM)
    assert scene.ask(bob, Verb.TO, alices_tag, BLOB) == [((alice,), [Verb.MSG, ROOM, bobs_tag, BLOB])]


def test_tags_of_one_connection_differ_between_rooms() -> None:
    _, tags = Scene().join(ROOM, OTHER_ROOM)
    assert len(set(tags)) == 2


def test_a_tag_is_useless_outside_its_room() -> None:
    scene = Scene()
    _, [tag] = scene.join(ROOM)
    eve, _ = scene.join(OTHER_ROOM)
    refused = [((eve,), [Verb.ERR, Code.NO_SUCH_TAG, Verb.TO])]
    assert scene.ask(eve, Verb.TO, tag, BLOB) == refused
    assert scene.ask(eve, Verb.TO, bytes(16), BLOB) == refused


def test_entering_twice_keeps_the_tag() -> None:
    scene = Scene()
    alice, [tag] = scene.join(ROOM)
    assert scene.ask(alice, Verb.SUB, ROOM) == [((alice,), [Verb.JOINED, ROOM, tag])]


def test_who_left_or_vanished_hears_nothing() -> None:
    scene = Scene()
    alice, _ = scene.join(ROOM)
    bob, _ = scene.join(ROOM)
    carol, _ = scene.join(ROOM)
    assert scene.ask(bob, Verb.UNSUB, ROOM) == []
    scene.desk.closed(carol)
    assert scene.ask(alice, Verb.PUB, ROOM, BLOB) == []
    assert scene.desk.receive(carol, b"late", 0.0) == []


def test_nothing_is_kept_for_who_comes_later() -> None:
    scene = Scene()
    alice, _ = scene.join(ROOM)
    scene.ask(alice, Verb.PUB, ROOM, BLOB)
    scene.join(ROOM)  # would fail on a second frame
    scene.desk.closed(alice)
    assert scene.desk.sizes()["rooms"] == 1


def test_an_abandoned_server_remembers_nothing() -> None:
    scene = Scene()
    alice, _ = scene.join(ROOM, OTHER_ROOM)
    bob, _ = scene.join(ROOM)
    scene.ask(bob, Verb.ALLOC)
    for who in (alice, bob):
        scene.desk.closed(who)
    scene.desk.sweep(3600.0)
    assert set(scene.desk.sizes().values()) == {0}
    assert not scene.desk._mailboxes._boxes
    assert not scene.desk._allocations._times
    assert not scene.desk._per_address
    assert not scene.desk._rooms._tags


def test_a_mailbox_is_a_pipe_between_two() -> None:
    scene = Scene()
    host, _ = scene.join()
    guest, _ = scene.join()
    [(_, [_, number])] = scene.ask(host, Verb.ALLOC)
    [(both, [verb, paired, pipe])] = scene.ask(guest, Verb.CLAIM, number)
    assert (both, verb, paired) == ((host, guest), Verb.PAIRED, number)
    message = [Verb.MSG, pipe, bytes(16), BLOB]
    assert scene.ask(host, Verb.PUB, pipe, BLOB) == [((guest,), message)]
    assert scene.ask(guest, Verb.PUB, pipe, BLOB) == [((host,), message)]


def test_nobody_else_enters_the_pipe() -> None:
    scene = Scene()
    host, _ = scene.join()
    guest, _ = scene.join()
    eve, _ = scene.join()
    [(_, [_, number])] = scene.ask(host, Verb.ALLOC)
    [(_, [_, _, pipe])] = scene.ask(guest, Verb.CLAIM, number)
    assert scene.ask(eve, Verb.PUB, pipe, BLOB) == [((eve,), [Verb.ERR, Code.NOT_IN_ROOM, Verb.PUB])]
    scene.ask(eve, Verb.SUB, pipe)  # a room of that id is another thing
    assert scene.ask(host, Verb.PUB, pipe, BLOB)[0][0] == (guest,)
    assert scene.ask(eve, Verb.LEAVE, number) == []


def test_either_party_ends_a_mailbox() -> None:
    scene = Scene()
    host, _ = scene.join()
    guest, _ = scene.join()
    [(_, [_, number])] = scene.ask(host, Verb.ALLOC)
    scene.ask(guest, Verb.CLAIM, number)
    assert scene.ask(guest, Verb.LEAVE, number) == [((host, guest), [Verb.GONE, number])]
    assert scene.ask(guest, Verb.LEAVE, number) == []


def test_turn_only_for_company() -> None:
    scene = Scene(offers_turn=True)
    alice, _ = scene.join(ROOM)
    turn = msgpack.packb([Verb.TURN])
    alone = scene.ask(alice, Verb.TURN)
    assert alone == [((alice,), [Verb.ERR, Code.NOT_IN_ROOM, Verb.TURN])]
    scene.join(ROOM)
    assert scene.desk.receive(alice, turn, 0.0) == [SendTurn(alice)]


def test_turn_for_both_ends_of_a_mailbox() -> None:
    scene = Scene(offers_turn=True)
    host, _ = scene.join()
    guest, _ = scene.join()
    [(_, [_, number])] = scene.ask(host, Verb.ALLOC)
    assert scene.ask(host, Verb.TURN) == [((host,), [Verb.ERR, Code.NOT_IN_ROOM, Verb.TURN])]
    scene.ask(guest, Verb.CLAIM, number)
    for who in (host, guest):
        assert scene.desk.receive(who, msgpack.packb([Verb.TURN]), 0.0) == [SendTurn(who)]


def test_a_server_without_turn_says_so() -> None:
    scene = Scene()
    alice, _ = scene.join(ROOM)
    assert scene.ask(alice, Verb.TURN) == [((alice,), [Verb.ERR, Code.NO_TURN, Verb.TURN])]


def test_nonsense_closes_the_connection() -> None:
    scene = Scene()
    alice, _ = scene.join(ROOM)
    assert scene.desk.receive(alice, b"hello", 0.0) == [Close(alice, Reason.MALFORMED)]
