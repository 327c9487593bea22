"""CI bundles: for one key, from one signer."""

from __future__ import annotations

import pytest

from envlsp.crypto.bundle import Export, check_bundle_untrusted, open_bundle, seal_bundle
from envlsp.crypto.primitives import box_key
from envlsp.domain.ids import RecordId
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import BadSignature, CannotOpen, LimitExceeded, Malformed
from envlsp.wire.bundle import decode_bundle_untrusted, encode_bundle
from tests.support.samples import ALICE, BOB, CAROL, content, fixed

EXPORT = Export(RecordId(fixed("release")), 7, content().triple, created=100, not_after=200)
READER = box_key(fixed("a machine"))
DATA = seal_bundle(EXPORT, content().snapshot, ALICE.sign, READER.public)


def test_a_bundle_opens_for_its_reader() -> None:
    bundle = check_bundle_untrusted(DATA)
    assert open_bundle(bundle, READER) == content().snapshot
    assert (bundle.release, bundle.n, bundle.triple) == (EXPORT.release, 7, EXPORT.triple)
    assert (bundle.created, bundle.not_after, bundle.signer) == (100, 200, ALICE.dpk)


def test_case_59_another_key_opens_nothing() -> None:
    with pytest.raises(CannotOpen):
        open_bundle(check_bundle_untrusted(DATA), CAROL.box)


def test_case_59_a_bundle_altered_anywhere_is_refused() -> None:
    for place in range(0, len(DATA), 7):
        altered = bytearray(DATA)
        altered[place] ^= 1
        with pytest.raises((Malformed, BadSignature, LimitExceeded)):
            check_bundle_untrusted(bytes(altered))


def test_case_59_another_signer_cannot_take_over_a_bundle() -> None:
    bundle, sig = decode_bundle_untrusted(DATA)
    by_bob = decode_bundle_untrusted(seal_bundle(EXPORT, content().snapshot, BOB.sign, READER.public))[0]
    assert bundle.signer != by_bob.signer
    with pytest.raises(BadSignature):
        check_bundle_untrusted(encode_bundle(by_bob, sig))


def test_case_45_a_bundle_shows_no_value() -> None:
    bundle = check_bundle_untrusted(DATA)
    assert "box" not in repr(bundle)
    assert b"s3cret" not in DATA
    assert b"API_URL" not in DATA


def test_a_bundle_has_at_most_a_mebibyte() -> None:
    huge = Snapshot({SecretName(f"N{n}"): SecretText(b"x" * 65_000) for n in range(17)})
    with pytest.raises(LimitExceeded):
        seal_bundle(EXPORT, huge, ALICE.sign, READER.public)
