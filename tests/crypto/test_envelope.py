"""Sealed bodies and releases: they open in their place, or not at all."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.crypto import envelope
from envlsp.crypto.envelope import BodyPlace, Dek
from envlsp.crypto.epochs import TeamKey
from envlsp.crypto.labels import kdf
from envlsp.crypto.primitives import seal_box
from envlsp.domain.ids import NO_TEAM, DevicePk, TeamId
from envlsp.domain.ledger.records import RecordType
from envlsp.domain.release import Layout, ReleaseContent, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import CannotOpen, Malformed
from envlsp.wire import canonical
from envlsp.wire.bodies import Body, decode_body_untrusted, encode_body
from envlsp.wire.releases import ReleaseBody
from tests.support import samples
from tests.support.samples import ALICE, BOB, HERE, KEY_1, KEY_2, NAMES, TEAM
from tests.support.shapes import names, typed_bodies

PLACE = envelope.place_in(HERE, ALICE.dpk, RecordType.RELEASE)
SEALED = envelope.seal_release(samples.content(), KEY_1, PLACE)

ELSEWHERE = {
    "another team": replace(PLACE, team=NO_TEAM),
    "another author": replace(PLACE, author=BOB.dpk),
    "another seq": replace(PLACE, seq=PLACE.seq + 1),
    "another type": replace(PLACE, type=RecordType.ENV),
}


def with_entries(entries: dict[SecretName, SecretText], layout: Layout | None = None) -> ReleaseContent:
    return replace(samples.content(), snapshot=Snapshot(entries, layout))


def sealed_by_hand(change: dict[str, object]) -> bytes:
    """Return a release whose plain body was changed before it was sealed."""
    body = decode_body_untrusted(RecordType.RELEASE, envelope.open_plain(SEALED, KEY_1, PLACE))
    assert isinstance(body, ReleaseBody)
    changed = replace(body, **change)  # type: ignore[arg-type]
    return envelope.seal_plain(encode_body(RecordType.RELEASE, changed), KEY_1, PLACE)


# --- any body ----------------------------------------------------------------------------------


@given(typed_bodies, st.integers(1, 2**53))
def test_a_body_opens_where_it_was_sealed(typed: tuple[RecordType, Body], seq: int) -> None:
    kind, body = typed
    place = BodyPlace(TEAM, ALICE.dpk, seq, kind)
    assert envelope.open_body(envelope.seal_body(body, KEY_1, place), KEY_1, place) == body


def test_another_key_does_not_open_a_body() -> None:
    with pytest.raises(CannotOpen):
        envelope.open_plain(SEALED, KEY_2, PLACE)


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_an_altered_body_does_not_open(place: int, flip: int) -> None:
    altered = bytearray(SEALED)
    altered[place] ^= flip
    with pytest.raises(CannotOpen):
        envelope.open_release(bytes(altered), KEY_1, PLACE)


@given(st.binary(max_size=400))
def test_any_bytes_are_no_body(body: bytes) -> None:
    with pytest.raises(CannotOpen):
        envelope.open_body(body, KEY_1, PLACE)


def test_a_body_of_an_unknown_type_is_one_error() -> None:
    place = replace(PLACE, type=70)
    with pytest.raises(CannotOpen):
        envelope.open_body(envelope.seal_plain(b"\x90", KEY_1, place), KEY_1, place)


@given(st.integers(0, 300_000))
def test_bodies_are_padded_to_few_sizes(size: int) -> None:
    padded = envelope.padded_size(size)
    assert size < padded
    assert padded % 65_536 == 0 or padded in (256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768)
    assert padded == 256 or envelope.padded_size(padded // 2 - 1) < padded


@pytest.mark.parametrize("size", (0, 1, 255, 256, 4_095, 65_535, 65_536, 200_000))
def test_bodies_of_any_size_open(size: int) -> None:
    plain = samples.fixed("plain", size)
    body = envelope.seal_plain(plain, KEY_1, PLACE)
    assert len(body) == 40 + envelope.padded_size(size)
    assert envelope.open_plain(body, KEY_1, PLACE) == plain


@pytest.mark.parametrize(
    "padded", (b"", b"\x80", bytes(256), b"x" * 256, b"x\x80" + bytes(510), b"\x80" * 300)
)
def test_padding_has_one_form(padded: bytes) -> None:
    with pytest.raises(CannotOpen):
        envelope.open_plain(seal_box(padded, kdf(KEY_1, "body", PLACE.context)), KEY_1, PLACE)


# --- releases ----------------------------------------------------------------------------------


def test_a_release_opens_to_what_was_sealed() -> None:
    assert envelope.open_release(SEALED, KEY_1, PLACE) == samples.content()


@given(st.dictionaries(names, st.binary(max_size=50).filter(lambda data: 0 not in data), max_size=8))
def test_any_entries_come_back(entries: dict[SecretName, bytes]) -> None:
    content = with_entries({name: SecretText(data) for name, data in entries.items()})
    opened = envelope.open_release(envelope.seal_release(content, KEY_1, PLACE), KEY_1, PLACE)
    assert opened == content
    assert list(opened.snapshot.entries) == sorted(entries)


def test_names_are_listed_while_values_stay_closed() -> None:
    """The box of one value is destroyed: its name, and all other values, are still there."""
    body = decode_body_untrusted(RecordType.RELEASE, envelope.open_plain(SEALED, KEY_1, PLACE))
    assert isinstance(body, ReleaseBody)
    opened = envelope.open_names(
        sealed_by_hand({"entries": ((NAMES[0], bytes(60)), body.entries[1])}), KEY_1, PLACE
    )
    assert opened.names == NAMES
    assert opened.value(NAMES[1]) == SecretText(b"s3cret")
    with pytest.raises(CannotOpen):
        opened.value(NAMES[0])
    with pytest.raises(CannotOpen):
        opened.content()
    with pytest.raises(KeyError):
        opened.value(SecretName("NOT_THERE"))


def test_values_cannot_trade_places() -> None:
    body = decode_body_untrusted(RecordType.RELEASE, envelope.open_plain(SEALED, KEY_1, PLACE))
    assert isinstance(body, ReleaseBody)
    (one, first), (two, second) = body.entries
    with pytest.raises(CannotOpen):
        envelope.open_release(sealed_by_hand({"entries": ((one, second), (two, first))}), KEY_1, PLACE)


def test_a_literal_with_a_nul_is_neither_sealed_nor_opened() -> None:
    name, dek = NAMES[0], Dek(samples.fixed("dek"))
    with pytest.raises(Malformed) as caught:
        envelope.seal_value(SecretText(b"s3cr\0et"), dek, name)
    assert "s3cr" not in str(caught.value)
    with pytest.raises(CannotOpen):
        envelope.open_value(seal_box(b"a\0b", kdf(dek, "val", name.encode())), dek, name)


@pytest.mark.parametrize("box", (b"", bytes(60)))
def test_a_layout_that_cannot_be_read_is_left_out(box: bytes) -> None:
    opened = envelope.open_release(sealed_by_hand({"layout_box": box}), KEY_1, PLACE)
    assert opened.snapshot.layout is None
    assert opened.snapshot.entries == samples.content().snapshot.entries


def test_a_layout_of_nonsense_is_left_out() -> None:
    dek = Dek(samples.fixed("dek"))
    box = seal_box(canonical.encode([1, "node", [b""]]), kdf(dek, "layout"))
    assert envelope.open_layout(box, dek) is None


def test_every_release_has_its_own_key_and_boxes() -> None:
    again = envelope.seal_release(samples.content(), KEY_1, PLACE)
    assert len(again) == len(SEALED)
    assert again != SEALED


def test_opening_a_release_does_not_load_the_ledger() -> None:
    code = "import sys, envlsp.crypto.envelope; print('envlsp.domain.ledger.records' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_context_is_as_long_as_the_spec_says() -> None:
    place = BodyPlace(TeamId(bytes(32)), DevicePk(bytes(32)), 1, 20)
    assert place.context == bytes(64) + b"\0\0\0\0\0\0\0\1" + b"\x14"
    assert len(TeamKey(KEY_1)) == 32
