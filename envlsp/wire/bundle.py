"""The byte form of a CI bundle: a release that one key may read, without membership (PROTOCOL A4).

    bundle  = ["envlsp-ci", 1, release32, n, project, app, env, created, not_after,
               dpk32, sealed_key80, box, sig64]
    content = [[[name, literal]...], layout | bin0]          inside `box`

What is signed is the same array without `sig64`. Refuses to open or to believe it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from envlsp.domain.environment import Triple, is_label
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName, SecretText, is_secret_name
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire import canonical
from envlsp.wire.canonical import Value
from envlsp.wire.layout import decode_layout_untrusted, encode_layout
from envlsp.wire.limits import (
    ENTRIES_MAX,
    LABEL_MAX_BYTES,
    LAYOUT_MAX_BYTES,
    LITERAL_MAX_BYTES,
    NAME_MAX_BYTES,
    RECORD_MAX_BYTES,
)
from envlsp.wire.shape import as_array, blob, exactly, record_of, set_of, text, tuple_of, uint

MAGIC: Final = "envlsp-ci"
BUNDLE_VERSION: Final = 1
BUNDLE_MAX_BYTES: Final = RECORD_MAX_BYTES
SEALED_KEY_BYTES: Final = 80


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle with its content sealed; claims until its signature is checked."""

    release: RecordId
    n: int
    project: str
    app: str
    env: str
    created: int
    not_after: int
    signer: DevicePk
    sealed_key: bytes = field(repr=False)
    box: bytes = field(repr=False)

    @property
    def triple(self) -> Triple:
        """The names of the environment."""
        return Triple(self.project, self.app, self.env)


_label: Final = text(LABEL_MAX_BYTES, is_label)
_bundle: Final = record_of(
    Bundle,
    exactly(32, RecordId),
    uint(low=1),
    _label,
    _label,
    _label,
    uint(),
    uint(),
    exactly(32, DevicePk),
    exactly(SEALED_KEY_BYTES, bytes),
    blob(40, BUNDLE_MAX_BYTES),
)
_signature: Final = exactly(64, bytes)
_entries: Final = set_of(
    tuple_of(text(NAME_MAX_BYTES, is_secret_name), blob(0, LITERAL_MAX_BYTES)),
    lambda entry: entry[0],
    0,
    ENTRIES_MAX,
)
_layout: Final = blob(0, LAYOUT_MAX_BYTES)


def _fields(bundle: Bundle) -> list[Value]:
    return [MAGIC, BUNDLE_VERSION, *as_array(_bundle.dump(bundle))]


def signed_part(bundle: Bundle) -> bytes:
    """Return the canonical array without its signature: what the signature is about."""
    return canonical.encode(_fields(bundle))


def encode_bundle(bundle: Bundle, sig: bytes) -> bytes:
    """Return the bytes of a signed bundle.

    Raises:
        LimitExceeded: longer than a bundle may be.
    """
    data = canonical.encode([*_fields(bundle), sig])
    if len(data) > BUNDLE_MAX_BYTES:
        raise LimitExceeded(f"a bundle of {len(data)} bytes")
    return data


def decode_bundle_untrusted(data: bytes) -> tuple[Bundle, bytes]:
    """Return a bundle and its signature, which nobody has checked yet.

    Raises:
        Malformed: not canonical, not a bundle, or of another version.
        LimitExceeded: more of something than the format allows.

    Spec: docs/protocol.md, "E.5 CI bundles".
    """
    value = canonical.decode_untrusted(data, limit_bytes=BUNDLE_MAX_BYTES)
    magic, version, *fields, sig = as_array(value, 13)
    if magic != MAGIC or version != BUNDLE_VERSION:
        raise Malformed("not a bundle of this version")
    return _bundle.load(fields), _signature.load(sig)


def encode_content(snapshot: Snapshot) -> bytes:
    """Return the canonical bytes of what a bundle seals: literals and layout in the clear."""
    entries = [(name, literal.reveal()) for name, literal in snapshot.entries.items()]
    layout = encode_layout(snapshot.layout) if snapshot.layout else b""
    return canonical.encode([_entries.dump(tuple(entries)), layout])


def decode_content_untrusted(data: bytes) -> Snapshot:
    """Return the snapshot that an opened bundle holds.

    Raises:
        Malformed: not canonical, or a literal with a NUL.
        LimitExceeded: more of something than the format allows.
    """
    value = canonical.decode_untrusted(data, limit_bytes=BUNDLE_MAX_BYTES)
    entries, layout = as_array(value, 2)
    pairs = _entries.load(entries)
    if any(b"\0" in literal for _, literal in pairs):
        raise Malformed("a literal with a NUL")
    form = _layout.load(layout)
    return Snapshot(
        {SecretName(name): SecretText(literal) for name, literal in pairs},
        decode_layout_untrusted(form) if form else None,
    )
