from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.ids import BoxPk, DevicePk, RecordId, TeamId
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.canonical import encode
from envlsp.wire.join import (
    GENESIS_MAX_BYTES,
    SERVER_MAX_BYTES,
    SIGNAL_MAX_BYTES,
    BlobKind,
    Denied,
    Granted,
    Request,
    Said,
    SaidKind,
    Signal,
    Welcome,
    decode_blob_untrusted,
    decode_said_untrusted,
    encode_blob,
    encode_said,
    pad_blob,
    unpad_blob_untrusted,
)
from envlsp.wire.limits import BLOB_MAX_BYTES, BLOB_SIZES, LABEL_MAX_BYTES

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "pairing.json").read_text())["said"]
B32 = bytes([7]) * 32
WELCOME = Welcome(
    TeamId(B32), DevicePk(B32), b"genesis", ("wss://one", "wss://two"), DevicePk(B32), BoxPk(B32)
)
REQUEST = Request(DevicePk(B32), BoxPk(B32), bytes(64), "Zoë", "büro")
SAID: tuple[Said, ...] = (WELCOME, REQUEST, Granted((RecordId(B32),)), Denied(), Signal(b"x"), Signal(b""))


@pytest.mark.parametrize("said", SAID, ids=lambda said: type(said).__name__)
def test_what_was_said_is_heard(said: Said) -> None:
    assert decode_said_untrusted(encode_said(3, said)) == (3, said)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_vectors(vector: dict[str, str]) -> None:
    data = bytes.fromhex(vector["bytes"])
    number, said = decode_said_untrusted(data)
    assert type(said).__name__ == vector["name"]
    assert encode_said(number, said) == data


@given(st.binary(max_size=BLOB_MAX_BYTES - 1))
def test_padding_hides_all_but_one_of_three_sizes(data: bytes) -> None:
    blob = pad_blob(data)
    assert len(blob) in BLOB_SIZES
    assert unpad_blob_untrusted(blob) == data


def test_there_is_one_padding() -> None:
    blob = pad_blob(b"data")
    for other in (
        blob[:-1],
        blob + bytes(3 * 1024),  # a larger size than needed
        bytes(1024),
        blob[:-1] + b"\x01",
        b"",
    ):
        with pytest.raises(Malformed):
            unpad_blob_untrusted(other)
    with pytest.raises(LimitExceeded):
        pad_blob(bytes(BLOB_MAX_BYTES))


def test_the_longest_signal_and_welcome_fit_a_blob() -> None:
    room = 40  # nonce and tag of the box
    assert (
        len(encode_blob(BlobKind.BOX, encode_said(256, Signal(bytes(SIGNAL_MAX_BYTES))) + bytes(room)))
        == 16384
    )
    long = Welcome(
        WELCOME.team,
        WELCOME.root_sign,
        bytes(GENESIS_MAX_BYTES),
        ("x" * SERVER_MAX_BYTES,) * 8,
        WELCOME.dpk,
        WELCOME.xpk,
    )
    assert len(encode_blob(BlobKind.BOX, encode_said(1, long) + bytes(room))) == 16384


@pytest.mark.parametrize(
    ("kind", "body"),
    (
        (SaidKind.GRANTED, [[]]),
        (SaidKind.GRANTED, [[B32, B32]]),
        (SaidKind.GRANTED, [[n.to_bytes(32, "big") for n in range(33)]]),
        (SaidKind.REQUEST, [B32, B32, bytes(64), "tab\there", "label"]),
        (SaidKind.REQUEST, [B32, B32, bytes(64), "name", "x" * (LABEL_MAX_BYTES + 1)]),
        (SaidKind.REQUEST, [B32, B32, bytes(63), "name", "label"]),
        (SaidKind.WELCOME, [B32, B32, b"g", ["wss://x"] * 9, B32, B32, bytes(16)]),
        (SaidKind.WELCOME, [B32, B32, b"", [], B32, B32, bytes(16)]),
        (SaidKind.SIGNAL, [bytes(SIGNAL_MAX_BYTES + 1)]),
        (SaidKind.DENIED, [1]),
        (9, []),
    ),
)
def test_what_has_another_form_is_refused(kind: int, body: list[object]) -> None:
    with pytest.raises((Malformed, LimitExceeded)):
        decode_said_untrusted(encode([1, kind, body]))  # type: ignore[list-item]


@given(st.binary(max_size=200))
def test_noise_is_refused_by_a_documented_error(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_blob_untrusted(data)
    with suppress(Malformed, LimitExceeded):
        assert encode_said(*decode_said_untrusted(data)) == data
    try:
        kind, payload = decode_blob_untrusted(pad_blob(data))
    except (Malformed, LimitExceeded):
        return
    assert encode_blob(kind, payload) == pad_blob(data)
