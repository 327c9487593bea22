"""Sealed bodies, and releases with one box for each value (PROTOCOL B.5, A3).

The place of a body (team, author, seq, type) goes into its key, so that it cannot be
lifted into another record. A release has a key of its own (DEK) under the epoch's,
and each value a box under a key that depends on its name: names can be listed while
the values stay closed. All that can fail on opening is `CannotOpen`, which callers
take as "no content effect".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NewType

from envlsp.crypto.labels import kdf, u64be
from envlsp.crypto.primitives import (
    BOX_OVERHEAD_BYTES,
    KEY_BYTES,
    open_box,
    pad,
    random_bytes,
    seal_box,
    unpad,
)
from envlsp.domain.environment import Triple
from envlsp.domain.ids import DevicePk, RecordId, TeamId
from envlsp.domain.release import Layout, ReleaseContent, ReleaseKind, Snapshot
from envlsp.domain.secret import LITERAL_MAX_BYTES, SecretName, SecretText
from envlsp.errors import CannotOpen, LimitExceeded, Malformed
from envlsp.wire.layout import decode_layout_untrusted, encode_layout
from envlsp.wire.limits import ENTRIES_MAX
from envlsp.wire.releases import (
    RELEASE_TYPE,
    ReleaseBody,
    decode_release_body_untrusted,
    encode_release_body,
)

if TYPE_CHECKING:  # `envlsp run` opens releases, and should not wait for the ledger to load
    from envlsp.crypto.epochs import TeamKey
    from envlsp.crypto.signing import Place
    from envlsp.domain.ledger.records import Header, RecordType
    from envlsp.wire.bodies import Body

Dek = NewType("Dek", bytes)
"""32 bytes: the data encryption key of one release."""

PAD_MIN_BYTES: Final = 256
PAD_STEP_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class BodyPlace:
    """The record that a body belongs to. `team` is 32 zero bytes inside genesis."""

    team: TeamId
    author: DevicePk
    seq: int
    type: int

    @property
    def context(self) -> bytes:
        """What is mixed into the keys: `team32 ‖ author32 ‖ u64be seq ‖ u8 type`."""
        return self.team + self.author + u64be(self.seq) + bytes((self.type,))


def place_of(header: Header) -> BodyPlace:
    """Return the place of a record's body."""
    return BodyPlace(header.team, header.author, header.seq, header.type)


def place_in(place: Place, author: DevicePk, kind: RecordType) -> BodyPlace:
    """Return the place of a body whose record is still to be made."""
    return BodyPlace(place.team, author, place.seq, kind)


# --- any body ----------------------------------------------------------------------------------


