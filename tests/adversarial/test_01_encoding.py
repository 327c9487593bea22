"""Attacks with bytes: other encodings, flipped bits, borrowed signatures and keys, bombs.

Cases 1 to 9 of docs/protocol.md, "I. Adversarial tests". Nothing here gets as far as the
rules about who may do what, and nothing of it changes what anybody believes.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import get_args

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.crypto import envelope, signing
from envlsp.crypto.device import prove
from envlsp.crypto.envelope import BodyPlace
from envlsp.crypto.primitives import SMALL_ORDER_X25519
from envlsp.crypto.signing import PopPurpose, Purpose, check_untrusted
from envlsp.crypto.verify import Signatures
from envlsp.domain.ids import NO_OWNER, NO_TEAM, TEAM_SCOPE, BoxPk, DevicePk, TeamId, UserId
from envlsp.domain.ledger.admission import Accepted
from envlsp.domain.ledger.records import (
    DeviceAdd,
    Grant,
    Header,
    Invite,
    Pub,
    RecordType,
    Release,
    Role,
    RootReplace,
    Unknown,
)
from envlsp.domain.release import ReleaseContent, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import (
    BadSignature,
    CannotOpen,
    LimitExceeded,
    Malformed,
    Misuse,
    RecordRefused,
    UpgradeNeeded,
)
from envlsp.service.history import Releases
from envlsp.service.people import People
from envlsp.wire import canonical
from envlsp.wire.bodies import decode_body_untrusted
from envlsp.wire.limits import HEADER_MAX_BYTES, RECORD_MAX_BYTES
from envlsp.wire.records import (
    decode_header_untrusted,
    decode_record_untrusted,
    encode_header,
    encode_record,
)
from envlsp.wire.releases import RELEASE_TYPE, ReleaseBody
from tests.scripts.make_vectors import resigned
from tests.support import samples
from tests.support.eve import flipped, forge
from tests.support.ledger_builder import Actor, a_device, a_grant
from tests.support.samples import ALICE, BOB, CAROL, HERE, KEY_1, NAMES, TEAM
from tests.support.wire_book import (
    TRIPLE,
    Book,
    actor,
    alice,
    bob,
    dave,
    eve,
    keys_of,
    refused,
    root,
    second_device,
)

MALFORMED = (Malformed, LimitExceeded, UpgradeNeeded)
REFUSALS = (*MALFORMED, RecordRefused, BadSignature)
RELEASE = samples.record(RecordType.RELEASE, bytes(296))[0]
PLACE = envelope.place_in(HERE, ALICE.dpk, RecordType.RELEASE)
SEALED = envelope.seal_release(samples.content(), KEY_1, PLACE)
OWNER = signing.user_id(ALICE.dpk)


def team() -> Book:
    book = Book()
    book.grant(alice, bob, Role.ADMIN)
    book.grant(alice, eve)
    book.push(alice, {"TOKEN": "good"})
    return book


def assert_refused(book: Book, *raws: bytes, reason: str | None = None) -> None:
    """Check that member and keyless replica refuse, and that nothing has changed for either."""
    before = book.state, book.ledger.heads(), len(book.ledger), len(book.blind.raws)
    for raw in raws:
        found = refused(book.hear_bytes(raw))
        assert reason in (None, found), found
    assert (book.state, book.ledger.heads(), len(book.ledger), len(book.blind.raws)) == before


def next_header(book: Book, who: Actor, pub: Pub | None = None) -> Header:
    return book.build(who, pub or Release(TEAM_SCOPE)).header


# --- 1: other encodings ---------------------------------------------------------------------------


def test_case_1_over_long_map_trailing_float_and_invalid_text_are_refused() -> None:
    for data in (b"\xcc\x01", b"\x80", b"\x01\x00", b"\xca\x00\x00\x00\x00", b"\xa1\xff"):
        with pytest.raises(Malformed):
            canonical.decode_untrusted(data, limit_bytes=100)


def test_case_1_unsorted_or_duplicate_parents_are_refused() -> None:
    one, two = sorted((samples.fixed("a"), samples.fixed("b")))
    for parents in ([two, one], [one, one]):
        with pytest.raises(Malformed, match="sorted"):
            decode_record_untrusted(resigned(RecordType.RELEASE, parents=list(parents)))


def respelled(spell: Callable[[bytes], bytes]) -> Callable[[Book], bytes]:
    """Return how to write a good record whose header stands in other bytes, signed as they stand."""

    def write(book: Book) -> bytes:
        good = decode_record_untrusted(book.safe.raws[book.build(eve, Release(TEAM_SCOPE)).id])
        hdr = spell(good.hdr)
        return canonical.encode(
            [hdr, good.body, signing.sign(keys_of(eve).sign, "rec", signing.record_id(hdr))]
        )

    return write


def over_long_seq(hdr: bytes) -> bytes:
    """The header's `seq` is the byte after type (20) and author; write it in two bytes."""
    place = hdr.index(b"\x14\xc4\x20" + keys_of(eve).dpk) + 3 + 32
    return hdr[:place] + b"\xcc" + hdr[place:]


