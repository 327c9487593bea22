"""Write `tests/vectors/*.json` again: `python -m tests.scripts.make_vectors`.

Everything is deterministic: seeds are fixed, and randomness is replaced by a stream
that depends on a label. `tests/crypto/test_vectors.py` fails when a file is stale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, get_args

from envlsp.crypto import bundle as bundles
from envlsp.crypto import envelope, epochs, recovery, requests, signing, words
from envlsp.crypto.backup import BackupWriter
from envlsp.crypto.device import fingerprint, prove
from envlsp.crypto.labels import KdfLabel, Label, hash32, kdf
from envlsp.crypto.primitives import pad
from envlsp.crypto.signing import PopPurpose, Purpose
from envlsp.domain.ids import NO_OWNER, NO_TEAM, TEAM_SCOPE, BoxPk, RecordId, ScopeId, TeamId, UserId
from envlsp.domain.ledger.records import Genesis, Keys, RecordType
from envlsp.domain.release import Layout
from envlsp.domain.secret import SecretName
from envlsp.domain.versions import id_text
from envlsp.wire import canonical
from envlsp.wire.backup import MAGIC, First, Last, Part, RecordsPart, framed
from envlsp.wire.bodies import decode_body_untrusted, encode_body
from envlsp.wire.layout import decode_layout_untrusted, encode_layout
from envlsp.wire.records import decode_record_untrusted
from envlsp.wire.replicas import Pairing, to_pairing_text
from envlsp.wire.requests import JoinRequest, WelcomeFile, encode_request
from envlsp.wire.text import fingerprint_text, from_team_text, to_team_text, to_text
from tests.support import samples
from tests.support.samples import ALICE, BOB, CAROL, TEAM, fixed, fixed_randomness
from tests.support.vectors import Case, as_json, outcome, write

# --- encoding ----------------------------------------------------------------------------------

CANONICAL_OK: Final[dict[str, canonical.Value]] = {
    "zero": 0,
    "largest fixint": 127,
    "uint8": 128,
    "uint16": 256,
    "uint32": 65_536,
    "uint64": 2**32,
    "largest integer": 2**53,
    "no bytes": b"",
    "bytes of 256": bytes(256),
    "text": "schlüssel",
    "text of 32": "a" * 32,
    "no items": [],
    "nested": [1, [b"\x01", "a", [[]]]],
    "sixteen items": [0] * 16,
}

CANONICAL_BAD: Final[dict[str, str]] = {
    "nothing": "",
    "over-long integer": "cc01",
    "over-long length of bytes": "c5000101",
    "over-long length of text": "d90161",
    "over-long length of an array": "dc000101",
    "negative": "ff",
    "too large an integer": "cf0020000000000001",
    "nil": "c0",
    "boolean": "c3",
    "float": "cb3ff0000000000000",
    "map": "8101a161",
    "extension": "d40100",
    "text that is not UTF-8": "a1ff",
    "a surrogate in text": "a3eda080",
    "trailing byte": "0100",
    "cut short": "9201",
    "an array of 2^32-1 items": "ddffffffff",
    "nested nine deep": "91" * 8 + "90",
}


def canonical_cases() -> list[Case]:
    """Return values in their one byte form, and bytes that are no value's."""
    good = [
        {"name": name, "bytes": canonical.encode(value).hex(), "expect": "ok"}
        for name, value in CANONICAL_OK.items()
    ]
    bad = [{"name": name, "bytes": text, "expect": "malformed"} for name, text in CANONICAL_BAD.items()]
    return [*good, *bad]


def hash_cases() -> list[Case]:
    """Return `H` and `KDF` for every label of the table."""
    key, data = fixed("hash key"), fixed("hash data")
    hashes = [
        {"H": label, "data": data.hex(), "out": hash32(label, data).hex(), "expect": "ok"}
        for label in get_args(Label)
    ]
    derived = [
        {
            "KDF": label,
            "key": key.hex(),
            "context": data.hex(),
            "out": kdf(key, label, data).hex(),
            "expect": "ok",
        }
        for label in get_args(KdfLabel)
    ]
    return [*hashes, *derived]