def padded_size(size: int) -> int:
    """Return the size that a plain body is padded to; padding takes a byte at least.

    256 bytes times a power of two up to 64 KiB, then a multiple of 64 KiB.
    """
    if size >= PAD_STEP_BYTES:
        return (size // PAD_STEP_BYTES + 1) * PAD_STEP_BYTES
    return max(PAD_MIN_BYTES, 1 << size.bit_length())


def seal_plain(plain: bytes, key: TeamKey, place: BodyPlace) -> bytes:
    """Return `nonce24 ‖ secretbox(padded plain)` for one place and no other."""
    return seal_box(pad(plain, padded_size(len(plain))), kdf(key, "body", place.context))


def open_plain(body: bytes, key: TeamKey, place: BodyPlace) -> bytes:
    """Return what `seal_plain` sealed for this place.

    Raises:
        CannotOpen: wrong key, wrong place, altered bytes, or padded in another way.
    """
    return _open_plain(body, key, place.context)


def _open_plain(body: bytes, key: TeamKey, context: bytes) -> bytes:
    padded = open_box(body, kdf(key, "body", context))
    plain = unpad(padded, max(len(padded), 1))
    if padded_size(len(plain)) != len(padded):
        raise CannotOpen
    return plain


def seal_body(body: Body, key: TeamKey, place: BodyPlace) -> bytes:
    """Return a sealed body of any type but a release's (that is `seal_release`)."""
    from envlsp.domain.ledger.records import RecordType
    from envlsp.wire.bodies import encode_body

    return seal_plain(encode_body(RecordType(place.type), body), key, place)


def open_body(body: bytes, key: TeamKey, place: BodyPlace) -> Body:
    """Return the body of a record, decoded.

    Raises:
        CannotOpen: it does not open, or what is inside is not a body of this type.

    Spec: docs/protocol.md, "B.5 Encryption layout".
    """
    from envlsp.wire.bodies import decode_body_untrusted

    plain = open_plain(body, key, place)
    try:
        return decode_body_untrusted(place.type, plain)
    except (Malformed, LimitExceeded):
        raise CannotOpen from None


# --- releases ----------------------------------------------------------------------------------


def seal_release(content: ReleaseContent, key: TeamKey, place: BodyPlace) -> bytes:
    """Return the sealed body of a release under a fresh DEK.

    Args:
        content: what the release says; its literals have at most 64 KiB and no NUL.
        key: of the epoch that the record will name.
        place: of the record, whose type is RELEASE.

    Raises:
        LimitExceeded: too many entries, or a literal, the layout, the message or all
            of it too long.
        Malformed: a literal with a NUL, or parts that do not fit together.
        BadText: a message that is not valid Unicode.

    Spec: docs/protocol.md, "B.5 Encryption layout".
    """
    dek = Dek(random_bytes(KEY_BYTES))
    snapshot = content.snapshot
    if len(snapshot.entries) > ENTRIES_MAX:
        raise LimitExceeded(f"{len(snapshot.entries)} entries, at most {ENTRIES_MAX} in a release")
    body = ReleaseBody(
        ts=content.ts,
        kind=content.kind,
        message=content.message,
        project=content.triple.project,
        app=content.triple.app,
        env=content.triple.env,
        base=content.base,
        of=content.of,
        dek_box=seal_box(dek, kdf(key, "dek", place.context)),
        layout_box=seal_layout(snapshot.layout, dek) if snapshot.layout else b"",
        entries=tuple((name, seal_value(literal, dek, name)) for name, literal in snapshot.entries.items()),
    )
    return seal_plain(encode_release_body(body), key, place)


def seal_value(literal: SecretText, dek: Dek, name: SecretName) -> bytes:
    """Return the box of one literal: `secretbox(literal, KDF(DEK, "val", name))`.

    Raises:
        LimitExceeded: it is too long.
        Malformed: it has a NUL.
    """
    data = literal.reveal()
    if len(data) > LITERAL_MAX_BYTES:
        raise LimitExceeded(f"the value of {name} is longer than {LITERAL_MAX_BYTES} bytes")
    if b"\0" in data:
        raise Malformed(f"the value of {name} contains a NUL")
    return seal_box(data, kdf(dek, "val", name.encode()))


def open_value(box: bytes, dek: Dek, name: SecretName) -> SecretText:
    """Return the literal sealed for one entry.

    Args:
        box: nonce (24 bytes), tag (16 bytes), ciphertext: libsodium's secretbox.
        dek: the release's data encryption key (32 bytes).
        name: the variable it belongs to; the box's key is derived from both.

    Raises:
        CannotOpen: wrong key, wrong place, altered bytes, or not a literal.

    Spec: docs/protocol.md, "B.5 Encryption layout".
    """
    data = open_box(box, kdf(dek, "val", name.encode()))
    if b"\0" in data:
        raise CannotOpen
    return SecretText(data)


def seal_layout(layout: Layout, dek: Dek) -> bytes:
    """Return the box of a layout.

    Raises:
        LimitExceeded: it is too long.
    """
    return seal_box(encode_layout(layout), kdf(dek, "layout"))


def open_layout(box: bytes, dek: Dek) -> Layout | None:
    """Return the layout in a box, or None if there is none that can be read.

    A layout only says how a file looked: a bad one is left out, and the release
    counts all the same.
    """
    if len(box) < BOX_OVERHEAD_BYTES:
        return None
    try:
        return decode_layout_untrusted(open_box(box, kdf(dek, "layout")))
    except (CannotOpen, Malformed, LimitExceeded):
        return None


@dataclass(frozen=True, slots=True, repr=False)
class OpenedRelease:
    """A release whose names are known and whose values are opened one by one."""

    _body: ReleaseBody
    _dek: Dek
    _boxes: Mapping[SecretName, bytes]

    @property
    def ts(self) -> int:
        """Claimed time, in whole seconds since 1970."""
        return self._body.ts

    @property
    def kind(self) -> ReleaseKind:
        """Why it was made."""
        return self._body.kind

    @property
    def message(self) -> str:
        """What its author said about it."""
        return self._body.message

    @property
    def triple(self) -> Triple:
        """The names of its environment."""
        return self._body.triple

    @property
    def base(self) -> tuple[RecordId, ...]:
        """The releases it was made over."""
        return self._body.base

    @property
    def of(self) -> RecordId | None:
        """The release it brings back, seals anew or adopts."""
        return self._body.of

    @property
    def names(self) -> tuple[SecretName, ...]:
        """The names it holds, sorted."""
        return tuple(self._boxes)

    def value(self, name: SecretName) -> SecretText:
        """Return the literal of one name.

        Raises:
            KeyError: there is no such name.
            CannotOpen: its box does not open.
        """
        return open_value(self._boxes[name], self._dek, name)

    def layout(self) -> Layout | None:
        """Return how the file looked, if that was kept and can be read."""
        return open_layout(self._body.layout_box, self._dek)

    def without_values(self) -> ReleaseContent:
        """Return what is said apart from the values, as of a release with none."""
        return ReleaseContent(self.ts, self.kind, self.message, self.triple, self.base, self.of, Snapshot({}))

    def content(self) -> ReleaseContent:
        """Open everything.

        Raises:
            CannotOpen: one of the boxes does not open; then none counts.
        """
        entries = {name: open_value(box, self._dek, name) for name, box in self._boxes.items()}
        snapshot = Snapshot(entries, self.layout())
        return ReleaseContent(self.ts, self.kind, self.message, self.triple, self.base, self.of, snapshot)


def open_names(body: bytes, key: TeamKey, place: BodyPlace) -> OpenedRelease:
    """Open a release as far as its names.

    Raises:
        CannotOpen: it does not open, or is not a release.
    """
    if place.type != RELEASE_TYPE:
        raise CannotOpen
    context = place.context
    try:
        decoded = decode_release_body_untrusted(_open_plain(body, key, context))
    except (Malformed, LimitExceeded):
        raise CannotOpen from None
    dek = open_box(decoded.dek_box, kdf(key, "dek", context))
    return OpenedRelease(decoded, Dek(dek), dict(decoded.entries))


def open_release(body: bytes, key: TeamKey, place: BodyPlace) -> ReleaseContent:
    """Open a release and everything in it.

    Raises:
        CannotOpen: any part of it does not open. One error for wrong key, wrong
            place and altered bytes, since telling them apart would help an attacker.
    """
    return open_names(body, key, place).content()
