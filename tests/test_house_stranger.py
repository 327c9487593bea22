"""What a stranger makes of the vectors with docs/protocol.md alone: nothing of envlsp is imported."""

from __future__ import annotations

import base64
import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

import mnemonic
import msgpack
from nacl import bindings as sodium

VECTORS = Path(__file__).resolve().parent / "vectors"


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def first(name: str, case: str) -> dict[str, Any]:
    return next(found for found in vectors(name)["cases"] if found["name"] == case)


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


def unpack(data: bytes) -> Any:
    value = msgpack.unpackb(data, raw=False)
    assert msgpack.packb(value) == data
    return value


def h(label: str, data: bytes) -> bytes:
    return blake2b(data, digest_size=32, person=b"envlsp1." + label.encode()).digest()


def kdf(key: bytes, label: str, context: bytes = b"") -> bytes:
    data = bytes([len(label)]) + label.encode() + context
    return blake2b(data, digest_size=32, key=key, person=b"envlsp1.kdf").digest()


def check_signature(key: bytes, purpose: str, digest: bytes, signature: bytes) -> None:
    sodium.crypto_sign_open(signature + b"envlsp1\0" + purpose.encode() + b"\0" + digest, key)


def unbox(box: bytes, key: bytes) -> bytes:
    return sodium.crypto_secretbox_open(box[24:], box[:24], key)


def unpad(data: bytes) -> bytes:
    plain, mark, zeros = data.rpartition(b"\x80")
    assert mark
    assert not zeros.strip(b"\0")
    return plain


def test_records() -> None:
    for case in (case for case in vectors("records")["cases"] if "id" in case):
        hdr, body, sig = unpack(raw(case["record"]))
        header = unpack(hdr)
        assert h("rec", hdr) == raw(case["id"])
        assert h("body", body) == header[8]
        check_signature(header[3], "rec", h("rec", hdr), sig)


def test_a_release() -> None:
    case = vectors("release")["cases"][0]
    key = raw(case["key"])
    context = raw(case["team"]) + raw(case["author"]) + case["seq"].to_bytes(8, "big") + bytes([20])
    body = unpack(unpad(unbox(raw(case["body"]), kdf(key, "body", context))))
    dek = unbox(body[8], kdf(key, "dek", context))
    opened = {name: unbox(box, kdf(dek, "val", name.encode())).decode() for name, box in body[10]}
    assert opened == case["entries"]
    version, _dialect, parts = unpack(unbox(body[9], kdf(dek, "layout")))
    assert version == 1
    assert {part[0] for part in parts if isinstance(part, list)} == set(opened)


def test_epochs() -> None:
    commit, link = first("epochs", "commit"), first("epochs", "link")
    context = raw(commit["team"]) + raw(commit["scope"]) + commit["n"].to_bytes(4, "big")
    assert kdf(raw(commit["key"]), "commit", context) == raw(commit["commit"])
    older = unbox(raw(link["box"]), kdf(raw(link["new_key"]), "link", raw(link["old_epoch"])))
    assert older == raw(link["key"])
    named = first("epochs", "id")
    assert h("eid", raw(named["record"]) + bytes([named["index"]])) == raw(named["epoch"])


def test_rooms_beacons_and_signals() -> None:
    page = vectors("rendezvous")
    place, beacon, signal = page["rooms"][0], page["beacons"][0], page["signals"][1]
    room_key = kdf(raw(place["team_key"]), "room")
    day = place["day"].to_bytes(4, "big")
    assert h("room", kdf(room_key, "room-id") + day)[:16] == raw(place["room"])
    dpk, nonce, ts, sig = unpack(unpad(unbox(raw(beacon["blob"]), kdf(raw(beacon["room_key"]), "beacon"))))
    check_signature(dpk, "sig", h("sig", msgpack.packb([raw(beacon["room"]), dpk, nonce, ts])), sig)
    public, secret = sodium.crypto_box_seed_keypair(raw(signal["target_box_seed"]))
    parts = unpack(unpad(sodium.crypto_box_seal_open(raw(signal["blob"]), public, secret)))
    check_signature(parts[1], "sig", h("sig", msgpack.packb(parts[:-1])), parts[-1])
    assert (parts[4], parts[5]) == (signal["counter"], 1)


