"""Case 39: every way to interfere with a handshake fails, and a record never leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.crypto import handshake as module
from envlsp.crypto.handshake import (
    Ephemeral,
    Handshake,
    Proved,
    SecureChannel,
    Setup,
    Side,
    fresh_ephemeral,
    side_of,
)
from envlsp.crypto.labels import hash32
from envlsp.crypto.primitives import StreamReader, StreamWriter, exchange_key, signing_key
from envlsp.domain.ids import DevicePk, TeamId
from envlsp.errors import CannotOpen, HandshakeFailed, LimitExceeded, Malformed, UpgradeNeeded
from envlsp.wire.canonical import decode_untrusted, encode

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "handshake.json").read_text())
TEAM = TeamId(bytes(range(32)))
KEYS = sorted((signing_key(bytes([n]) * 32) for n in (1, 2)), key=lambda key: key.public)
SETUP_A = Setup(TEAM, KEYS[0], Side.A, expected=KEYS[1].public)
SETUP_B = Setup(TEAM, KEYS[1], Side.B, expected=KEYS[0].public)


def run(setup_a: Setup = SETUP_A, setup_b: Setup = SETUP_B) -> tuple[Proved, Proved]:
    a, b = Handshake(setup_a), Handshake(setup_b)
    hello = a.start()
    assert hello is not None
    second = b.receive(hello).send
    assert second is not None
    reply = a.receive(second)
    assert reply.send is not None
    assert reply.proved is not None
    proved = b.receive(reply.send).proved
    assert proved is not None
    return reply.proved, proved


def m2(hello: bytes | None = None) -> tuple[Handshake, bytes]:
    a = Handshake(SETUP_A)
    first = a.start()
    assert first is not None
    second = Handshake(SETUP_B).receive(hello or first).send
    assert second is not None
    return a, second


def test_both_prove_who_they_are_and_can_talk() -> None:
    at_a, at_b = run(replace(SETUP_A, caps=(1, 5)))
    assert (at_a.peer, at_b.peer) == (KEYS[1].public, KEYS[0].public)
    assert (at_a.version, at_b.caps) == (1, (1, 5))
    assert at_b.channel.open(at_a.channel.seal(b"there")) == b"there"
    assert at_a.channel.open(at_b.channel.seal(b"and back")) == b"and back"


def test_neither_team_nor_device_is_sent_in_clear() -> None:
    a, b = Handshake(SETUP_A), Handshake(SETUP_B)
    hello = a.start() or b""
    second = b.receive(hello).send or b""
    third = a.receive(second).send or b""
    said = hello + second + third
    for hidden in (TEAM, KEYS[0].public, KEYS[1].public):
        assert bytes(hidden) not in bytes(said)


def test_sides_follow_the_device_keys() -> None:
    low, high = KEYS[0].public, KEYS[1].public
    assert (side_of(low, high), side_of(high, low)) == (Side.A, Side.B)
    with pytest.raises(HandshakeFailed):
        side_of(low, low)


@pytest.mark.parametrize(
    "other",
    (
        replace(SETUP_B, binding=hash32("cb", b"other certificates")),
        replace(SETUP_B, team=TeamId(bytes(32))),
        replace(SETUP_B, key=signing_key(bytes(32)), expected=None),
    ),
    ids=("swapped cb", "other team", "other device"),
)
def test_case_39_a_difference_at_the_other_end_fails(other: Setup) -> None:
    with pytest.raises(HandshakeFailed):
        run(SETUP_A, other)


def test_case_39_the_answering_side_checks_whom_it_expected() -> None:
    with pytest.raises(HandshakeFailed):
        run(SETUP_A, replace(SETUP_B, expected=DevicePk(bytes(32))))


def test_case_39_a_replayed_m1_opens_nothing() -> None:
    recorded = Handshake(SETUP_A).start()
    _a, second = m2(recorded)
    fresh = Handshake(SETUP_A)
    fresh.start()
    with pytest.raises(HandshakeFailed):
        fresh.receive(second)


def test_case_39_a_replayed_m3_proves_nothing() -> None:
    a, b = Handshake(SETUP_A), Handshake(SETUP_B)
    hello = a.start() or b""
    third = a.receive(b.receive(hello).send or b"").send or b""
    again = Handshake(SETUP_B)
    again.receive(hello)
    with pytest.raises(HandshakeFailed):
        again.receive(third)


def test_case_39_a_reflected_m1_or_m2_fails() -> None:
    a, second = m2()
    reflected = Handshake(SETUP_B)
    with pytest.raises(Malformed):
        reflected.receive(second)
    with pytest.raises(Malformed):
        a.receive(Handshake(SETUP_A).start() or b"")


def test_case_39_a_mirror_with_our_own_key_fails() -> None:
    with pytest.raises(HandshakeFailed):
        run(replace(SETUP_A, expected=None), replace(SETUP_B, key=KEYS[0], expected=None))


def test_case_39_a_downgraded_offer_fails() -> None:
    a = Handshake(replace(SETUP_A, versions=(1, 2)))
    hello = decode_untrusted(a.start() or b"", limit_bytes=200)
    assert isinstance(hello, list)
    hello[2] = 1
    second = Handshake(replace(SETUP_B, versions=(1, 2))).receive(encode(hello)).send
    with pytest.raises(HandshakeFailed):
        a.receive(second or b"")


def test_case_39_a_downgraded_answer_fails() -> None:
    a = Handshake(replace(SETUP_A, versions=(1, 2)))
    second = Handshake(replace(SETUP_B, versions=(1, 2))).receive(a.start() or b"").send
    answer = decode_untrusted(second or b"", limit_bytes=2_000)
    assert isinstance(answer, list)
    assert answer[0] == 2
    answer[0] = 1
    with pytest.raises(HandshakeFailed):
        a.receive(encode(answer))


def test_the_highest_common_version_is_spoken() -> None:
    assert run(replace(SETUP_A, versions=(1, 3)), replace(SETUP_B, versions=(1, 2)))[0].version == 2
    with pytest.raises(UpgradeNeeded):
        run(replace(SETUP_A, versions=(2, 3)))
    a, second = m2()
    a._setup = replace(SETUP_A, versions=(2, 2))
    with pytest.raises(HandshakeFailed):
        a.receive(second)


def test_a_machine_is_spent_after_a_failure_and_after_success() -> None:
    a, second = m2()
    with pytest.raises((HandshakeFailed, Malformed)):
        a.receive(b"noise")
    with pytest.raises(HandshakeFailed):
        a.receive(second)
    a, second = m2()
    a.receive(second)
    with pytest.raises(HandshakeFailed):
        a.receive(second)


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 10_000), bit=st.integers(0, 7), message=st.sampled_from((0, 1, 2)))
def test_case_39_a_flipped_bit_anywhere_fails(position: int, bit: int, message: int) -> None:
    a, b = Handshake(SETUP_A), Handshake(SETUP_B)

    def meddle(index: int, data: bytes) -> bytes:
        if index != message:
            return data
        altered = bytearray(data)
        altered[position % len(data)] ^= 1 << bit
        return bytes(altered)

    def talk() -> None:
        second = b.receive(meddle(0, a.start() or b"")).send or b""
        third = a.receive(meddle(1, second)).send or b""
        b.receive(meddle(2, third))

    with pytest.raises((HandshakeFailed, Malformed, LimitExceeded, UpgradeNeeded)):
        talk()


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300), side=st.sampled_from((SETUP_A, SETUP_B)))
def test_noise_is_refused_by_a_documented_error(data: bytes, side: Setup) -> None:
    machine = Handshake(side)
    machine.start()
    with pytest.raises((HandshakeFailed, Malformed, LimitExceeded, UpgradeNeeded)):
        machine.receive(data)


def test_streams_forget_their_keys_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REKEY_AFTER_MESSAGES", 4)
    at_a, at_b = run()
    for number in range(50):
        assert at_b.channel.open(at_a.channel.seal(bytes([number]))) == bytes([number])
    # Somebody who does not rekey is left behind.
    writer = StreamWriter(bytes(32))
    channel = SecureChannel(writer, StreamReader(writer.header, bytes(32)))
    messages = [writer.seal(bytes([number])) for number in range(8)]
    assert [channel.open(message)[0] for message in messages[:3]] == [0, 1, 2]
    with pytest.raises(CannotOpen):
        channel.open(messages[3])


def test_the_channel_opens_nothing_lost_repeated_reordered_or_large() -> None:
    at_a, at_b = run()
    first, second = at_a.channel.seal(b"1"), at_a.channel.seal(b"2")
    with pytest.raises(CannotOpen):
        at_b.channel.open(second)
    with pytest.raises(Malformed):
        at_b.channel.open(first + bytes(16 * 1024))


def test_fresh_ephemerals_differ() -> None:
    assert fresh_ephemeral().nonce != fresh_ephemeral().nonce


def unhex(name: str) -> bytes:
    return bytes.fromhex(VECTORS[name])


def vector_setup(side: Side) -> tuple[Setup, Ephemeral]:
    letter = side.value.decode().lower()
    setup = Setup(
        TeamId(unhex("team")),
        signing_key(unhex(f"seed_{letter}")),
        side,
        unhex("binding"),
        caps=tuple(VECTORS[f"caps_{letter}"]),
    )
    return setup, Ephemeral(exchange_key(unhex(f"ephemeral_seed_{letter}")), unhex(f"nonce_{letter}"))


def test_vector_the_first_message_is_reproduced() -> None:
    assert Handshake(*vector_setup(Side.A)).start() == unhex("m1")


def test_vector_side_a_accepts_the_recorded_answer() -> None:
    a = Handshake(*vector_setup(Side.A))
    a.start()
    proved = a.receive(unhex("m2")).proved
    assert proved is not None
    assert proved.peer == signing_key(unhex("seed_b")).public
    assert proved.caps == tuple(VECTORS["caps_b"])
    assert a._transcript == unhex("transcript")
    assert proved.channel.open(unhex("first_frame_b")) == unhex("first_plain_b")


def test_vector_side_b_accepts_the_recorded_proof() -> None:
    b = Handshake(*vector_setup(Side.B))
    b.receive(unhex("m1"))
    proved = b.receive(unhex("m3")).proved
    assert proved is not None
    assert proved.peer == signing_key(unhex("seed_a")).public
    assert b._transcript == unhex("transcript")
    assert proved.channel.open(unhex("first_frame_a")) == unhex("first_plain_a")