def as_map(hdr: bytes) -> bytes:
    fields = msgpack.unpackb(hdr)
    return bytes(msgpack.packb(dict(enumerate(fields))))


def with_float(hdr: bytes) -> bytes:
    fields = msgpack.unpackb(hdr)
    return bytes(msgpack.packb([*fields[:5], float(fields[5]), *fields[6:]]))


def with_text(hdr: bytes) -> bytes:
    fields = msgpack.unpackb(hdr)
    packed = msgpack.packb([*fields[:7], b"", *fields[8:]])
    return bytes(packed.replace(b"\xc4\x00", b"\xa2\xff\xfe", 1))


SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "over-long integer": over_long_seq,
    "map": as_map,
    "trailing byte": lambda hdr: hdr + b"\0",
    "float": with_float,
    "invalid text": with_text,
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_case_1_a_record_in_another_spelling_is_refused_though_its_signature_fits(
    spell: Callable[[bytes], bytes],
) -> None:
    book = team()
    assert_refused(book, respelled(spell)(book), reason="Malformed")
    assert_refused(book, book.safe.raws[book.build(eve, Release(TEAM_SCOPE)).id] + b"\0", reason="Malformed")


def test_case_1_a_forger_cannot_write_parents_out_of_order() -> None:
    book = team()
    fork = book.copy()
    book.release(alice)
    fork.release(bob)
    book.hear(fork)
    made = book.build(eve, Release(TEAM_SCOPE))
    assert len(made.header.parents) == 2
    down = list(reversed(made.header.parents))
    for parents in (down, [down[0], down[0]], []):
        lie = book.build(eve, Release(TEAM_SCOPE), lies={"parents": list(parents)})
        assert_refused(book, book.safe.raws[lie.id], reason="Malformed")


# --- 2: flipped bits ------------------------------------------------------------------------------


@given(st.integers(0, len(RELEASE) - 1), st.integers(1, 255))
def test_case_2_a_bit_flip_anywhere_is_refused(place: int, flip: int) -> None:
    with pytest.raises(REFUSALS):
        check_untrusted(flipped(RELEASE, place, flip), TEAM)


def test_case_2_another_valid_signature_gives_the_same_id() -> None:
    """The id leaves the signature out, so a second signature is no second record."""
    decoded = decode_record_untrusted(RELEASE)
    forged = encode_record(decoded.hdr, decoded.body, bytes(64))
    assert signing.record_id(decode_record_untrusted(forged).hdr) == signing.record_id(decoded.hdr)
    with pytest.raises(BadSignature):
        check_untrusted(forged, TEAM)


def test_case_2_a_flip_in_every_byte_of_a_real_record_changes_nobodys_mind() -> None:
    book = team()
    raw = book.safe.raws[book.build(eve, Release(TEAM_SCOPE), body=True).id]
    for place in range(0, len(raw), 3):
        assert_refused(book, flipped(raw, place, 1 << place % 8))
    assert book.hear_bytes(raw) == Accepted(new=True)
    assert book.hear_bytes(raw) == Accepted(new=False)


# --- 3: signatures for something else -------------------------------------------------------------


@pytest.mark.parametrize(("made_for", "used_as"), list(permutations(get_args(Purpose), 2)))
def test_case_3_a_signature_is_good_for_one_purpose(made_for: Purpose, used_as: Purpose) -> None:
    digest = samples.fixed("digest")
    sig = signing.sign(ALICE.sign, made_for, digest)
    signing.verify(ALICE.dpk, made_for, digest, sig)
    with pytest.raises(BadSignature):
        signing.verify(ALICE.dpk, used_as, digest, sig)


