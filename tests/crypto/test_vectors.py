"""The vectors are what the code makes today, and mean what they say."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from nacl.encoding import RawEncoder
from nacl.hash import blake2b

from envlsp.crypto import backup, bundle, envelope, epochs, recovery, requests, signing, words
from envlsp.crypto.device import device_keys, fingerprint
from envlsp.crypto.labels import hash32, kdf
from envlsp.crypto.primitives import box_key, open_box, open_seal, pad
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import BoxPk, DevicePk, RecordId, ScopeId, TeamId, UserId
from envlsp.domain.versions import id_text
from envlsp.wire import canonical
from envlsp.wire.backup import (
    First,
    RecordsPart,
    decode_head_untrusted,
    read_boxes_untrusted,
    read_opening_untrusted,
)
from envlsp.wire.bodies import decode_body_untrusted, encode_body
from envlsp.wire.layout import decode_layout_untrusted, encode_layout
from envlsp.wire.replicas import from_pairing_text_untrusted
from envlsp.wire.text import fingerprint_text, from_team_text, to_team_text
from tests.scripts.make_vectors import FILES, build
from tests.support.vectors import Case, cases, outcome, read


@pytest.mark.parametrize("name", FILES)
def test_vectors_are_up_to_date(name: str) -> None:
    assert build(name) == read(name), "run: python -m tests.scripts.make_vectors"


def check(name: str, play: Callable[[Case], object]) -> None:
    """Play every case of a file and compare what happens with its word."""
    for case in cases(name):
        assert outcome(lambda case=case: play(case)) == case["expect"], case.get("name", case)  # type: ignore[misc]


def raw(case: Case, field: str) -> bytes:
    return bytes.fromhex(case[field])


def test_canonical() -> None:
    def play(case: Case) -> None:
        data = raw(case, "bytes")
        assert canonical.encode(canonical.decode_untrusted(data, limit_bytes=1024)) == data

    check("canonical", play)


def test_hashes() -> None:
    def play(case: Case) -> None:
        if "H" in case:
            assert hash32(case["H"], raw(case, "data")) == raw(case, "out")
        else:
            assert kdf(raw(case, "key"), case["KDF"], raw(case, "context")) == raw(case, "out")

    check("hashes", play)


def test_hashes_are_what_libsodium_gives() -> None:
    for case in cases("hashes"):
        if "H" not in case:
            continue
        person = b"envlsp1." + case["H"].encode()
        assert blake2b(raw(case, "data"), person=person, encoder=RawEncoder) == raw(case, "out")


def test_signatures() -> None:
    def play(case: Case) -> None:
        public, digest = DevicePk(raw(case, "public")), raw(case, "digest")
        signing.verify(public, case["purpose"], digest, raw(case, "sig"))
        key = device_keys(raw(case, "seed"), bytes(32)).sign
        assert signing.sign(key, case["purpose"], digest) == raw(case, "sig")

    check("signatures", play)


def test_records() -> None:
    def play(case: Case) -> None:
        record = signing.check_untrusted(raw(case, "record"), TeamId(raw(case, "team")))
        if "id" in case:
            assert record.id == raw(case, "id")
            assert [epoch.hex() for epoch in record.epoch_ids] == case["epochs"]
            assert (record.introduces or b"").hex() == case["introduces"]
            assert (record.derived_scope or b"").hex() == case["scope"]

    check("records", play)


def test_possession() -> None:
    def play(case: Case) -> None:
        team, dpk, xpk = TeamId(raw(case, "team")), DevicePk(raw(case, "dpk")), BoxPk(raw(case, "xpk"))
        if "invite" in case:
            digest = signing.inv_digest(team, RecordId(raw(case, "invite")), dpk, xpk)
            signing.verify(DevicePk(raw(case, "inv_pk")), "inv", digest, raw(case, "sig"))
        else:
            owner = UserId(raw(case, "owner"))
            digest = signing.pop_digest(team, PopPurpose(case["purpose"]), owner, dpk, xpk)
            signing.verify(dpk, "pop", digest, raw(case, "sig"))

    check("possession", play)


def test_ids() -> None:
    user, scope = cases("ids")
    assert signing.user_id(DevicePk(raw(user, "dpk"))) == raw(user, "uid")
    made = signing.scope_id(TeamId(raw(scope, "team")), DevicePk(raw(scope, "author")), scope["seq"])
    assert made == raw(scope, "scope")


def test_bodies() -> None:
    def play(case: Case) -> None:
        body = decode_body_untrusted(case["type"], raw(case, "plain"))
        assert encode_body(case["type"], body) == raw(case, "plain")

    check("bodies", play)


def test_layouts() -> None:
    def play(case: Case) -> None:
        assert encode_layout(decode_layout_untrusted(raw(case, "bytes"))) == raw(case, "bytes")

    check("layouts", play)


def test_epochs() -> None:
    def play(case: Case) -> None:
        match case["name"].split()[0].strip(","):
            case "commit":
                key, team = epochs.TeamKey(raw(case, "key")), TeamId(raw(case, "team"))
                made = epochs.commit(key, team, ScopeId(raw(case, "scope")), case["n"])
                assert made == raw(case, "commit")
            case "id":
                assert signing.epoch_id(RecordId(raw(case, "record")), case["index"]) == raw(case, "epoch")
            case "seal":
                assert open_seal(raw(case, "sealed"), box_key(raw(case, "to_seed"))) == raw(case, "key")
            case "link":
                under = kdf(raw(case, "new_key"), "link", raw(case, "old_epoch"))
                assert open_box(raw(case, "box"), under) == raw(case, "key")
            case "room":
                assert epochs.room_key(epochs.TeamKey(raw(case, "key"))) == raw(case, "room")
            case other:
                raise AssertionError(other)

    check("epochs", play)


def test_padding() -> None:
    def play(case: Case) -> None:
        if "size" in case:
            assert envelope.padded_size(case["size"]) == case["padded"]
        else:
            assert pad(raw(case, "plain"), 256) == raw(case, "bytes")

    check("padding", play)


def place(case: Case, kind: int) -> envelope.BodyPlace:
    return envelope.BodyPlace(TeamId(raw(case, "team")), DevicePk(raw(case, "author")), case["seq"], kind)


def test_envelope() -> None:
    def play(case: Case) -> None:
        key = epochs.TeamKey(raw(case, "key"))
        assert envelope.open_plain(raw(case, "body"), key, place(case, case["type"])) == raw(case, "plain")

    check("envelope", play)


def test_release() -> None:
    def play(case: Case) -> None:
        content = envelope.open_release(raw(case, "body"), epochs.TeamKey(raw(case, "key")), place(case, 20))
        found = {name: value.reveal_text() for name, value in content.snapshot.entries.items()}
        assert found == case["entries"]
        assert content.snapshot.layout == decode_layout_untrusted(raw(case, "layout"))

    check("release", play)


def test_bundle() -> None:
    def play(case: Case) -> None:
        checked = bundle.check_bundle_untrusted(raw(case, "bundle"))
        snapshot = bundle.open_bundle(checked, box_key(raw(case, "seed")))
        assert {name: value.reveal_text() for name, value in snapshot.entries.items()} == case["entries"]

    check("bundle", play)


def test_requests() -> None:
    def play(case: Case) -> None:
        if "request" in case:
            asked = requests.check_request_untrusted(case["request"])
            assert (asked.dpk, asked.xpk, asked.name) == (
                raw(case, "dpk"),
                raw(case, "xpk"),
                case["display_name"],
            )
            assert " ".join(requests.request_words(asked)) == case["words"]
            return
        place, welcome = requests.open_welcome_untrusted(raw(case, "welcome"), [box_key(raw(case, "seed"))])
        assert place == 0
        assert (welcome.team, [*welcome.servers]) == (raw(case, "team"), case["servers"])
        assert (welcome.granted.hex(), [r.hex() for r in welcome.records]) == (
            case["granted"],
            case["records"],
        )

    check("requests", play)


def test_text() -> None:
    def play(case: Case) -> None:
        if "team_text" in case:
            assert to_team_text(from_team_text(case["team_text"])) == case["team_text"]
        elif "base32" in case:
            assert id_text(RecordId(raw(case, "id"))) == case["base32"]
        elif "pairing_text" in case:
            pairing = from_pairing_text_untrusted(case["pairing_text"])
            assert pairing.room == kdf(raw(case, "seed"), "room") == raw(case, "room")
            assert (pairing.dpk, pairing.xpk) == (raw(case, "dpk"), raw(case, "xpk"))
        else:
            mark = fingerprint(DevicePk(raw(case, "dpk")), BoxPk(raw(case, "xpk")))
            assert fingerprint_text(mark) == case["fingerprint"]
            assert " ".join(words.words_of(mark, 5)) == case["words"]

    check("text", play)


def test_backup() -> None:
    def play(case: Case) -> None:
        file = BytesIO(raw(case, "file"))
        head_bytes, header = read_opening_untrusted(file)
        head = decode_head_untrusted(head_bytes)
        if case["root_box_seed"]:
            key = backup.open_for_root(head, box_key(raw(case, "root_box_seed")))
        else:
            key = backup.open_for_member(head, epochs.TeamKey(raw(case, "key")))
        first, *parts = backup.open_parts(key, head_bytes, header, read_boxes_untrusted(file))
        assert first == First(
            TeamId(raw(case, "team")), case["ts"], len(case["records"]), tuple(case["servers"])
        )
        assert [one.hex() for part in parts if isinstance(part, RecordsPart) for one in part.records] == case[
            "records"
        ]

    check("backup", play)


def test_recovery() -> None:
    def play(case: Case) -> None:
        entropy = recovery.from_words(case["words"])
        root = recovery.root_key(entropy)
        assert entropy == raw(case, "entropy")
        assert (root.keys.dpk, root.keys.xpk) == (raw(case, "root_sign"), raw(case, "root_box"))
        assert root.room == raw(case, "room")

    check("recovery", play)
