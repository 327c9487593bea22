"""CI bundles: for one key, from one signer."""

from __future__ import annotations

import pytest

from envlsp.crypto.bundle import Export, check_bundle_untrusted, open_bundle, seal_bundle
from envlsp.crypto.primitives import box_key
from envlsp.domain.ids import RecordId
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import LimitExceeded
from tests.support.samples import ALICE, content, fixed

EXPORT = Export(RecordId(fixed("release")), 7, content().triple, created=100, not_after=200)
READER = box_key(fixed("a machine"))
DATA = seal_bundle(EXPORT, content().snapshot, ALICE.sign, READER.public)


def test_a_bundle_opens_for_its_reader() -> None:
    bundle = check_bundle_untrusted(DATA)
    assert open_bundle(bundle, READER) == content().snapshot
    assert (bundle.release, bundle.n, bundle.triple) == (EXPORT.release, 7, EXPORT.triple)
    assert (bundle.created, bundle.not_after, bundle.signer) == (100, 200, ALICE.dpk)


def test_a_bundle_has_at_most_a_mebibyte() -> None:
    huge = Snapshot({SecretName(f"N{n}"): SecretText(b"x" * 65_000) for n in range(17)})
    with pytest.raises(LimitExceeded):
        seal_bundle(EXPORT, huge, ALICE.sign, READER.public)