def test_case_3_an_attestation_is_no_record() -> None:
    decoded = decode_record_untrusted(RELEASE)
    sig = signing.sign(ALICE.sign, "attest", signing.record_id(decoded.hdr))
    with pytest.raises(BadSignature):
        check_untrusted(encode_record(decoded.hdr, decoded.body, sig), TEAM)


@pytest.mark.parametrize("purpose", [one for one in get_args(Purpose) if one != "rec"])
def test_case_3_what_alice_signed_for_something_else_is_no_record_of_hers(purpose: Purpose) -> None:
    book = team()
    header = next_header(book, alice, a_grant(eve))
    assert_refused(book, forge(keys_of(alice).sign, header, purpose=purpose), reason="BadSignature")


# --- 4: place and team ----------------------------------------------------------------------------


@pytest.mark.parametrize("height", (1, 5, 7, 100))
def test_case_4_wrong_height(height: int) -> None:
    book = ranks()
    wrong = book.build(alice, Release(TEAM_SCOPE), height=height)
    assert_refused(book, book.safe.raws[wrong.id], reason="Malformed" if height == 1 else "bad-height")


@pytest.mark.parametrize("seq", (1, 5, 7, 100))
def test_case_4_wrong_seq(seq: int) -> None:
    book = ranks()
    assert book.ledger.next_seq(alice.dpk) == 6
    wrong = book.build(alice, Release(TEAM_SCOPE), seq=seq)
    assert_refused(book, book.safe.raws[wrong.id], reason="bad-seq")


def test_case_4_seq_of_a_newcomer() -> None:
    book = ranks()
    assert refused(book.judge(book.build(bob, Release(TEAM_SCOPE), seq=2))) == "bad-seq"
    book.release(bob)
    assert refused(book.judge(book.build(bob, Release(TEAM_SCOPE), seq=1))) == "bad-seq"


def ranks() -> Book:
    """Alice and four whom she let in: her next record is her sixth, at height 6."""
    book = Book()
    for whom in (bob, actor("carol"), dave, eve):
        book.grant(alice, whom)
    return book


def test_case_4_other_teams_records() -> None:
    book, other = team(), team()
    foreign = book.build(alice, Release(TEAM_SCOPE), team=TeamId(b"x" * 32))
    assert_refused(book, book.safe.raws[foreign.id], reason="RecordRefused")
    assert_refused(book, *other.raw_records(), reason="RecordRefused")
    none = book.build(alice, Release(TEAM_SCOPE), lies={"team": bytes(32)})
    assert_refused(book, book.safe.raws[none.id], reason="Malformed")


def test_case_4_another_teams_record_is_refused() -> None:
    other = TeamId(samples.fixed("another team"))
    for raw in (RELEASE, samples.GENESIS_RAW):
        with pytest.raises(RecordRefused):
            check_untrusted(raw, other)
    with pytest.raises(RecordRefused):
        check_untrusted(resigned(RecordType.RELEASE, team=other), TEAM)


# --- 5: keys that are no good points --------------------------------------------------------------


def grant(**changed: object) -> Grant:
    pub = samples.pubs()[RecordType.GRANT]
    assert isinstance(pub, Grant)
    return replace(pub, **changed)  # type: ignore[arg-type]


def author(pub: Pub) -> None:
    signing.make_record(ALICE.sign, HERE, pub)


BAD_BOX_KEYS = (*sorted(SMALL_ORDER_X25519), b"\xff" * 32)
BAD_SIGNING_KEYS = (
    bytes(32),
    b"\1" + bytes(31),  # the neutral element
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),  # order 8
    b"\xff" * 32,  # no canonical number
)


@pytest.mark.parametrize("bad", BAD_BOX_KEYS)
def test_case_5_a_small_order_or_non_canonical_box_key_is_refused(bad: bytes) -> None:
    with pytest.raises(RecordRefused):
        author(grant(xpk=BoxPk(bad)))


@pytest.mark.parametrize("bad", BAD_SIGNING_KEYS)
def test_case_5_a_small_order_or_non_canonical_signing_key_is_refused(bad: bytes) -> None:
    with pytest.raises(RecordRefused):
        author(grant(dpk=DevicePk(bad)))
    with pytest.raises(RecordRefused):
        author(Invite(DevicePk(bad), Role.VIEWER, 1))


