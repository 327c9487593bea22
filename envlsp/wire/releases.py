"""The byte form of a release's body, before it is sealed (PROTOCOL B.4, A3).

    [ts, kind, message, project, app, env, [base32...], of32 | bin0,
     dek_box72, layout_box | bin0, [[name, val_box]...]]

Apart from the other bodies, because `envlsp run` reads this one and nothing else.
Refuses to open a box.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from envlsp.domain.environment import Triple, is_label
from envlsp.domain.ids import RecordId
from envlsp.domain.release import ReleaseKind
from envlsp.domain.secret import SecretName, is_secret_name
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire import canonical
from envlsp.wire.canonical import Value
from envlsp.wire.limits import (
    ENTRIES_MAX,
    LABEL_MAX_BYTES,
    LAYOUT_MAX_BYTES,
    LITERAL_MAX_BYTES,
    NOTE_MAX_BYTES,
    PARENTS_MAX,
    RECORD_MAX_BYTES,
)
from envlsp.wire.shape import Shape, as_array, blob, enum, exactly, maybe, record_of, set_of, text, uint

RELEASE_TYPE: Final = 20  # RecordType.RELEASE; that enum would bring all of the ledger along
BOX_OVERHEAD_BYTES: Final = 40  # a nonce and a tag
DEK_BOX_BYTES: Final = 72
_BOX_MAX_BYTES: Final = BOX_OVERHEAD_BYTES + LITERAL_MAX_BYTES


@dataclass(frozen=True, slots=True)
class ReleaseBody:
    """A release with every value still in its own box."""

    ts: int
    kind: ReleaseKind
    message: str
    project: str
    app: str
    env: str
    base: tuple[RecordId, ...]
    of: RecordId | None
    dek_box: bytes = field(repr=False)
    layout_box: bytes = field(repr=False)
    entries: tuple[tuple[SecretName, bytes], ...] = field(repr=False)

    @property
    def triple(self) -> Triple:
        """The names of the environment."""
        return Triple(self.project, self.app, self.env)


def _load_entries(value: Value) -> tuple[tuple[SecretName, bytes], ...]:
    """Read the entries; by hand, since this is what opening a release waits for."""
    pairs = as_array(value)
    if len(pairs) > ENTRIES_MAX:
        raise LimitExceeded(f"{len(pairs)} entries")
    entries, before = [], ""
    for pair in pairs:
        if type(pair) is not list or len(pair) != 2:
            raise Malformed("an entry is a name and a box")
        name, box = pair
        if type(name) is not str or not is_secret_name(name) or name <= before:
            raise Malformed("names are not sorted, not unique or not allowed")
        if type(box) is not bytes or not BOX_OVERHEAD_BYTES <= len(box) <= _BOX_MAX_BYTES:
            raise Malformed("no box of a value has this size")
        entries.append((SecretName(name), box))
        before = name
    return tuple(entries)


def _dump_entries(entries: tuple[tuple[SecretName, bytes], ...]) -> Value:
    return [[name, box] for name, box in sorted(entries)]


_label: Final = text(LABEL_MAX_BYTES, is_label)
_fields: Final = record_of(
    ReleaseBody,
    uint(),
    enum(ReleaseKind),
    text(NOTE_MAX_BYTES),
    _label,
    _label,
    _label,
    set_of(exactly(32, RecordId), lambda base: base, 0, PARENTS_MAX),
    maybe(32, RecordId),
    exactly(DEK_BOX_BYTES, bytes),
    blob(0, BOX_OVERHEAD_BYTES + LAYOUT_MAX_BYTES),
    Shape(_dump_entries, _load_entries),
)


def _load(value: Value) -> ReleaseBody:
    body = _fields.load(value)
    if body.layout_box and len(body.layout_box) < BOX_OVERHEAD_BYTES:
        raise Malformed("no box of a layout has this size")
    if (body.of is None) != (body.kind is ReleaseKind.PUSH):
        raise Malformed("a push is of nothing, and every other release of one")
    if body.kind is ReleaseKind.REKEY and body.base != (body.of,):
        raise Malformed("a rekey is made over the release it seals anew")
    return body


RELEASE_BODY: Final = Shape(_fields.dump, _load)
"""The row of this type in the table of `wire.bodies`."""


def encode_release_body(body: ReleaseBody) -> bytes:
    """Return the canonical bytes of a release's body; sets come out sorted.

    Raises:
        LimitExceeded, Malformed: nobody would read it; better to hear it now.
        BadText: text that is not valid Unicode.
    """
    plain = canonical.encode(RELEASE_BODY.dump(body))
    if len(plain) > RECORD_MAX_BYTES:
        raise LimitExceeded(f"a release of {len(plain)} bytes")
    decode_release_body_untrusted(plain)
    return plain


def decode_release_body_untrusted(plain: bytes) -> ReleaseBody:
    """Return the opened body of a release.

    Raises:
        Malformed: not canonical, or not of this shape.
        LimitExceeded: more of something than the format allows.

    Spec: docs/protocol.md, "B.4 Types".
    """
    return RELEASE_BODY.load(canonical.decode_untrusted(plain, limit_bytes=RECORD_MAX_BYTES))