def signature_cases() -> list[Case]:
    """Return a signature for each purpose, and each tried for the next one."""
    digest, purposes = fixed("digest"), get_args(Purpose)
    found: list[Case] = []
    for purpose, other in zip(purposes, purposes[1:] + purposes[:1], strict=True):
        sig = signing.sign(ALICE.sign, purpose, digest)
        same = {"public": ALICE.dpk.hex(), "digest": digest.hex(), "sig": sig.hex()}
        seed = fixed("alice sign").hex()
        found.append({"purpose": purpose, "seed": seed, **same, "expect": "ok"})
        found.append({"purpose": other, **same, "expect": "bad-signature"})
    return found


# --- records -----------------------------------------------------------------------------------


def record_cases() -> list[Case]:
    """Return a record of each type with what follows from its bytes, and some that are refused."""
    found: list[Case] = []
    for kind in RecordType:
        raw, checked = samples.record(kind)
        found.append(
            {
                "name": kind.name.lower(),
                "team": TEAM.hex(),
                "record": raw.hex(),
                "id": checked.id.hex(),
                "epochs": [epoch.hex() for epoch in checked.epoch_ids],
                "introduces": checked.introduces.hex() if checked.introduces else "",
                "scope": checked.derived_scope.hex() if checked.derived_scope else "",
                "expect": "ok",
            }
        )
    return [*found, *(_refused(name, raw, team) for name, raw, team in bad_records())]


def _refused(name: str, raw: bytes, team: TeamId) -> Case:
    word = outcome(lambda: signing.check_untrusted(raw, team))
    return {"name": name, "team": team.hex(), "record": raw.hex(), "expect": word}


FIELDS: Final = {
    "version": 0, "team": 1, "type": 2, "author": 3, "seq": 4, "height": 5, "parents": 6, "epoch": 7,
    "body_hash": 8, "pub": 9,
}  # fmt: skip


def resigned(kind: RecordType, body: bytes = b"", **changed: canonical.Value) -> bytes:
    """Return Alice's record of that type with some header fields replaced, and signed again."""
    decoded = decode_record_untrusted(samples.record(kind)[0])
    fields = canonical.decode_untrusted(decoded.hdr, limit_bytes=65_536)
    assert isinstance(fields, list)
    fields[FIELDS["body_hash"]] = signing.body_hash(body)
    for name, value in changed.items():
        fields[FIELDS[name]] = value
    hdr = canonical.encode(fields)
    return canonical.encode([hdr, body, signing.sign(ALICE.sign, "rec", signing.record_id(hdr))])


def bad_records() -> list[tuple[str, bytes, TeamId]]:
    """Return records that are wrong in one way each."""
    release, raw = RecordType.RELEASE, samples.record(RecordType.RELEASE)[0]
    one, two = sorted((fixed("parent 1"), fixed("parent 2")))
    many: list[canonical.Value] = [bytes((0, n)) + bytes(30) for n in range(33)]
    own_epoch = canonical.decode_untrusted(
        decode_record_untrusted(samples.record(RecordType.ROTATE)[0]).hdr, limit_bytes=65_536
    )
    assert isinstance(own_epoch, list)
    admin: canonical.Value = [samples.INVITATION.dpk, 3, 1]
    grant = canonical.decode_untrusted(
        decode_record_untrusted(samples.record(RecordType.GRANT)[0]).hdr, limit_bytes=65_536
    )
    assert isinstance(grant, list)
    grant_pub = grant[9]
    assert isinstance(grant_pub, list)
    add = samples.pubs()[RecordType.DEVICE_ADD]
    own = {
        "altered signature": raw[:-1] + bytes((raw[-1] ^ 1,)),
        "altered body": resigned(release, body_hash=bytes(32)),
        "a later version": resigned(release, version=2),
        "unknown critical type 40": resigned(release, type=40),
        "unknown ignorable type 70": resigned(release, type=70, pub=[1, b"anything"]),
        "type beyond a byte": resigned(release, type=256, pub=[]),
        "no parents": resigned(release, parents=[]),
        "parents out of order": resigned(release, parents=[two, one]),
        "a parent twice": resigned(release, parents=[one, one]),
        "33 parents": resigned(release, parents=many),
        "seq 0": resigned(release, seq=0),
        "height 1": resigned(release, height=1),
        "no team": resigned(release, team=NO_TEAM),
        "a short scope": resigned(release, pub=[bytes(15)]),
        "pub with a field too many": resigned(release, pub=[TEAM_SCOPE, 1]),
        "a body without an epoch": resigned(release, body=bytes(40)),
        "an epoch without a body": resigned(release, epoch=bytes(32)),
        "an epoch named beside the own one": resigned(RecordType.ROTATE, body=bytes(40), epoch=bytes(32)),
        "rotate without an epoch": resigned(RecordType.ROTATE, pub=[[]]),
        "two epochs of one scope": resigned(RecordType.ROTATE, pub=[_twice(own_epoch[9])]),
        "an invite as admin": resigned(RecordType.INVITE, pub=admin),
        "role 4": resigned(RecordType.GRANT, pub=[*grant_pub[:3], 4, grant_pub[4]]),
        "a small-order key": resigned(RecordType.GRANT, pub=[grant_pub[0], bytes(32), *grant_pub[2:]]),
        "a key that is no point": resigned(RecordType.GRANT, pub=[bytes(32), *grant_pub[1:]]),
        "someone else's key": resigned(RecordType.GRANT, pub=[CAROL.dpk, *grant_pub[1:]]),
        "a device_add proof in a grant": resigned(
            RecordType.GRANT, pub=[*grant_pub[:2], getattr(add, "pop", b""), *grant_pub[3:]]
        ),
        "author's key swapped": resigned(release, author=BOB.dpk),
    }
    found = [(name, record, TEAM) for name, record in own.items()]
    other = TeamId(fixed("another team"))
    return [*found, ("another team's", raw, other), ("another genesis", samples.GENESIS_RAW, other)]


