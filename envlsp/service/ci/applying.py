"""Using a bundle on a machine that is in no team: checked, opened, and its values handed out.

Its rules, in this order: the signature is genuine; the signer is the one that was told,
else the one this key trusted first; it is not older than one that was used here; it has
not ended by this machine's clock; it opens with this machine's key. Only then is anything
remembered. All that fails is one kind of error, and exit code 9.

Spec: docs/protocol.md, "E.5 CI bundles".
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from envlsp.crypto.bundle import check_bundle_untrusted, open_bundle
from envlsp.crypto.primitives import BoxKey
from envlsp.domain.environment import Triple
from envlsp.domain.ids import DevicePk
from envlsp.domain.layout import render, values_of
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import (
    BadSignature,
    CannotOpen,
    LimitExceeded,
    LoosePermissions,
    Malformed,
    StoreError,
    TrustError,
)
from envlsp.service.ci.keys import signer_text
from envlsp.service.ci.notes import day
from envlsp.service.ci.pins import Pins, read_pins, write_pins
from envlsp.store.home import Home
from envlsp.wire.bundle import BUNDLE_MAX_BYTES, Bundle

BUNDLE_VARIABLE: Final = "ENVLSP_CI_BUNDLE"
"""Where `ci apply` looks for a bundle that no argument names."""
TEXT_MAX_BYTES: Final = 2 * BUNDLE_MAX_BYTES
"""A third more for base64, and line ends."""
DIALECT: Final = "node"
"""Of a release that keeps no file's layout, and so no word about its loader."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An opened bundle."""

    triple: Triple
    n: int
    id: str
    """64 hex digits: of the release."""
    signer: str
    not_after: int
    is_first: bool
    """Whether its signer was trusted because none was known before."""
    is_remembered: bool
    """False where this machine has no place to remember it."""
    dialect: str
    snapshot: Snapshot = field(repr=False)

    def values(self) -> Mapping[SecretName, SecretText]:
        """Return what programs see, references resolved.

        Raises:
            BadText: literals that are not one value by themselves, by name.
        """
        found = values_of(self.snapshot, self.dialect).values
        entries = self.snapshot.entries
        return {SecretName(n): v for n, v in found.items() if v is not None and n in entries}

    def file(self) -> bytes:
        """Return the `.env` file of the release."""
        return render(self.snapshot, self.dialect).data


def apply(
    text: bytes, key: BoxKey, home: Home, *, now: float, signers: tuple[DevicePk, ...] = (), dialect: str = ""
) -> Applied:
    """Open a bundle, if it is to be believed.

    Args:
        text: base64, as `ci export` printed it.
        key: this machine's.
        home: where it remembers what it has seen.
        now: seconds since 1970, by this machine's clock.
        signers: devices that may have signed it; empty: whoever was first.
        dialect: the loader; empty: the one the release was written for.

    Raises:
        TrustError: it is not to be believed, or not for this key.
        StoreError: what was seen before cannot be read or written, and no signer was told.
    """
    bundle = _checked(text)
    pins, is_readable = _pins(home, key, may_be_without=bool(signers))
    pins.check(bundle.signer, bundle.triple, bundle.n, signers)
    if now > bundle.not_after:
        raise TrustError(
            f"this bundle of {bundle.triple} ended on {day(bundle.not_after)}",
            fix="ask a developer: envlsp ci export",
        )
    snapshot = _opened(bundle, key)
    after = pins.after(bundle.signer, bundle.triple, bundle.n)
    is_remembered = is_readable
    if is_readable and after != pins:
        try:
            write_pins(home, key.public, after)
        except StoreError:
            if not signers:
                raise
            is_remembered = False
    return Applied(
        triple=bundle.triple,
        n=bundle.n,
        id=bundle.release.hex(),
        signer=signer_text(bundle.signer),
        not_after=bundle.not_after,
        is_first=not signers and pins.signer is None,
        is_remembered=is_remembered,
        dialect=dialect or (snapshot.layout.dialect if snapshot.layout else DIALECT),
        snapshot=snapshot,
    )


def _pins(home: Home, key: BoxKey, *, may_be_without: bool) -> tuple[Pins, bool]:
    try:
        return read_pins(home, key.public), True
    except LoosePermissions:
        raise
    except StoreError:
        if not may_be_without:
            raise
        return Pins(), False


def _checked(text: bytes) -> Bundle:
    try:
        data = b64decode(b"".join(text.split()), validate=True)
        return check_bundle_untrusted(data)
    except (binascii.Error, ValueError, Malformed, LimitExceeded):
        raise TrustError(
            "that is no bundle, or a part of it is missing", fix="copy all of it again"
        ) from None
    except BadSignature:
        raise TrustError(
            "the bundle was altered after it was signed", fix="copy it again, or export anew"
        ) from None


def _opened(bundle: Bundle, key: BoxKey) -> Snapshot:
    try:
        return open_bundle(bundle, key)
    except CannotOpen:
        raise TrustError(
            "the bundle is for another key", fix="envlsp ci export --to KEY, with this one's"
        ) from None