def test_case_5_a_later_rotation_still_works() -> None:
    """Bob lets in somebody with such a key, with a proof as good as can be: nobody believes it."""
    book = team()
    proof = prove(keys_of(actor("new")), book.team, PopPurpose.JOIN)
    for bad in BAD_BOX_KEYS:
        lie = replace(a_grant(actor("new")), xpk=BoxPk(bad), pop=proof)
        assert_refused(book, book.safe.raws[book.build(bob, lie).id], reason="RecordRefused")
        phone = replace(a_device(second_device(bob, "phone")), xpk=BoxPk(bad), pop=proof)
        assert_refused(book, book.safe.raws[book.build(bob, phone).id], reason="RecordRefused")
    epoch = book.rotate(alice)
    assert all(book.ring(who).key_of(epoch) is not None for who in (alice, bob, eve))


# --- 6: somebody else's keys ----------------------------------------------------------------------


def test_case_6_someone_elses_key_is_refused() -> None:
    with pytest.raises(BadSignature):
        author(grant(dpk=CAROL.dpk))
    with pytest.raises(BadSignature):
        author(grant(xpk=CAROL.xpk))


@pytest.mark.parametrize("purpose", (PopPurpose.DEVICE_ADD, PopPurpose.ROOT))
def test_case_6_a_proof_for_something_else_does_not_join(purpose: PopPurpose) -> None:
    with pytest.raises(BadSignature):
        author(grant(pop=prove(BOB, TEAM, purpose)))


def test_case_6_a_proof_for_another_team_does_not_join() -> None:
    with pytest.raises(BadSignature):
        author(grant(pop=prove(BOB, TeamId(samples.fixed("another team")), PopPurpose.JOIN)))


def device_add() -> DeviceAdd:
    add = samples.pubs()[RecordType.DEVICE_ADD]
    assert isinstance(add, DeviceAdd)
    return add


def test_case_6_a_device_belongs_to_the_owner_it_asked_for() -> None:
    verify = Signatures()
    assert verify.pop(TEAM, OWNER, device_add())
    assert not verify.pop(TEAM, signing.user_id(CAROL.dpk), device_add())
    assert not verify.pop(TeamId(samples.fixed("another team")), OWNER, device_add())
    assert not verify.pop(TEAM, OWNER, replace(device_add(), xpk=CAROL.xpk))


def test_case_6_a_join_proof_reused_in_device_add_is_refused() -> None:
    verify = Signatures()
    for owner in (NO_OWNER, OWNER):
        intercepted = replace(device_add(), pop=prove(BOB, TEAM, PopPurpose.JOIN, owner))
        assert not verify.pop(TEAM, OWNER, intercepted)
        assert not verify.pop(TEAM, UserId(bytes(16)), intercepted)


def test_case_6_an_intercepted_request_makes_nobody_elses_device() -> None:
    """Eve saw Dave's request to join: as her own second device it is refused by everybody."""
    book = team()
    request = prove(keys_of(dave), book.team, PopPurpose.JOIN)
    stolen = DeviceAdd(dave.dpk, dave.xpk, request, ())
    assert_refused(book, book.safe.raws[book.build(eve, stolen).id], reason="bad-pop")
    for_bob = prove(keys_of(dave), book.team, PopPurpose.DEVICE_ADD, bob.user)
    stolen = replace(stolen, pop=for_bob)
    assert_refused(book, book.safe.raws[book.build(eve, stolen).id], reason="bad-pop")
    bare = replace(a_grant(dave), pop=bytes(64))
    assert_refused(book, book.safe.raws[book.build(bob, bare).id], reason="BadSignature")
    assert book.hear_bytes(book.safe.raws[book.build(bob, replace(bare, pop=request)).id]) == Accepted(
        new=True
    )


def test_case_6_a_key_is_introduced_once() -> None:
    book = team()
    for old in (alice, bob, root):
        assert refused(book.offer(alice, a_grant(old))) == "key-reused"
        assert refused(book.offer(bob, a_device(replace(old, user=bob.user)))) == "key-reused"
    borrowed = replace(actor("new"), xpk=bob.xpk)
    proof = signing.sign(
        keys_of(actor("new")).sign,
        "pop",
        signing.pop_digest(book.team, PopPurpose.JOIN, NO_OWNER, borrowed.dpk, bob.xpk),
    )
    assert refused(book.offer(alice, replace(a_grant(borrowed), pop=proof))) == "key-reused"
    epoch = book.epoch(plus=[bob], with_root=False)
    assert refused(book.offer(root, RootReplace(bob.dpk, bob.xpk, b"pop", (epoch,)))) == "key-reused"
    book.revoke(alice, bob)
    assert refused(book.offer(alice, a_grant(bob))) == "key-reused"