def _twice(pub: canonical.Value) -> canonical.Value:
    assert isinstance(pub, list)
    (epoch_list,) = pub
    assert isinstance(epoch_list, list)
    return [epoch_list[0], epoch_list[0]]


def possession_cases() -> list[Case]:
    """Return proofs of possession and an invitee's signature."""
    owner = signing.user_id(ALICE.dpk)
    proofs = [
        ("join", PopPurpose.JOIN, TEAM, NO_OWNER),
        ("join, asked for before the team is known", PopPurpose.JOIN, NO_TEAM, NO_OWNER),
        ("device_add", PopPurpose.DEVICE_ADD, TEAM, owner),
        ("root", PopPurpose.ROOT, TEAM, NO_OWNER),
    ]
    keys = {"dpk": BOB.dpk.hex(), "xpk": BOB.xpk.hex()}
    found: list[Case] = [
        {
            "name": name,
            "purpose": purpose.value,
            "team": team.hex(),
            "owner": user.hex(),
            **keys,
            "sig": prove(BOB, team, purpose, user).hex(),
            "expect": "ok",
        }
        for name, purpose, team, user in proofs
    ]
    digest = signing.inv_digest(TEAM, samples.INVITE_ID, BOB.dpk, BOB.xpk)
    sig = signing.sign(samples.INVITATION.sign, "inv", digest)
    link = {"name": "inv_sig", "invite": samples.INVITE_ID.hex(), "inv_pk": samples.INVITATION.dpk.hex()}
    found.append({**link, "team": TEAM.hex(), **keys, "sig": sig.hex(), "expect": "ok"})
    return found


# --- bodies ------------------------------------------------------------------------------------


def body_cases() -> list[Case]:
    """Return a plain body of each type, and some that are no body of theirs."""
    good = [
        {
            "name": kind.name.lower(),
            "type": kind.value,
            "plain": encode_body(kind, body).hex(),
            "expect": "ok",
        }
        for kind, body in samples.bodies().items()
    ]
    bad = [
        {
            "name": name,
            "type": kind.value,
            "plain": plain.hex(),
            "expect": outcome(lambda kind=kind, plain=plain: decode_body_untrusted(kind, plain)),  # type: ignore[misc]
        }
        for name, kind, plain in bad_bodies()
    ]
    return [*good, *bad]


def _release_body(**changed: canonical.Value) -> bytes:
    places = {"kind": 1, "message": 2, "project": 3, "base": 6, "of": 7, "dek": 8, "layout": 9, "entries": 10}
    plain = encode_body(RecordType.RELEASE, samples.bodies()[RecordType.RELEASE])
    fields = canonical.decode_untrusted(plain, limit_bytes=65_536)
    assert isinstance(fields, list)
    for name, value in changed.items():
        fields[places[name]] = value
    return canonical.encode(fields)


