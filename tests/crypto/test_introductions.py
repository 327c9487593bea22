"""Links and what is said in their rooms: vectors, and what an attacker may try with them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from envlsp.crypto.device import DeviceKeys, device_keys
from envlsp.crypto.introductions import (
    claim_of,
    claim_signature,
    link_key,
    new_seed,
    open_card,
    open_knock,
    open_request,
    seal_card,
    seal_knock,
    seal_request,
)
from envlsp.crypto.labels import hash32, kdf
from envlsp.crypto.primitives import open_box, open_seal, seal_box, seal_to
from envlsp.crypto.rendezvous import fill, invite_room_id, unfill
from envlsp.crypto.signing import sign
from envlsp.domain.ids import DevicePk, RecordId, TeamId
from envlsp.errors import BadSignature, CannotOpen, Malformed
from envlsp.wire.introductions import (
    Answer,
    Card,
    JoinRequest,
    Knock,
    Link,
    decode_card_untrusted,
    encode_knock,
    encode_said,
    from_link_text_untrusted,
    knock_signed_part,
    signed_part,
    to_link_text,
)
from envlsp.wire.limits import BLOB_SIZES
from envlsp.wire.signaling_messages import RoomId
from tests.support.frames import VECTORS, name, vectors
from tests.support.vectors import outcome

KEYS = json.loads((VECTORS / "links.json").read_text())["keys"]


def keys_of(who: str) -> DeviceKeys:
    return device_keys(bytes.fromhex(KEYS[f"{who}_sign_seed"]), bytes.fromhex(KEYS[f"{who}_box_seed"]))


CAROL, BOB, EVE = keys_of("joiner"), keys_of("courier"), device_keys(b"e" * 32, b"E" * 32)
LINK = Link(TeamId(b"\xaa" * 32), RecordId(b"\xbb" * 32), new_seed(), "wss://signal.example.org")
ROOM = invite_room_id(claim_of(LINK).inv_pk, 20_000)
CARD = Card(LINK.team, BOB.dpk, BOB.xpk, CAROL.dpk, 1, Answer.COME)


# --- vectors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", vectors("links.json", "links"), ids=name)
def test_links(case: dict[str, Any]) -> None:
    assert outcome(lambda: from_link_text_untrusted(case["text"])) == case["expect"]
    if case["expect"] != "ok":
        return
    link = from_link_text_untrusted(case["text"])
    assert (link.team.hex(), link.invite.hex(), link.seed.hex()) == (
        case["team"],
        case["invite"],
        case["seed"],
    )
    assert link.server == case["server"]
    assert to_link_text(link) == case["text"].lower()
    inv_pk = link_key(link.seed).public
    assert inv_pk.hex() == case["inv_pk"]
    assert invite_room_id(inv_pk, case["day"]).hex() == case["room"]


@pytest.mark.parametrize("case", vectors("links.json", "knocks"), ids=name)
def test_knocks(case: dict[str, Any]) -> None:
    link, blob = from_link_text_untrusted(case["link"]), bytes.fromhex(case["blob"])
    room = RoomId(bytes.fromhex(case["room"]))
    assert outcome(lambda: open_knock(blob, claim_of(link), room)) == case["expect"]
    if case["expect"] != "ok":
        return
    assert unfill(open_box(blob, kdf(claim_of(link).inv_pk, "beacon"))).hex() == case["plain"]
    knock = Knock(
        CAROL.dpk, CAROL.xpk, bytes.fromhex(case["nonce"]), case["ts"], claim_signature(link, CAROL)
    )
    assert knock == open_knock(blob, claim_of(link), room)
    signature = sign(CAROL.sign, "sig", hash32("sig", knock_signed_part(knock, room)))
    assert encode_knock(knock, signature).hex() == case["plain"]


@pytest.mark.parametrize("case", vectors("links.json", "cards"), ids=name)
def test_cards(case: dict[str, Any]) -> None:
    blob = bytes.fromhex(case["blob"])
    assert outcome(lambda: open_card(blob, CAROL.box, own=CAROL.dpk, team=LINK.team)) == case["expect"]
    if case["expect"] == "ok":
        card = Card(LINK.team, BOB.dpk, BOB.xpk, CAROL.dpk, case["ts"], Answer(case["answer"]))
        signature = sign(BOB.sign, "sig", hash32("sig", signed_part(card)))
        assert encode_said(card, signature).hex() == case["plain"]
        assert unfill(open_seal(blob, CAROL.box)).hex() == case["plain"]


@pytest.mark.parametrize("case", vectors("links.json", "requests"), ids=name)
def test_requests(case: dict[str, Any]) -> None:
    blob = bytes.fromhex(case["blob"])
    assert outcome(lambda: open_request(blob, BOB.box, own=BOB.dpk, team=LINK.team)) == case["expect"]
    if case["expect"] == "ok":
        request = open_request(blob, BOB.box, own=BOB.dpk, team=LINK.team)
        assert (request.name, request.label) == (case["person"], case["label"])
        assert (request.invite.hex(), request.pop.hex()) == (case["invite"], case["pop"])
        signature = sign(CAROL.sign, "sig", hash32("sig", signed_part(request)))
        assert encode_said(request, signature).hex() == case["plain"]


# --- what others may try -----------------------------------------------------------------------


def test_every_blob_has_one_of_three_sizes() -> None:
    request = JoinRequest(LINK.team, CAROL.dpk, BOB.dpk, LINK.invite, 1, bytes(64), "C" * 256, "l" * 64)
    blobs = (
        seal_knock(LINK, CAROL, ROOM, 1),
        seal_card(CARD, BOB.sign, CAROL.xpk),
        seal_request(request, CAROL.sign, BOB.xpk),
    )
    assert {len(blob) for blob in blobs} <= set(BLOB_SIZES)


def test_the_room_alone_gives_no_claim() -> None:
    """Members, guests and replicas know the public half of a link, and cannot knock with it."""
    stolen = replace(LINK, seed=new_seed())
    knock = Knock(EVE.dpk, EVE.xpk, bytes(16), 1, claim_signature(stolen, EVE))
    signature = sign(EVE.sign, "sig", hash32("sig", knock_signed_part(knock, ROOM)))
    blob = seal_box(fill(encode_knock(knock, signature), 40), kdf(claim_of(LINK).inv_pk, "beacon"))
    with pytest.raises(BadSignature):
        open_knock(blob, claim_of(LINK), ROOM)


def test_the_links_word_for_one_key_is_none_for_another() -> None:
    knock = Knock(EVE.dpk, EVE.xpk, bytes(16), 1, claim_signature(LINK, CAROL))
    signature = sign(EVE.sign, "sig", hash32("sig", knock_signed_part(knock, ROOM)))
    blob = seal_box(fill(encode_knock(knock, signature), 40), kdf(claim_of(LINK).inv_pk, "beacon"))
    with pytest.raises(BadSignature):
        open_knock(blob, claim_of(LINK), ROOM)


def test_a_card_is_for_one_device_and_of_its_signer() -> None:
    with pytest.raises(CannotOpen):
        open_card(seal_card(CARD, BOB.sign, EVE.xpk), EVE.box, own=EVE.dpk, team=LINK.team)
    card, signature = decode_card_untrusted(
        unfill(open_seal(seal_card(CARD, BOB.sign, CAROL.xpk), CAROL.box))
    )
    turned = replace(card, xpk=EVE.xpk)  # whoever is sealed to could read our name
    blob = seal_to(fill(encode_said(turned, signature), 48), CAROL.xpk)
    with pytest.raises(BadSignature):
        open_card(blob, CAROL.box, own=CAROL.dpk, team=LINK.team)


def test_a_card_of_our_own_is_none() -> None:
    mirrored = replace(CARD, dpk=CAROL.dpk, xpk=CAROL.xpk)
    with pytest.raises(CannotOpen):
        open_card(seal_card(mirrored, CAROL.sign, CAROL.xpk), CAROL.box, own=CAROL.dpk, team=LINK.team)


def test_a_key_that_is_no_point_is_refused() -> None:
    bad = replace(CARD, xpk=type(CARD.xpk)(bytes(32)))
    with pytest.raises(CannotOpen):
        open_card(seal_card(bad, BOB.sign, CAROL.xpk), CAROL.box, own=CAROL.dpk, team=LINK.team)


def test_a_card_is_no_request_and_no_request_a_card() -> None:
    with pytest.raises(Malformed):
        open_request(seal_card(CARD, BOB.sign, CAROL.xpk), CAROL.box, own=DevicePk(CAROL.dpk), team=LINK.team)


def test_a_link_shows_nothing_of_its_seed() -> None:
    assert LINK.seed.hex() not in repr(LINK)
    assert repr(LINK.seed) not in repr(LINK)
