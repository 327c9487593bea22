"""Posters and proofs: members know each other, others see noise, and nothing is good for long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from envlsp.crypto.lan import (
    PERIOD_S,
    PERIODS_EITHER_WAY,
    LanKey,
    filled,
    lan_key,
    make_poster,
    new_nonce,
    proof,
    recognise,
    tag,
)
from envlsp.crypto.rendezvous import RoomKey, room_key, rooms_at
from envlsp.wire.lan import MARK_BYTES, SLOTS
from envlsp.wire.signaling_messages import RoomId
from tests.support.frames import name, vectors

NOON = 20_000 * 86_400 + 43_200
TEAM, OTHER = room_key(b"t" * 32), room_key(b"o" * 32)
ROOM = rooms_at(TEAM, NOON)[0]
KEY = lan_key(TEAM, ROOM)
STRANGERS = lan_key(OTHER, rooms_at(OTHER, NOON)[0])


def test_a_member_recognises_the_room_and_a_stranger_does_not() -> None:
    poster = make_poster([KEY], NOON)
    assert recognise(poster, {"ours": KEY, "another": STRANGERS}, NOON) == ["ours"]
    assert recognise(poster, {"another": STRANGERS}, NOON) == []


def test_a_poster_does_not_tell_how_many_rooms_it_shows() -> None:
    for shown in range(SLOTS + 3):
        poster = make_poster(
            [lan_key(TEAM, rooms_at(TEAM, NOON + day * 86_400)[0]) for day in range(shown)], NOON
        )
        assert len(set(poster.tags)) == SLOTS
        assert {len(tag) for tag in poster.tags} == {MARK_BYTES}


def test_two_posters_of_one_device_have_nothing_in_common() -> None:
    one, two = make_poster([KEY], NOON), make_poster([KEY], NOON)
    assert one.salt != two.salt
    assert set(one.tags).isdisjoint(two.tags)


def test_clocks_may_differ_by_an_hour_and_a_copied_poster_is_good_for_no_longer() -> None:
    poster = make_poster([KEY], NOON)
    for apart in (-3_600, 3_600):
        assert recognise(poster, {"ours": KEY}, NOON + apart) == ["ours"]
    for apart in (-1, 1):
        assert not recognise(poster, {"ours": KEY}, NOON + apart * (PERIODS_EITHER_WAY + 1) * PERIOD_S)


def test_a_tag_means_nothing_beside_another_salt() -> None:
    poster = make_poster([KEY], NOON)
    assert not recognise(replace(poster, salt=bytes(8)), {"ours": KEY}, NOON)


def test_the_first_hours_of_1970_are_a_time_like_any_other() -> None:
    assert recognise(make_poster([KEY], 5), {"ours": KEY}, 5) == ["ours"]


def test_a_room_of_another_day_has_another_key() -> None:
    assert lan_key(TEAM, rooms_at(TEAM, NOON + 86_400)[0]) != KEY


def test_a_proof_is_for_one_side_of_one_connection() -> None:
    nonces = new_nonce(), new_nonce()
    first = proof(KEY, "lan-dial", nonces, 4000)
    others = [
        proof(KEY, "lan-here", nonces, 4000),
        proof(KEY, "lan-dial", (nonces[1], nonces[0]), 4000),
        proof(KEY, "lan-dial", (new_nonce(), nonces[1]), 4000),
        proof(KEY, "lan-dial", nonces, 4001),
        proof(STRANGERS, "lan-dial", nonces, 4000),
    ]
    assert len(first) == MARK_BYTES
    assert first not in others


def test_empty_places_are_filled_with_what_looks_the_same() -> None:
    mark = b"m" * MARK_BYTES
    marks = filled([None, mark])
    assert marks[1] == mark
    assert len(set(marks)) == SLOTS


# --- vectors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", vectors("lan.json", "keys"), ids=name)
def test_keys(case: Any) -> None:
    room_key_, room = RoomKey(bytes.fromhex(case["room_key"])), RoomId(bytes.fromhex(case["room"]))
    assert lan_key(room_key_, room).hex() == case["key"]


@pytest.mark.parametrize("case", vectors("lan.json", "tags"), ids=name)
def test_tags(case: Any) -> None:
    key = LanKey(bytes.fromhex(case["key"]))
    assert tag(key, bytes.fromhex(case["salt"]), case["period"]).hex() == case["tag"]


@pytest.mark.parametrize("case", vectors("lan.json", "proofs"), ids=name)
def test_proofs(case: Any) -> None:
    nonces = bytes.fromhex(case["listens"]), bytes.fromhex(case["dials"])
    made = proof(LanKey(bytes.fromhex(case["key"])), case["side"], nonces, case["port"])
    assert made.hex() == case["proof"]