def bad_bodies() -> list[tuple[str, RecordType, bytes]]:
    """Return bodies that are wrong in one way each."""
    box = bytes(40)
    release, scope = RecordType.RELEASE, RecordType.SCOPE_SET
    return [
        ("nothing", release, b""),
        ("another type's", release, encode_body(RecordType.ROLE, samples.bodies()[RecordType.ROLE])),
        ("names out of order", release, _release_body(entries=[["B", box], ["A", box]])),
        ("a name twice", release, _release_body(entries=[["A", box], ["A", box]])),
        ("a name with a blank", release, _release_body(entries=[["A B", box]])),
        ("a box too short", release, _release_body(entries=[["A", bytes(39)]])),
        ("kind 4", release, _release_body(kind=4)),
        ("a push of something", release, _release_body(kind=0)),
        ("a rekey over something else", release, _release_body(kind=2)),
        ("an upper case project", release, _release_body(project="Shop")),
        ("a message too long", release, _release_body(message="x" * 4097)),
        ("a layout box too short", release, _release_body(layout=bytes(39))),
        ("a short dek_box", release, _release_body(dek=bytes(71))),
        ("an app without an environment", scope, canonical.encode([1, "", "shop", "api", "", []])),
        ("an app without a project", scope, canonical.encode([1, "", "", "api", "prod", []])),
    ]


def layout_cases() -> list[Case]:
    """Return layouts in their one byte form, and bytes that are no layout's."""
    name, other = SecretName("A"), SecretName("B")
    good = {
        "empty": Layout("node", ()),
        "bytes only": Layout("python", (b"# nothing here\n",)),
        "two values": Layout("node", (b"A=", name, b"\nB=", other, b"\n")),
        "slots that touch": Layout("node", (name, other)),
    }
    bad: dict[str, canonical.Value] = {
        "another version": [2, "node", []],
        "a dialect in upper case": [1, "Node", []],
        "runs that touch": [1, "node", [b"a", b"b"]],
        "an empty run": [1, "node", [b""]],
        "a name twice": [1, "node", [["A"], b"\n", ["A"]]],
        "two names in a slot": [1, "node", [["A", "B"]]],
        "a name that is none": [1, "node", [["A B"]]],
        "a name as text": [1, "node", ["A"]],
    }
    found: list[Case] = [
        {"name": key, "bytes": encode_layout(layout).hex(), "expect": "ok"} for key, layout in good.items()
    ]
    for key, value in bad.items():
        data = canonical.encode(value)
        word = outcome(lambda data=data: decode_layout_untrusted(data))  # type: ignore[misc]
        found.append({"name": key, "bytes": data.hex(), "expect": word})
    return found


# --- keys and envelopes --------------------------------------------------------------------------


def epoch_cases() -> list[Case]:
    """Return an epoch of genesis and the one after it: commit, id, seals, link, rooms."""
    first, second = samples.GENESIS.header.pub, samples.next_epoch()
    assert isinstance(first, Genesis)
    keys = samples.pubs()[RecordType.KEYS]
    assert isinstance(keys, Keys)
    return [
        {
            "name": "commit, under no team inside genesis",
            "key": samples.KEY_1.reveal().hex(),
            "team": NO_TEAM.hex(),
            "scope": TEAM_SCOPE.hex(),
            "n": 1,
            "commit": first.epochs[0].commit.hex(),
            "expect": "ok",
        },
        {
            "name": "commit",
            "key": samples.KEY_2.reveal().hex(),
            "team": TEAM.hex(),
            "scope": TEAM_SCOPE.hex(),
            "n": 2,
            "commit": second.commit.hex(),
            "expect": "ok",
        },
        {"name": "id", "record": TEAM.hex(), "index": 0, "epoch": samples.EPOCH_1.hex(), "expect": "ok"},
        *(
            {
                "name": "seal",
                "to_seed": seed.hex(),
                "sealed": dict(second.seals)[keys_of.dpk].hex(),
                "key": samples.KEY_2.reveal().hex(),
                "expect": "ok",
            }
            for seed, keys_of in (
                (fixed("alice box"), ALICE),
                (fixed("bob box"), BOB),
                (kdf(samples.ENTROPY, "root-box"), samples.ROOT.keys),
            )
        ),
        {
            "name": "seal to another",
            "to_seed": fixed("carol box").hex(),
            "sealed": second.seals[0][1].hex(),
            "key": "",
            "expect": "cannot-open",
        },
        {
            "name": "link",
            "old_epoch": samples.EPOCH_1.hex(),
            "new_key": samples.KEY_2.reveal().hex(),
            "box": second.links[0].box.hex(),
            "key": samples.KEY_1.reveal().hex(),
            "expect": "ok",
        },
        {
            "name": "room",
            "key": samples.KEY_1.reveal().hex(),
            "room": epochs.room_key(samples.KEY_1).hex(),
            "expect": "ok",
        },
    ]


