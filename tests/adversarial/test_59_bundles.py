"""Attacks on bundles for CI: other keys, other signers, altered bytes, old ones.

Case 59 of docs/protocol.md, "I. Adversarial tests".
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.crypto.bundle import Export, check_bundle_untrusted, open_bundle, seal_bundle
from envlsp.crypto.primitives import box_key
from envlsp.domain.ids import RecordId
from envlsp.errors import BadSignature, CannotOpen, LimitExceeded, Malformed
from envlsp.wire.bundle import decode_bundle_untrusted, encode_bundle
from tests.support.samples import ALICE, BOB, CAROL, ROOT, content, fixed

EXPORT = Export(RecordId(fixed("release")), 7, content().triple, created=100, not_after=200)
READER = box_key(fixed("a machine"))
DATA = seal_bundle(EXPORT, content().snapshot, ALICE.sign, READER.public)


def test_case_59_another_key_opens_nothing() -> None:
    with pytest.raises(CannotOpen):
        open_bundle(check_bundle_untrusted(DATA), CAROL.box)


@pytest.mark.parametrize("keys", (ALICE, BOB, ROOT.keys), ids=("its signer", "a teammate", "the root key"))
def test_case_59_no_key_of_the_team_opens_it_either(keys: object) -> None:
    with pytest.raises(CannotOpen):
        open_bundle(check_bundle_untrusted(DATA), keys.box)  # type: ignore[attr-defined]


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


@pytest.mark.parametrize("change", ({"not_after": 2**40}, {"n": 8}, {"created": 2**40}))
def test_case_59_neither_its_end_nor_its_number_can_be_moved(change: dict[str, int]) -> None:
    """What `ci apply` refuses an old or expired one by is signed; there are no other dates."""
    bundle, sig = decode_bundle_untrusted(DATA)
    with pytest.raises(BadSignature):
        check_bundle_untrusted(encode_bundle(replace(bundle, **change), sig))  # type: ignore[arg-type]
