"""One test per limit of docs/signaling.md, "Limits", named after it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import msgpack

from envlsp_signaling.desk import Desk
from envlsp_signaling.effects import Close, Effect, Reason, Rest, Send
from envlsp_signaling.limits import BLOB_SIZES, FRAME_MAX_BYTES, HOUR_S, KIB, Limits
from envlsp_signaling.messages import Code, Verb
from envlsp_signaling.rooms import ConnectionId

BLOB = bytes(KIB)


def draws() -> Callable[[int], bytes]:
    counter = itertools.count(1)
    return lambda size: next(counter).to_bytes(size, "big")


def desk(limits: Limits | None = None) -> Desk:
    return Desk(limits or Limits(), draws(), offers_turn=False)


def join(where: Desk, address: str = "192.0.2.1", now: float = 0.0) -> ConnectionId:
    who = where.opened(address, now)
    assert who is not None
    return who


def frame(*parts: object) -> bytes:
    packed = msgpack.packb(list(parts), use_bin_type=True)
    assert isinstance(packed, bytes)
    return packed


def room(number: int) -> bytes:
    return number.to_bytes(16, "big")


def ask(where: Desk, who: ConnectionId, *parts: object, now: float = 0.0) -> list[object]:
    """Return the answer to the asker, decoded."""
    return only(where.receive(who, frame(*parts), now), who)


def only(effects: list[Effect], who: ConnectionId) -> list[object]:
    sent = [effect for effect in effects if isinstance(effect, Send) and who in effect.to]
    assert len(sent) == 1, effects
    decoded = msgpack.unpackb(sent[0].frame)
    assert isinstance(decoded, list)
    return decoded


def refusal(code: Code, verb: Verb) -> list[object]:
    return [Verb.ERR, code, verb]


def test_256_rooms_per_connection() -> None:
    where = desk()
    who = join(where)
    for number in range(256):
        assert ask(where, who, Verb.SUB, room(number), now=number)[0] == Verb.JOINED
    assert ask(where, who, Verb.SUB, room(256), now=256.0) == refusal(Code.TOO_MANY_ROOMS, Verb.SUB)
    assert ask(where, who, Verb.SUB, room(3), now=257.0)[0] == Verb.JOINED  # already in
    where.receive(who, frame(Verb.UNSUB, room(0)), 258.0)
    assert ask(where, who, Verb.SUB, room(256), now=259.0)[0] == Verb.JOINED


def test_128_subscribers_per_room() -> None:
    where = desk()
    members = [join(where, f"192.0.2.{number}") for number in range(129)]
    for who in members[:128]:
        assert ask(where, who, Verb.SUB, room(7))[0] == Verb.JOINED
    assert ask(where, members[128], Verb.SUB, room(7)) == refusal(Code.ROOM_FULL, Verb.SUB)
    where.closed(members[0])
    assert ask(where, members[128], Verb.SUB, room(7))[0] == Verb.JOINED


def test_20_messages_per_second_burst_100() -> None:
    where = desk()
    who, other = join(where), join(where)
    ask(where, who, Verb.SUB, room(1))
    ask(where, other, Verb.SUB, room(1))
    publish = frame(Verb.PUB, room(1), BLOB)
    passed = [effect for _ in range(110) for effect in where.receive(who, publish, 0.0)]
    assert sum(isinstance(effect, Send) and effect.to == (other,) for effect in passed) == 99  # and one SUB
    assert ask(where, who, Verb.PUB, room(1), BLOB) == refusal(Code.TOO_FAST, Verb.PUB)
    later = [effect for _ in range(30) for effect in where.receive(who, publish, 1.0)]
    assert sum(isinstance(effect, Send) and effect.to == (other,) for effect in later) == 20


def test_bytes_per_connection_128_kib_per_second_burst_2_mib() -> None:
    limits = Limits(frames_per_s=1e6, frames_burst=1_000_000)
    where = desk(limits)
    who, other = join(where), join(where, "192.0.2.2")
    for member in (who, other):
        ask(where, member, Verb.SUB, room(1))
    publish = frame(Verb.PUB, room(1), bytes(16 * KIB))

    def passed(now: float) -> int:
        effects = [effect for _ in range(150) for effect in where.receive(who, publish, now)]
        return sum(isinstance(effect, Send) and effect.to == (other,) for effect in effects)

    first = passed(0.0)
    assert first == (2048 * KIB - 19) // len(publish)  # and one SUB of 19 bytes
    assert ask(where, who, Verb.PUB, room(1), bytes(16 * KIB)) == refusal(Code.TOO_FAST, Verb.PUB)
    assert first + passed(1.0) == (2048 * KIB - 19 + 128 * KIB) // len(publish)


def test_bytes_per_ip_512_kib_per_second_burst_8_mib() -> None:
    where = desk(Limits(frames_per_s=1e6, frames_burst=1_000_000, refusals_max=1_000_000))
    eves = [join(where) for _ in range(30)]
    alice = join(where, "192.0.2.2")
    for member in (*eves, alice):
        ask(where, member, Verb.SUB, room(1))
    publish = frame(Verb.PUB, room(1), bytes(16 * KIB))

    def passed(now: float) -> int:
        effects = [effect for eve in eves for _ in range(60) for effect in where.receive(eve, publish, now)]
        return sum(isinstance(effect, Send) and len(effect.to) == 30 for effect in effects)

    first = passed(0.0)
    assert first == (8192 * KIB - 30 * 19) // len(publish)
    assert first + passed(1.0) == (8192 * KIB - 30 * 19 + 512 * KIB) // len(publish)
    # Another address is not charged for it.
    assert len(where.receive(alice, publish, 1.0)) == 1
    assert where.refusals["too_fast"] > 0
    where.sweep(HOUR_S)
    assert not where._bytes._buckets


def test_who_is_too_fast_is_not_read_for_10_ms() -> None:
    where = desk()
    who = join(where)
    for number in range(100):
        assert not any(isinstance(e, Rest) for e in where.receive(who, frame(Verb.SUB, room(number)), 0.0))
    effects = where.receive(who, frame(Verb.SUB, room(101)), 0.0)
    assert [type(effect) for effect in effects] == [Send, Rest]
    assert effects[1] == Rest(0.01)


def test_200_refusals_close_the_connection() -> None:
    where = desk()
    who = join(where)
    effects: list[Effect] = []
    for _ in range(301):
        effects = where.receive(who, frame(Verb.TO, bytes(16), BLOB), 0.0)
        if isinstance(effects[0], Close):
            break
    assert effects == [Close(who, Reason.TOO_FAST)]
    assert where.refusals["no_such_tag"] + where.refusals["too_fast"] == 201


def test_30_connections_per_ip() -> None:
    where = desk()
    members = [join(where) for _ in range(30)]
    assert where.opened("192.0.2.1", 0.0) is None
    assert not where.admits("192.0.2.1")
    assert where.opened("192.0.2.2", 0.0) is not None
    where.closed(members[0])
    assert where.opened("192.0.2.1", 0.0) is not None


def test_10000_connections_in_all() -> None:
    where = desk(Limits(connections=3))
    for number in range(3):
        join(where, f"192.0.2.{number}")
    assert where.opened("192.0.2.9", 0.0) is None
    assert Limits().connections == 10_000


def test_idle_close_after_60_s_without_room_or_mailbox() -> None:
    where = desk()
    who = join(where)
    assert where.sweep(59.9) == []
    assert where.sweep(60.0) == [Close(who, Reason.IDLE)]


def test_idle_close_after_26_hours_in_a_room() -> None:
    where = desk()
    who = join(where)
    ask(where, who, Verb.SUB, room(1))
    assert where.sweep(25.9 * HOUR_S) == []
    assert where.sweep(26 * HOUR_S) == [Close(who, Reason.IDLE)]


def test_a_mailbox_keeps_a_waiting_connection() -> None:
    where = desk()
    who = join(where)
    ask(where, who, Verb.ALLOC)
    assert where.sweep(599.0) == []


def test_mailbox_has_2_parties() -> None:
    where = desk()
    host, guest, third = join(where), join(where), join(where)
    number = ask(where, host, Verb.ALLOC)[1]
    assert ask(where, guest, Verb.CLAIM, number)[:2] == [Verb.PAIRED, number]
    assert ask(where, third, Verb.CLAIM, number) == refusal(Code.NO_SUCH_MAILBOX, Verb.CLAIM)


def test_mailbox_cannot_be_claimed_by_its_owner() -> None:
    where = desk()
    host = join(where)
    number = ask(where, host, Verb.ALLOC)[1]
    assert ask(where, host, Verb.CLAIM, number) == refusal(Code.NO_SUCH_MAILBOX, Verb.CLAIM)


def test_mailbox_waits_10_minutes() -> None:
    where = desk()
    host, guest = join(where), join(where)
    number = ask(where, host, Verb.ALLOC)[1]
    late = ask(where, guest, Verb.CLAIM, number, now=600.0)
    assert late == refusal(Code.NO_SUCH_MAILBOX, Verb.CLAIM)
    assert only(where.sweep(600.0)[:1], host) == [Verb.GONE, number]


def test_mailbox_pairing_lasts_10_minutes() -> None:
    where = desk()
    host, guest = join(where), join(where)
    number = ask(where, host, Verb.ALLOC)[1]
    ask(where, guest, Verb.CLAIM, number, now=500.0)
    assert where.sweep(1099.0) == []
    ended = [effect for effect in where.sweep(1100.0) if isinstance(effect, Send)]
    assert [(effect.to, msgpack.unpackb(effect.frame)) for effect in ended] == [
        ((host, guest), [Verb.GONE, number])
    ]


def test_mailbox_has_one_exchange() -> None:
    """Once both were in, the number is dead for the rest of its time, whoever asks."""
    where = desk()
    host, guest, third = join(where), join(where), join(where)
    number = ask(where, host, Verb.ALLOC)[1]
    ask(where, guest, Verb.CLAIM, number)
    assert only(where.closed(guest), host) == [Verb.GONE, number]
    for who in (host, third):
        assert ask(where, who, Verb.CLAIM, number) == refusal(Code.NO_SUCH_MAILBOX, Verb.CLAIM)


def test_mailbox_carries_256_messages() -> None:
    where = desk()
    host, guest = join(where), join(where)
    number = ask(where, host, Verb.ALLOC)[1]
    pipe = ask(where, guest, Verb.CLAIM, number)[2]
    effects: list[Effect] = []
    for sent in range(256):
        who, other = (host, guest) if sent % 2 else (guest, host)
        effects = where.receive(who, frame(Verb.PUB, pipe, BLOB), float(sent))
        assert only(effects[:1], other)[0] == Verb.MSG
    assert only(effects[1:], host) == [Verb.GONE, number]
    after = ask(where, host, Verb.PUB, pipe, BLOB, now=300.0)
    assert after == refusal(Code.NOT_IN_ROOM, Verb.PUB)


def test_alloc_10_per_hour_per_ip() -> None:
    where = desk()
    members = [join(where) for _ in range(11)]
    for number, who in enumerate(members[:10]):
        assert ask(where, who, Verb.ALLOC, now=number)[0] == Verb.NUMBER
    refused = refusal(Code.TOO_MANY_MAILBOXES, Verb.ALLOC)
    assert ask(where, members[10], Verb.ALLOC, now=11.0) == refused
    assert ask(where, join(where, "192.0.2.2"), Verb.ALLOC, now=11.0)[0] == Verb.NUMBER
    where.sweep(HOUR_S)
    assert ask(where, members[10], Verb.ALLOC, now=HOUR_S)[0] == Verb.NUMBER
    assert ask(where, members[10], Verb.ALLOC, now=HOUR_S) == refused


def test_20_missed_claims_per_hour_per_ip() -> None:
    where = desk()
    who, host = join(where), join(where, "192.0.2.2")
    number = ask(where, host, Verb.ALLOC)[1]
    assert isinstance(number, int)
    for _ in range(20):
        missed = ask(where, who, Verb.CLAIM, number + 1)
        assert missed == refusal(Code.NO_SUCH_MAILBOX, Verb.CLAIM)
    assert ask(where, who, Verb.CLAIM, number) == refusal(Code.TOO_MANY_MAILBOXES, Verb.CLAIM)


def test_10000_mailboxes_in_all() -> None:
    where = desk(Limits(mailboxes=1))
    ask(where, join(where), Verb.ALLOC)
    refused = ask(where, join(where, "192.0.2.2"), Verb.ALLOC)
    assert refused == refusal(Code.TOO_MANY_MAILBOXES, Verb.ALLOC)
    assert Limits().mailboxes == 10_000


def test_mailbox_numbers_have_six_digits_and_are_drawn_by_the_server() -> None:
    where = Desk(Limits(), lambda size: b"\xff" * size, offers_turn=False)
    assert ask(where, join(where), Verb.ALLOC) == [Verb.NUMBER, (2**64 - 1) % 1_000_000]


def test_blobs_have_1_4_or_16_kib() -> None:
    where = desk()
    who = join(where)
    ask(where, who, Verb.SUB, room(1))
    for size in BLOB_SIZES:
        assert where.receive(who, frame(Verb.PUB, room(1), bytes(size)), 0.0) == []  # nobody else there
    for size in (0, 1, KIB - 1, KIB + 1, 2 * KIB, 16 * KIB - 1, 16 * KIB + 1):
        who = join(where)
        effects = where.receive(who, frame(Verb.PUB, room(1), bytes(size)), 0.0)
        assert effects == [Close(who, Reason.MALFORMED)], size


def test_frames_have_at_most_16_kib_and_128_bytes() -> None:
    assert len(frame(Verb.MSG, room(1), bytes(16), bytes(16 * KIB))) <= FRAME_MAX_BYTES == 16 * KIB + 128