PAD_SIZES: Final = (0, 1, 255, 256, 511, 512, 32_767, 32_768, 65_535, 65_536, 131_071, 131_072, 900_000)


def padding_cases() -> list[Case]:
    """Return the padded size of plain bodies, and one that is padded."""
    sizes: list[Case] = [
        {"size": size, "padded": envelope.padded_size(size), "expect": "ok"} for size in PAD_SIZES
    ]
    return [*sizes, {"plain": "6869", "bytes": pad(b"hi", 256).hex(), "expect": "ok"}]


def envelope_cases() -> list[Case]:
    """Return a sealed body and the same bytes in other places."""
    kind = RecordType.ROLE
    place = envelope.place_in(samples.HERE, ALICE.dpk, kind)
    with fixed_randomness("body"):
        sealed = envelope.seal_body(samples.bodies()[kind], samples.KEY_1, place)
    plain = encode_body(kind, samples.bodies()[kind])
    right: Case = {
        "name": "body",
        "key": samples.KEY_1.reveal().hex(),
        "team": TEAM.hex(),
        "author": ALICE.dpk.hex(),
        "seq": 2,
        "type": kind.value,
        "body": sealed.hex(),
        "plain": plain.hex(),
        "expect": "ok",
    }
    elsewhere: list[Case] = [
        {**right, "name": f"another {field}", field: value, "plain": "", "expect": "cannot-open"}
        for field, value in (
            ("key", samples.KEY_2.reveal().hex()),
            ("team", NO_TEAM.hex()),
            ("author", BOB.dpk.hex()),
            ("seq", 3),
            ("type", RecordType.KEYS.value),
        )
    ]
    return [right, *elsewhere]


def release_cases() -> list[Case]:
    """Return a sealed release with what is inside."""
    content = samples.content()
    place = envelope.place_in(samples.HERE, ALICE.dpk, RecordType.RELEASE)
    with fixed_randomness("release"):
        sealed = envelope.seal_release(content, samples.KEY_1, place)
    layout = content.snapshot.layout
    assert layout is not None
    return [
        {
            "name": "release",
            "key": samples.KEY_1.reveal().hex(),
            "team": TEAM.hex(),
            "author": ALICE.dpk.hex(),
            "seq": 2,
            "body": sealed.hex(),
            "entries": {name: text.reveal_text() for name, text in content.snapshot.entries.items()},
            "layout": encode_layout(layout).hex(),
            "expect": "ok",
        }
    ]


def bundle_cases() -> list[Case]:
    """Return a CI bundle, one that was altered, and one that is for somebody else."""
    content = samples.content()
    export = bundles.Export(RecordId(fixed("release")), 7, content.triple, 1_700_000_000, 1_702_592_000)
    with fixed_randomness("bundle"):
        data = bundles.seal_bundle(export, content.snapshot, ALICE.sign, CAROL.xpk)
    entries = {name: text.reveal_text() for name, text in content.snapshot.entries.items()}
    seed, other = fixed("carol box").hex(), fixed("bob box").hex()
    altered = data[:-1] + bytes((data[-1] ^ 1,))
    return [
        {"name": "bundle", "bundle": data.hex(), "seed": seed, "entries": entries, "expect": "ok"},
        {"name": "altered", "bundle": altered.hex(), "seed": seed, "entries": {}, "expect": "bad-signature"},
        {"name": "another key", "bundle": data.hex(), "seed": other, "entries": {}, "expect": "cannot-open"},
    ]