def test_a_link_and_what_is_said_in_its_room() -> None:
    page = vectors("links")
    link, knock, card = page["links"][0], page["knocks"][0], page["cards"][0]
    letters = link["text"].partition("#")[2].upper()
    data = base64.b32decode(letters + "=" * (-len(letters) % 8))
    assert data == raw(link["team"]) + raw(link["invite"]) + raw(link["seed"]) + link["server"].encode()
    inv_pk, _ = sodium.crypto_sign_seed_keypair(kdf(raw(link["seed"]), "inv"))
    assert h("room", inv_pk + link["day"].to_bytes(4, "big"))[:16] == raw(link["room"])
    parts = unpack(unpad(unbox(raw(knock["blob"]), kdf(inv_pk, "beacon"))))
    dpk, xpk, _nonce, _ts, inv_sig, sig = parts
    check_signature(dpk, "sig", h("sig", msgpack.packb([raw(knock["room"]), *parts[:-1]])), sig)
    check_signature(inv_pk, "inv", h("inv", raw(link["team"]) + raw(link["invite"]) + dpk + xpk), inv_sig)
    public, secret = sodium.crypto_box_seed_keypair(raw(page["keys"]["joiner_box_seed"]))
    parts = unpack(unpad(sodium.crypto_box_seal_open(raw(card["blob"]), public, secret)))
    check_signature(parts[1], "sig", h("sig", msgpack.packb(parts[:-1])), parts[-1])
    assert (parts[3], parts[5]) == (dpk, card["answer"])


def test_an_attestation() -> None:
    parts = unpack(raw(vectors("attest")["attest"]["bytes"]))
    check_signature(parts[1], "attest", h("attest", msgpack.packb(parts[:-1])), parts[-1])


def test_a_handshake() -> None:
    case = vectors("handshake")
    m1, m2, m3 = (raw(case[name]) for name in ("m1", "m2", "m3"))
    version, public_b, nonce_b, header_b, box_b = unpack(m2)
    transcript = h(
        "hs", raw(case["team"]) + raw(case["binding"]) + m1 + bytes([version]) + public_b + nonce_b
    )
    assert transcript == raw(case["transcript"])
    public_a, secret_a = sodium.crypto_kx_seed_keypair(raw(case["ephemeral_seed_a"]))
    rx, tx = sodium.crypto_kx_client_session_keys(public_a, secret_a, public_b)
    dpk_b, sig_b, _caps = unpack(pull(header_b, kdf(rx, "ss", transcript), box_b))
    check_signature(dpk_b, "hs", h("hs", transcript + b"B" + dpk_b), sig_b)
    header_a, box_a = unpack(m3)
    dpk_a, sig_a, _caps = unpack(pull(header_a, kdf(tx, "ss", transcript), box_a))
    check_signature(dpk_a, "hs", h("hs", transcript + b"A" + dpk_a + dpk_b), sig_a)
    assert dpk_a < dpk_b


def pull(header: bytes, key: bytes, box: bytes) -> bytes:
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    plain, _tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, box)
    return bytes(plain)


def test_a_pairing() -> None:
    case = vectors("pairing")["pairing"]
    key = raw(case["key"])
    assert [kdf(key, label).hex() for label in ("confirm-A", "confirm-B", "a2b", "b2a")] == [
        case[name] for name in ("confirm_a", "confirm_b", "a2b", "b2a")
    ]
    assert words_of(h("sas", key + raw(case["team"]) + raw(case["dpk"]))) == case["sas"]


def test_histories() -> None:
    for case in vectors("ledger")["cases"]:
        check_history(case)


def check_history(case: dict[str, Any]) -> None:
    """Take in a history as far as that needs no rule: bytes, ids, signatures, heights, numbers, heads."""
    taken: dict[bytes, list[Any]] = {}
    pasts: dict[bytes, set[bytes]] = {}
    for given in (given for given in case["records"] if given["expect"] == "ok"):
        hdr, body, sig = unpack(raw(given["bytes"]))
        header, identity = unpack(hdr), h("rec", hdr)
        _version, team, _type, author, seq, height, parents, _epoch, body_hash, _pub = header
        check_signature(author, "rec", identity, sig)
        assert body_hash == h("body", body)
        assert team == (raw(case["team"]) if parents else bytes(32))
        assert parents == sorted(set(parents))
        pasts[identity] = set(parents).union(*(pasts[parent] for parent in parents))
        assert height == 1 + max((taken[parent][5] for parent in parents), default=0)
        own = [taken[known][4] for known in pasts[identity] if taken[known][3] == author]
        assert seq == 1 + max(own, default=0)
        taken[identity] = header
    check_conclusions(case, taken, set().union(*pasts.values()))