# --- 7: bodies in other places --------------------------------------------------------------------


ELSEWHERE = {
    "another team": replace(PLACE, team=NO_TEAM),
    "another author": replace(PLACE, author=BOB.dpk),
    "another seq": replace(PLACE, seq=PLACE.seq + 1),
    "another type": replace(PLACE, type=RecordType.ENV),
}


@pytest.mark.parametrize("place", ELSEWHERE.values(), ids=ELSEWHERE)
def test_case_7_a_body_copied_elsewhere_does_not_open(place: BodyPlace) -> None:
    with pytest.raises(CannotOpen):
        envelope.open_plain(SEALED, KEY_1, place)


@given(st.binary(max_size=300))
def test_case_7_a_body_of_nonsense_is_one_error(plain: bytes) -> None:
    """Even a member with the key can do no more than make a record without content."""
    with pytest.raises(CannotOpen):
        envelope.open_release(envelope.seal_plain(plain, KEY_1, PLACE), KEY_1, PLACE)


def test_case_7_a_release_inside_another_type_is_no_release() -> None:
    place = replace(PLACE, type=RecordType.ENV)
    plain = envelope.open_plain(SEALED, KEY_1, PLACE)
    with pytest.raises(CannotOpen):
        envelope.open_release(envelope.seal_plain(plain, KEY_1, place), KEY_1, place)
    assert RecordType(RELEASE_TYPE) is RecordType.RELEASE


def test_case_7_a_record_with_a_copied_body_is_kept_and_says_nothing() -> None:
    """Eve lifts what Alice sealed into a record of her own: it stays, and has no content."""
    book = team()
    victim = book.push(alice, {"TOKEN": "of alice"})
    body = decode_record_untrusted(book.safe.raws[victim.id]).body
    header = next_header(book, eve)
    raw = forge(keys_of(eve).sign, replace(header, epoch=victim.header.epoch), body)
    assert book.hear_bytes(raw) == Accepted(new=True)
    for reader in (alice, bob, eve):
        replica = book.seen_by(reader)
        found = Releases(replica, People(replica)).of(TRIPLE)
        assert found.history.heads() == (victim.id,)
        assert not Releases(replica, People(replica)).has_closed(TEAM_SCOPE), "and nobody waits for it"


# --- 8: types of another time ---------------------------------------------------------------------


def test_case_8_an_unknown_type_below_64_asks_for_an_upgrade() -> None:
    for kind in (13, 40, 63):
        with pytest.raises(UpgradeNeeded):
            decode_record_untrusted(resigned(RecordType.RELEASE, type=kind))


def test_case_8_an_unknown_type_from_64_on_is_kept_byte_for_byte() -> None:
    raw = resigned(RecordType.RELEASE, body=b"anything", type=70, pub=[1, b"x", ["y"]])
    decoded = decode_record_untrusted(raw)
    assert decoded.header.pub == Unknown()
    assert encode_record(decoded.hdr, decoded.body, decoded.sig) == raw
    with pytest.raises(Misuse):
        encode_header(decoded.header)


def test_case_8_an_ignorable_record_is_checked_like_any_other() -> None:
    raw = resigned(RecordType.RELEASE, body=b"x", type=70, pub=[1])
    assert check_untrusted(raw, TEAM).body_size == 1
    with pytest.raises(BadSignature):
        check_untrusted(raw[:-1] + bytes((raw[-1] ^ 1,)), TEAM)


def test_case_8_unknown_types() -> None:
    book = team()
    assert refused(book.judge(book.build(alice, Unknown(), kind=40))) == "UpgradeNeeded"
    before = book.state
    later = book.build(eve, Unknown(), kind=70)
    assert book.judge(later) == Accepted(new=True)
    assert book.state == before
    assert later.id in book.ledger
    assert book.view() == {"TOKEN": "good"}
    assert book.copy().ledger.heads() == (later.id,), "it is passed on"


# --- 9: too much ----------------------------------------------------------------------------------