def request_cases() -> list[Case]:
    """Return a request that is carried by hand, the welcome that answers it, and what is none."""
    name = "Bob <bob@example.com>"
    text = requests.make_request(BOB, name)
    asked = requests.check_request_untrusted(text)
    stolen = encode_request(JoinRequest(CAROL.dpk, asked.xpk, asked.pop, name))
    weak = encode_request(JoinRequest(asked.dpk, BoxPk(bytes(32)), asked.pop, name))
    slip = text[:9] + ("q" if text[9] != "q" else "p") + text[10:]
    raws = [samples.genesis()[0], samples.record(RecordType.GRANT)[0]]
    welcome = WelcomeFile(TEAM, ("wss://signal.example.com",), RecordId(fixed("granted")), tuple(raws))
    with fixed_randomness("welcome"):
        sealed = requests.seal_welcome(welcome, BOB.xpk)
    seed, other = fixed("bob box").hex(), fixed("carol box").hex()
    said: Case = {
        "team": TEAM.hex(),
        "servers": [*welcome.servers],
        "granted": welcome.granted.hex(),
        "records": [raw.hex() for raw in raws],
    }
    altered = sealed[:-1] + bytes((sealed[-1] ^ 1,))
    newer = sealed.replace(b"welcome\x01", b"welcome\x02", 1)
    keys: Case = {"dpk": BOB.dpk.hex(), "xpk": BOB.xpk.hex(), "display_name": name}
    words = " ".join(requests.request_words(asked))
    return [
        {"name": "request", "request": text, **keys, "words": words, "expect": "ok"},
        {"name": "in capitals", "request": text.upper(), **keys, "words": words, "expect": "ok"},
        {"name": "one letter wrong", "request": slip, "expect": "bad-text"},
        {"name": "a team's id", "request": to_team_text(TEAM), "expect": "bad-text"},
        {"name": "somebody else's proof", "request": stolen, "expect": "bad-signature"},
        {"name": "a key of small order", "request": weak, "expect": "refused"},
        {"name": "welcome", "welcome": sealed.hex(), "seed": seed, **said, "expect": "ok"},
        {"name": "altered", "welcome": altered.hex(), "seed": seed, "expect": "cannot-open"},
        {"name": "for another key", "welcome": sealed.hex(), "seed": other, "expect": "cannot-open"},
        {"name": "of another version", "welcome": newer.hex(), "seed": seed, "expect": "malformed"},
    ]


# --- what people read ----------------------------------------------------------------------------


def text_cases() -> list[Case]:
    """Return text forms, and slips of the pen."""
    team, release = TeamId(bytes(range(32))), RecordId(fixed("release"))
    text = to_team_text(team)
    slips = {
        "one letter wrong": text[:9] + ("q" if text[9] != "q" else "p") + text[10:],
        "two letters swapped": text[:6] + text[7] + text[6] + text[8:],
        "cut short": text[:-1],
        "another prefix": to_text("rec", team),
        "mixed case": text[:5] + text[5:].upper(),
        "31 bytes": to_text("tm", team[:31]),
        "empty": "",
    }
    bad: list[Case] = [
        {"name": name, "team_text": slip, "expect": outcome(lambda slip=slip: from_team_text(slip))}  # type: ignore[misc]
        for name, slip in slips.items()
    ]
    mark = fingerprint(ALICE.dpk, ALICE.xpk)
    return [
        {"name": "team", "team": team.hex(), "team_text": text, "expect": "ok"},
        {"name": "release", "id": release.hex(), "base32": id_text(release), "expect": "ok"},
        {
            "name": "device",
            "dpk": ALICE.dpk.hex(),
            "xpk": ALICE.xpk.hex(),
            "fingerprint": fingerprint_text(mark),
            "words": " ".join(words.words_of(mark, words.FINGERPRINT_WORDS)),
            "expect": "ok",
        },
        pairing_case(),
        *bad,
    ]


def pairing_case() -> Case:
    """Return the string that a replica shows."""
    pairing = Pairing(BOB.dpk, BOB.xpk, kdf(fixed("bob sign"), "room"))
    return {
        "name": "pairing of a replica",
        "seed": fixed("bob sign").hex(),
        "dpk": BOB.dpk.hex(),
        "xpk": BOB.xpk.hex(),
        "room": pairing.room.hex(),
        "pairing_text": to_pairing_text(pairing),
        "expect": "ok",
    }


def recovery_cases() -> list[Case]:
    """Return recovery words with the keys they give, and slips."""
    text = recovery.to_words(samples.ENTROPY)
    typed = text.split()
    slips = {
        "23 words": " ".join(typed[:23]),
        "two words swapped": " ".join([typed[1], typed[0], *typed[2:]]),
        "a word not in the list": " ".join(["envlsp", *typed[1:]]),
    }
    return [
        {
            "name": "words",
            "entropy": samples.ENTROPY.hex(),
            "words": text,
            "root_sign": samples.ROOT.keys.dpk.hex(),
            "root_box": samples.ROOT.keys.xpk.hex(),
            "room": samples.ROOT.room.hex(),
            "expect": "ok",
        },
        *({"name": name, "words": slip, "expect": "bad-text"} for name, slip in slips.items()),
    ]