def check_conclusions(case: dict[str, Any], taken: dict[bytes, list[Any]], named: set[bytes]) -> None:
    """Compare what everybody must conclude with what can be told without a rule."""
    then = case["then"]
    assert min(taken, key=lambda identity: taken[identity][5]).hex() == case["team"]
    assert sorted(identity.hex() for identity in taken if identity not in named) == sorted(then["heads"])
    founder = taken[raw(case["team"])][3]
    introduced = {
        founder,
        *(header[9][header[2] == 8] for header in taken.values() if header[2] in (1, 4, 8)),
    }
    assert {raw(device) for device in then["devices"]} <= introduced
    assert {raw(user) for user in then["members"]} <= {h("uid", device)[:16] for device in introduced}
    epochs = {h("eid", identity + bytes([index])) for identity in taken for index in range(4)}
    assert {raw(epoch) for epoch in (*then["exposed"], *then["current"].values())} <= epochs


def test_a_bundle() -> None:
    case = first("bundle", "bundle")
    parts = unpack(raw(case["bundle"]))
    check_signature(parts[9], "bundle", h("bundle", msgpack.packb(parts[:-1])), parts[-1])
    public, secret = sodium.crypto_box_seed_keypair(raw(case["seed"]))
    entries, _layout = unpack(unbox(parts[11], sodium.crypto_box_seal_open(parts[10], public, secret)))
    assert {name: value.decode() for name, value in entries} == case["entries"]


def test_a_backup() -> None:
    case = first("backup", "for root")
    data, magic = raw(case["file"]), b"envlsp-backup\0"
    assert data.startswith(magic)
    head, rest = framed(data.removeprefix(magic))
    name, version, sealed, _epoch, _box = unpack(head)
    assert (name, version) == ("envlsp-backup", 1)
    public, secret = sodium.crypto_box_seed_keypair(raw(case["root_box_seed"]))
    key = kdf(sodium.crypto_box_seal_open(sealed, public, secret), "backup", head)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, rest[:24], key)
    rest, parts = rest[24:], []
    while rest:
        box, rest = framed(rest)
        plain, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, box)
        assert tag == 0
        parts.append(unpack(plain))
    records = [record for part in parts[1:-1] for record in part[1]]
    assert [part[0] for part in parts] == [0, *(1 for _ in parts[1:-1]), 2]
    assert (parts[0][1], parts[0][4]) == (raw(case["team"]), case["servers"])
    assert records == [raw(record) for record in case["records"]]
    assert parts[0][3] == parts[-1][1] == len(records)


def test_a_request() -> None:
    case = first("requests", "request")
    dpk, xpk, pop, name = unpack(data_of("rq", case["request"]))
    assert (dpk, xpk, name) == (raw(case["dpk"]), raw(case["xpk"]), case["display_name"])
    nobody = bytes(32) + bytes([1]) + bytes(16)
    check_signature(dpk, "pop", h("pop", nobody + dpk + xpk), pop)
    assert words_of(h("fp", dpk + xpk)) == case["words"].split()


def test_texts() -> None:
    case = first("text", "team")
    assert data_of("tm", case["team_text"]) == raw(case["team"])


def data_of(prefix: str, text: str) -> bytes:
    """Return the data of a text form, its checksum unread."""
    assert text.startswith(prefix + "1")
    letters = text.removeprefix(prefix + "1")[:-6]
    bits = "".join(f"{'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.index(letter):05b}" for letter in letters)
    size = len(bits) // 8
    assert int(bits[size * 8 :] or "0", 2) == 0
    return int(bits[: size * 8], 2).to_bytes(size, "big")


def words_of(digest: bytes) -> list[str]:
    """Return the first 55 bits as five words."""
    listed = mnemonic.Mnemonic("english").wordlist
    bits = int.from_bytes(digest[:7], "big") >> 1
    return [listed[bits >> 11 * place & 2047] for place in reversed(range(5))]


def framed(data: bytes) -> tuple[bytes, bytes]:
    """Return what stands behind a length of four bytes, and the rest."""
    end = 4 + int.from_bytes(data[:4], "big")
    return data[4:end], data[end:]