def test_case_9_a_record_of_a_mebibyte_and_one_is_refused() -> None:
    hdr = decode_record_untrusted(samples.record(RecordType.RELEASE)[0]).hdr
    room = RECORD_MAX_BYTES - len(canonical.encode([hdr, bytes(70_000), bytes(64)])) + 70_000
    assert len(encode_record(hdr, bytes(room), bytes(64))) == RECORD_MAX_BYTES
    with pytest.raises(LimitExceeded):
        encode_record(hdr, bytes(room + 1), bytes(64))
    with pytest.raises(LimitExceeded):
        decode_record_untrusted(bytes(RECORD_MAX_BYTES + 1))


RECORD_BOMBS = (
    b"\x93" + b"\x90" * 1_000_000,
    b"\x93\xc4\x00" + b"\x90" * 1_000_000,
    b"\xdd\x00\x0f\x42\x40" + b"\x90" * 1_000_000,
    b"\x93\xc6\xff\xff\xff\xff",
    b"\x93\xc4",
    b"\x93",
    b"",
)
VALUE_BOMBS = (
    b"\xdd\x00\x0f\x42\x40",  # says a million elements
    b"\xdd\xff\xff\xff\xff" + bytes(1000),
    b"\xc6\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\x91" * 5_000 + b"\x90",
    b"\xdf\xff\xff\xff\xff",
)


@pytest.mark.parametrize("bomb", RECORD_BOMBS)
def test_case_9_bombs_allocate_nothing(bomb: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(MALFORMED):
        decode_record_untrusted(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_500_000


@pytest.mark.parametrize("bomb", VALUE_BOMBS)
def test_case_9_bombs_inside_a_header_allocate_nothing(bomb: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(Malformed):
        canonical.decode_untrusted(bomb, limit_bytes=100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000


def test_case_9_bombs_reach_neither_member_nor_replica() -> None:
    book = team()
    assert_refused(book, *RECORD_BOMBS)
    sign = keys_of(eve).sign
    for bomb in VALUE_BOMBS:
        sig = signing.sign(sign, "rec", signing.record_id(bomb))
        assert_refused(book, canonical.encode([bomb, b"", sig]))


def test_case_9_33_parents_are_refused() -> None:
    parents: list[canonical.Value] = [bytes((n,)) * 32 for n in range(1, 34)]
    with pytest.raises(LimitExceeded):
        decode_record_untrusted(resigned(RecordType.RELEASE, parents=parents))
    decode_record_untrusted(resigned(RecordType.RELEASE, parents=parents[:32]))
    book = team()
    lie = book.build(eve, Release(TEAM_SCOPE), lies={"parents": parents})
    assert_refused(book, book.safe.raws[lie.id], reason="LimitExceeded")


def test_case_9_a_header_of_more_than_64_kib_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        decode_header_untrusted(bytes(HEADER_MAX_BYTES + 1))


def test_case_9_2001_entries_are_refused() -> None:
    body = decode_body_untrusted(RecordType.RELEASE, samples.release_with(samples.entries(2_000)))
    assert isinstance(body, ReleaseBody)
    assert len(body.entries) == 2_000
    with pytest.raises(LimitExceeded):
        decode_body_untrusted(RecordType.RELEASE, samples.release_with(samples.entries(2_001)))


def with_entries(found: dict[SecretName, SecretText]) -> ReleaseContent:
    return replace(samples.content(), snapshot=Snapshot(found))


def test_case_9_too_much_is_refused_before_it_is_sealed() -> None:
    with pytest.raises(LimitExceeded):
        envelope.seal_release(with_entries({NAMES[0]: SecretText(b"x" * 65_537)}), KEY_1, PLACE)
    many = {SecretName(f"N{number}"): SecretText(b"") for number in range(2_001)}
    with pytest.raises(LimitExceeded):
        envelope.seal_release(with_entries(many), KEY_1, PLACE)


def test_case_9_a_member_who_seals_2001_entries_says_nothing() -> None:
    """Nobody without the key can count them; who opens it takes none of it."""
    book = team()
    epoch = book.state.current[TEAM_SCOPE]
    header = replace(next_header(book, eve), epoch=epoch)
    place = envelope.place_of(header)
    body = envelope.seal_plain(samples.release_with(samples.entries(2_001)), book.safe.keys[epoch], place)
    raw = forge(keys_of(eve).sign, header, body)
    assert book.hear_bytes(raw) == Accepted(new=True)
    assert book.view() == {"TOKEN": "good"}