def backup_cases() -> list[Case]:
    """Return a backup of two records for root and for members, and files that are none."""
    records = [samples.GENESIS_RAW, samples.record(RecordType.GRANT)[0]]
    servers = ["wss://meet.example.com"]
    epoch = samples.GENESIS.epoch_ids[0]
    parts: list[Part] = [
        First(TEAM, 1_700_000_000, len(records), tuple(servers)),
        RecordsPart(tuple(records)),
        Last(len(records)),
    ]
    with fixed_randomness("backup"):
        writer = BackupWriter(samples.ROOT.keys.xpk, (epoch, samples.KEY_1))
        boxes = [framed(writer.seal(part)) for part in parts]
        more = framed(writer.seal(parts[-1]))
    opening = MAGIC + framed(writer.head) + writer.header
    data = opening + b"".join(boxes)
    right: Case = {
        "name": "for root",
        "file": data.hex(),
        "root_box_seed": kdf(samples.ENTROPY, "root-box").hex(),
        "team": TEAM.hex(),
        "ts": 1_700_000_000,
        "servers": servers,
        "records": [raw.hex() for raw in records],
        "expect": "ok",
    }
    member: Case = {**right, "name": "for members", "root_box_seed": "", "key": samples.KEY_1.reveal().hex()}
    wrecks = {
        "altered": (data[:-1] + bytes((data[-1] ^ 1,)), "cannot-open"),
        "another head": (data[:60] + bytes((data[60] ^ 1,)) + data[61:], "cannot-open"),
        "parts in another order": (opening + boxes[1] + boxes[0] + boxes[2], "cannot-open"),
        "no end": (opening + boxes[0] + boxes[1], "malformed"),
        "behind the end": (data + more, "malformed"),
        "cut short": (data[:-1], "malformed"),
        "no backup": (b"envlsp" + data, "malformed"),
        "too long a part": (opening + b"\xff" * 8, "limit"),
    }
    return [
        right,
        member,
        {**right, "name": "other words", "root_box_seed": fixed("bob box").hex(), "expect": "cannot-open"},
        {
            **member,
            "name": "another key",
            "key": samples.KEY_2.reveal().hex(),
            "expect": "cannot-open",
        },
        *(
            {**right, "name": name, "file": file.hex(), "expect": word}
            for name, (file, word) in wrecks.items()
        ),
    ]


def id_cases() -> list[Case]:
    """Return ids that are cut from a hash."""
    user: UserId = signing.user_id(ALICE.dpk)
    scope: ScopeId = signing.scope_id(TEAM, ALICE.dpk, 2)
    return [
        {"name": "user", "dpk": ALICE.dpk.hex(), "uid": user.hex(), "expect": "ok"},
        {
            "name": "scope",
            "team": TEAM.hex(),
            "author": ALICE.dpk.hex(),
            "seq": 2,
            "scope": scope.hex(),
            "expect": "ok",
        },
    ]


FILES: Final[dict[str, tuple[str, Callable[[], list[Case]]]]] = {
    "canonical": ("canonical msgpack: one byte form per value", canonical_cases),
    "hashes": ("H and KDF for every label", hash_cases),
    "signatures": ("Ed25519 with a purpose", signature_cases),
    "records": ("a record of each type, and records that are refused", record_cases),
    "possession": ("proofs of possession, and an invitee's signature", possession_cases),
    "ids": ("ids cut from a hash", id_cases),
    "bodies": ("plain bodies of each type", body_cases),
    "layouts": ("the layout of a file", layout_cases),
    "epochs": ("commits, ids, seals, links and rooms of epochs", epoch_cases),
    "padding": ("padded sizes of bodies", padding_cases),
    "envelope": ("a sealed body, here and elsewhere", envelope_cases),
    "release": ("a sealed release", release_cases),
    "bundle": ("a CI bundle", bundle_cases),
    "requests": ("requests and welcomes that are carried by hand", request_cases),
    "text": ("text forms of ids and fingerprints", text_cases),
    "recovery": ("recovery words", recovery_cases),
    "backup": ("a backup file", backup_cases),
}


def build(name: str) -> str:
    """Return what the vector file of that name should say."""
    about, make = FILES[name]
    return as_json(about, make())


def main() -> None:
    """Write every file."""
    for name in FILES:
        write(name, build(name))


if __name__ == "__main__":
    main()
