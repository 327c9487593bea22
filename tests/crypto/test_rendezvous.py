"""Rooms, beacons and signals: vectors, and everything an attacker may try with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.crypto import rendezvous
from envlsp.crypto.labels import hash32, kdf
from envlsp.crypto.primitives import BoxKey, SigningKey, box_key, seal_box, seal_to, signing_key
from envlsp.crypto.rendezvous import (
    DAY_S,
    SESSIONS_PER_SENDER_MAX,
    RoomKey,
    SignalOrder,
    SignalWriter,
    days_at,
    invite_room_id,
    new_session,
    next_change,
    open_beacon,
    open_signal,
    room_id,
    room_key,
    rooms_at,
    seal_beacon,
    seal_signal,
)
from envlsp.crypto.signing import sign
from envlsp.domain.ids import DevicePk, TeamId
from envlsp.errors import BadSignature, CannotOpen, LimitExceeded, Malformed
from envlsp.wire.canonical import encode
from envlsp.wire.limits import BLOB_SIZES
from envlsp.wire.signaling_messages import RoomId
from envlsp.wire.signals import (
    CANDIDATES_MAX,
    Beacon,
    Bye,
    Candidates,
    Content,
    Dial,
    End,
    Params,
    SessionId,
    Signal,
    beacon_signed_part,
    encode_beacon,
    encode_signal,
    signed_part,
)
from tests.support.frames import name, vectors

NOON = 20_000 * DAY_S + DAY_S // 2
TEAM = TeamId(b"T" * 32)
ALICE, BOB, EVE = (signing_key(seed * 32) for seed in (b"a", b"b", b"e"))
BOBS_BOX, EVES_BOX = box_key(b"B" * 32), box_key(b"E" * 32)
KEY = room_key(b"k" * 32)
ROOM = rooms_at(KEY, NOON)[0]
CANDIDATE = "1 1 udp 2130706431 192.0.2.1 40000 typ host"
PARAMS = Params("ufrag", "p" * 22, b"f" * 32, (CANDIDATE,))


def blob(
    content: Content = PARAMS,
    sender: SigningKey = ALICE,
    target: DevicePk = BOB.public,
    box: BoxKey = BOBS_BOX,
    team: TeamId = TEAM,
) -> bytes:
    return SignalWriter(sender, team, target, box.public, new_session()).seal(content)


# --- vectors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", vectors("rendezvous.json", "rooms"), ids=name)
def test_room_vectors(case: Any) -> None:
    key = (
        room_key(bytes.fromhex(case["team_key"]))
        if "team_key" in case
        else RoomKey(bytes.fromhex(case["room32"]))
    )
    assert key.hex() == case["room_key"]
    assert room_id(key, case["day"]).hex() == case["room"]


@pytest.mark.parametrize("case", vectors("rendezvous.json", "invite_rooms"), ids=name)
def test_invite_room_vectors(case: Any) -> None:
    assert invite_room_id(DevicePk(bytes.fromhex(case["inv_pk"])), case["day"]).hex() == case["room"]


@pytest.mark.parametrize("case", vectors("rendezvous.json", "beacons"), ids=name)
def test_beacon_vectors(case: Any) -> None:
    device = signing_key(bytes.fromhex(case["seed"]))
    key, room = RoomKey(bytes.fromhex(case["room_key"])), RoomId(bytes.fromhex(case["room"]))
    beacon = Beacon(device.public, bytes.fromhex(case["nonce"]), case["ts"])
    signature = sign(device, "sig", hash32("sig", beacon_signed_part(beacon, room)))
    assert encode_beacon(beacon, signature).hex() == case["plain"]
    assert open_beacon(bytes.fromhex(case["blob"]), key, room) == beacon


@pytest.mark.parametrize("case", vectors("rendezvous.json", "signals"), ids=name)
def test_signal_vectors(case: Any) -> None:
    device, box = signing_key(bytes.fromhex(case["seed"])), box_key(bytes.fromhex(case["target_box_seed"]))
    own, team = DevicePk(bytes.fromhex(case["target"])), TeamId(bytes.fromhex(case["team"]))
    signal = open_signal(bytes.fromhex(case["blob"]), box, own=own, team=team)
    assert signal.sender == device.public
    assert (signal.session.hex(), signal.counter) == (case["session"], case["counter"])
    assert type(signal.content).__name__.lower() == case["kind"]
    signature = sign(device, "sig", hash32("sig", signed_part(signal)))
    assert encode_signal(signal, signature).hex() == case["plain"]


# --- rooms -----------------------------------------------------------------------------------


def test_rooms_differ_by_day_and_by_key() -> None:
    other = room_key(b"l" * 32)
    assert len({room_id(key, day) for key in (KEY, other) for day in range(5)}) == 10


def test_two_rooms_near_midnight_and_one_else() -> None:
    midnight = 20_000 * DAY_S
    assert days_at(midnight - 1) == (19_999, 20_000)
    assert days_at(midnight) == (20_000, 19_999)
    assert days_at(midnight + 3_599) == (20_000, 19_999)
    assert days_at(midnight + 3_600) == (20_000,)
    assert days_at(midnight - 3_601) == (19_999,)
    assert days_at(0) == (0,)


@given(st.integers(0, 2**33), st.integers(-3_599, 3_599))
def test_clocks_within_an_hour_share_the_room_announced_in(unix_s: int, skew_s: int) -> None:
    announced = days_at(unix_s)[0]
    assert announced in days_at(max(0, unix_s + skew_s))


@given(st.integers(2 * DAY_S, 2**33))
def test_next_change_is_when_the_rooms_change(unix_s: int) -> None:
    change = next_change(unix_s)
    assert change > unix_s
    assert days_at(change - 1) == days_at(unix_s) != days_at(change)


# --- beacons ---------------------------------------------------------------------------------


def test_a_beacon_says_who_is_there() -> None:
    sealed = seal_beacon(ALICE, KEY, ROOM, NOON)
    assert len(sealed) == BLOB_SIZES[0]
    beacon = open_beacon(sealed, KEY, ROOM)
    assert (beacon.sender, beacon.ts) == (ALICE.public, NOON)


def test_two_beacons_have_nothing_in_common() -> None:
    first, second = (seal_beacon(ALICE, KEY, ROOM, NOON) for _ in range(2))
    assert first[:24] != second[:24]
    assert bytes(ALICE.public) not in first
    assert open_beacon(first, KEY, ROOM) != open_beacon(second, KEY, ROOM)


def test_a_beacon_is_for_its_room_alone() -> None:
    sealed = seal_beacon(ALICE, KEY, ROOM, NOON)
    with pytest.raises(CannotOpen):
        open_beacon(sealed, room_key(b"l" * 32), ROOM)
    with pytest.raises(BadSignature):
        open_beacon(sealed, KEY, room_id(KEY, 1))  # replayed on another day


def test_a_member_cannot_announce_another() -> None:
    beacon = Beacon(BOB.public, bytes(16), NOON)
    signature = sign(ALICE, "sig", hash32("sig", beacon_signed_part(beacon, ROOM)))
    forged = seal_box(rendezvous.fill(encode_beacon(beacon, signature), 40), kdf(KEY, "beacon"))
    with pytest.raises(BadSignature):
        open_beacon(forged, KEY, ROOM)


@pytest.mark.parametrize("plain", (b"", b"\x90", encode([b"x" * 32, bytes(16), 1]), b"\xff" * 40))
def test_a_members_nonsense_is_malformed(plain: bytes) -> None:
    with pytest.raises(Malformed):
        open_beacon(seal_box(rendezvous.fill(plain, 40), kdf(KEY, "beacon")), KEY, ROOM)
    with pytest.raises(Malformed):
        open_signal(seal_to(rendezvous.fill(plain, 48), BOBS_BOX.public), BOBS_BOX, own=BOB.public, team=TEAM)


@given(st.integers(0, 1023), st.integers(1, 255))
def test_an_altered_beacon_does_not_open(place: int, mask: int) -> None:
    sealed = bytearray(seal_beacon(ALICE, KEY, ROOM, NOON))
    sealed[place] ^= mask
    with pytest.raises(CannotOpen):
        open_beacon(bytes(sealed), KEY, ROOM)


@pytest.mark.parametrize("junk", (b"", b"x", bytes(39), bytes(48), bytes(1024)))
def test_junk_does_not_open(junk: bytes) -> None:
    with pytest.raises(CannotOpen):
        open_beacon(junk, KEY, ROOM)
    with pytest.raises(CannotOpen):
        open_signal(junk, BOBS_BOX, own=BOB.public, team=TEAM)


# --- signals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("content", (Dial(), PARAMS, Candidates((CANDIDATE, CANDIDATE)), End(), Bye()))
def test_a_signal_reaches_its_target(content: Content) -> None:
    signal = open_signal(blob(content), BOBS_BOX, own=BOB.public, team=TEAM)
    assert (signal.sender, signal.target, signal.content) == (ALICE.public, BOB.public, content)


def test_every_kind_of_signal_looks_alike() -> None:
    assert {len(blob(content)) for content in (Dial(), PARAMS, End(), Bye())} == {BLOB_SIZES[0]}


def test_the_counter_rises_in_a_session() -> None:
    writer = SignalWriter(ALICE, TEAM, BOB.public, BOBS_BOX.public, new_session())
    signals = [open_signal(writer.seal(Dial()), BOBS_BOX, own=BOB.public, team=TEAM) for _ in range(3)]
    assert [signal.counter for signal in signals] == [0, 1, 2]
    assert {signal.session for signal in signals} == {writer.session}


def test_nobody_else_opens_a_signal() -> None:
    with pytest.raises(CannotOpen):
        open_signal(blob(), EVES_BOX, own=BOB.public, team=TEAM)


def test_a_signal_passed_on_by_its_target_does_not_open() -> None:
    """Bob seals what Alice signed for him to Eve, to make her dial Alice."""
    signal = Signal(TEAM, ALICE.public, BOB.public, SessionId(bytes(16)), 0, PARAMS)
    with pytest.raises(CannotOpen):
        open_signal(seal_signal(signal, ALICE, EVES_BOX.public), EVES_BOX, own=EVE.public, team=TEAM)


def test_a_signal_of_another_team_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        open_signal(blob(team=TeamId(b"U" * 32)), BOBS_BOX, own=BOB.public, team=TEAM)


def test_a_signal_from_oneself_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        open_signal(blob(sender=BOB), BOBS_BOX, own=BOB.public, team=TEAM)


@pytest.mark.parametrize(
    "change",
    (
        {"sender": EVE.public},
        {"session": SessionId(b"s" * 16)},
        {"counter": 9},
        {"content": replace(PARAMS, fingerprint=b"g" * 32)},
        {"content": Dial()},
    ),
)
def test_nothing_in_a_signal_can_be_changed(change: dict[str, Any]) -> None:
    honest = Signal(TEAM, ALICE.public, BOB.public, SessionId(bytes(16)), 0, PARAMS)
    signature = sign(ALICE, "sig", hash32("sig", signed_part(honest)))
    plain = encode_signal(replace(honest, **change), signature)
    with pytest.raises(BadSignature):
        open_signal(seal_to(rendezvous.fill(plain, 48), BOBS_BOX.public), BOBS_BOX, own=BOB.public, team=TEAM)


def test_a_beacon_is_no_signal_and_a_handshake_signature_no_signals() -> None:
    signal = Signal(TEAM, ALICE.public, BOB.public, SessionId(bytes(16)), 0, Dial())
    wrong_purpose = sign(ALICE, "hs", hash32("sig", signed_part(signal)))
    plain = encode_signal(signal, wrong_purpose)
    with pytest.raises(BadSignature):
        open_signal(seal_to(rendezvous.fill(plain, 48), BOBS_BOX.public), BOBS_BOX, own=BOB.public, team=TEAM)


def test_a_signal_too_long_is_refused_here() -> None:
    long = Candidates(tuple(f"{number} 1 udp 1 192.0.2.1 {'4' * 600} typ host" for number in range(32)))
    with pytest.raises(LimitExceeded):
        blob(long)


def test_the_largest_signal_fits() -> None:
    full = Params("u" * 256, "p" * 256, b"f" * 32, tuple("c" * 256 for _ in range(CANDIDATES_MAX)))
    assert len(blob(full)) == BLOB_SIZES[2]


# --- replay ----------------------------------------------------------------------------------


def signal(counter: int, session: int = 0, sender: SigningKey = ALICE) -> Signal:
    return Signal(TEAM, sender.public, BOB.public, SessionId(session.to_bytes(16, "big")), counter, Dial())


def test_a_replayed_or_late_signal_is_refused() -> None:
    order = SignalOrder()
    assert [order.accept(signal(counter)) for counter in (0, 1, 1, 0, 5, 4)] == [
        True, True, False, False, True, False,
    ]  # fmt: skip


def test_sessions_and_senders_do_not_disturb_each_other() -> None:
    order = SignalOrder()
    assert order.accept(signal(7))
    assert order.accept(signal(0, session=1))
    assert order.accept(signal(0, sender=EVE))


def test_one_sender_takes_bounded_memory_and_only_its_own() -> None:
    order = SignalOrder()
    assert order.accept(signal(0))
    for session in range(1, 1_000):
        assert order.accept(signal(0, session=session, sender=EVE))
    assert not order.accept(signal(0))
    assert len(order._seen[EVE.public]) == SESSIONS_PER_SENDER_MAX


def test_a_session_in_use_is_not_forgotten() -> None:
    order = SignalOrder()
    for session in range(SESSIONS_PER_SENDER_MAX * 2):
        assert order.accept(signal(session, session=0))
        assert order.accept(signal(0, session=session + 1))
    assert not order.accept(signal(0, session=0))


@given(st.lists(st.integers(0, 20)))
def test_accepted_counters_rise_whatever_the_order(counters: list[int]) -> None:
    order = SignalOrder()
    accepted = [counter for counter in counters if order.accept(signal(counter))]
    assert accepted == sorted(set(accepted))
