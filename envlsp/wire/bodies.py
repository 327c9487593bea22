"""The byte form of bodies, before they are sealed (PROTOCOL B.4, A2, A3, A7).

    genesis                        [ts, display name, device label, note, recovery_room32]
    grant, device_add, admit       [ts, display name, device label, note]
    role, revoke, device_revoke,
    invite_cancel, rotate, keys    [ts, note]
    invite                         [ts, note, address, [[scope16, role]...]]
    root_replace                   [ts, note, recovery_room32]
    scope_set                      [ts, note, project, app, env, [[uid16, name]...]]
    release                        [ts, kind, message, project, app, env, [base32...], of32 | bin0,
                                    dek_box72, layout_box | bin0, [[name, val_box]...]]
    env                            [ts, project, app, env, archived, note]

Any body may also be empty, which is no bytes at all. A body that does not decode
has no effect on content, and none ever on who may do what: no rule of the ledger
reads one. `ts` is a claim. Refuses to open a box.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from envlsp.domain.environment import Triple, is_label
from envlsp.domain.ids import RecordId, ScopeId, UserId
from envlsp.domain.ledger.records import RecordType, Role
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
    SCOPE_LINES_MAX,
)
from envlsp.wire.shape import (
    Shape,
    as_array,
    blob,
    enum,
    exactly,
    maybe,
    record_of,
    set_of,
    text,
    tuple_of,
    uint,
)

BOX_OVERHEAD_BYTES: Final = 40  # a nonce and a tag
DEK_BOX_BYTES: Final = 72
_BOX_MAX_BYTES: Final = BOX_OVERHEAD_BYTES + LITERAL_MAX_BYTES


@dataclass(frozen=True, slots=True)
class NoteBody:
    """Of role, revoke, device_revoke, invite_cancel, rotate and keys."""

    ts: int
    note: str


@dataclass(frozen=True, slots=True)
class PersonBody:
    """Of grant, device_add and admit: who the new device says it is."""

    ts: int
    display_name: str
    device_label: str
    note: str


@dataclass(frozen=True, slots=True)
class GenesisBody:
    """The founder, and the room where people holding the recovery words are met."""

    ts: int
    display_name: str
    device_label: str
    note: str
    recovery_room: bytes


@dataclass(frozen=True, slots=True)
class InviteBody:
    """Whom a link is for, and the scopes that its inviter means them to have."""

    ts: int
    note: str
    address: str
    scopes: tuple[tuple[ScopeId, Role], ...]


@dataclass(frozen=True, slots=True)
class RootReplaceBody:
    """The recovery room of the new root key."""

    ts: int
    note: str
    recovery_room: bytes


@dataclass(frozen=True, slots=True)
class ScopeBody:
    """What a scope covers, if its first record says so, and its members' names for guests.

    `app` and `env` are empty for a whole project; all three are empty in records
    after the first, whose word on this is ignored anyway.
    """

    ts: int
    note: str
    project: str
    app: str
    env: str
    names: tuple[tuple[UserId, str], ...]


@dataclass(frozen=True, slots=True)
class EnvBody:
    """An environment created empty, archived or brought back."""

    ts: int
    project: str
    app: str
    env: str
    archived: int
    note: str

    @property
    def triple(self) -> Triple:
        """The names of the environment."""
        return Triple(self.project, self.app, self.env)


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


Body: TypeAlias = (
    NoteBody | PersonBody | GenesisBody | InviteBody | RootReplaceBody | ScopeBody | EnvBody | ReleaseBody
)

_ts: Final = uint()
_note: Final = text(NOTE_MAX_BYTES)
_label: Final = text(LABEL_MAX_BYTES, is_label)
_label_or_none: Final = text(LABEL_MAX_BYTES, lambda label: not label or is_label(label))
_room: Final = exactly(32, bytes)
_record_id: Final = exactly(32, RecordId)

_note_body: Final = record_of(NoteBody, _ts, _note)
_person_body: Final = record_of(PersonBody, _ts, _note, _note, _note)
_scope_lines: Final = set_of(
    tuple_of(exactly(16, ScopeId), enum(Role, Role.VIEWER, Role.DEVELOPER, Role.ADMIN)),
    lambda line: line[0],
    0,
    SCOPE_LINES_MAX,
)
_people: Final = set_of(tuple_of(exactly(16, UserId), _note), lambda line: line[0], 0, SCOPE_LINES_MAX)


def _load_entries(value: Value) -> tuple[tuple[SecretName, bytes], ...]:
    """Read the entries; by hand, since this is what opening a release waits for."""
    pairs = as_array(value)
    if len(pairs) > ENTRIES_MAX:
        raise LimitExceeded(f"{len(pairs)} entries")
    entries, before = [], ""
    for pair in pairs:
        name, box = as_array(pair, 2)
        if type(name) is not str or not is_secret_name(name) or name <= before:
            raise Malformed("names are not sorted, not unique or not allowed")
        if type(box) is not bytes or not BOX_OVERHEAD_BYTES <= len(box) <= _BOX_MAX_BYTES:
            raise Malformed("no box of a value has this size")
        entries.append((SecretName(name), box))
        before = name
    return tuple(entries)


def _dump_entries(entries: tuple[tuple[SecretName, bytes], ...]) -> Value:
    return [[name, box] for name, box in sorted(entries)]


_entries: Final = Shape(_dump_entries, _load_entries)


def _checked(shape: Shape[Body], is_sound: Callable[[Body], bool]) -> Shape[Body]:
    def load(value: Value) -> Body:
        body = shape.load(value)
        if not is_sound(body):
            raise Malformed("the parts of a body do not fit together")
        return body

    return Shape(shape.dump, load)


def _is_sound_scope(body: Body) -> bool:
    assert isinstance(body, ScopeBody)
    return bool(body.app) == bool(body.env) and (bool(body.project) or not body.app)


def _is_sound_release(body: Body) -> bool:
    """Return whether `of` is named exactly when the kind needs it."""
    assert isinstance(body, ReleaseBody)
    if body.layout_box and len(body.layout_box) < BOX_OVERHEAD_BYTES:
        return False
    if body.kind is ReleaseKind.REKEY:
        return body.of is not None and body.base == (body.of,)
    return (body.of is None) == (body.kind is ReleaseKind.PUSH)


_SHAPES: Final[dict[int, Shape[Any]]] = {
    RecordType.GENESIS: record_of(GenesisBody, _ts, _note, _note, _note, _room),
    RecordType.GRANT: _person_body,
    RecordType.ROLE: _note_body,
    RecordType.REVOKE: _note_body,
    RecordType.DEVICE_ADD: _person_body,
    RecordType.DEVICE_REVOKE: _note_body,
    RecordType.INVITE: record_of(InviteBody, _ts, _note, _note, _scope_lines),
    RecordType.INVITE_CANCEL: _note_body,
    RecordType.ADMIT: _person_body,
    RecordType.ROTATE: _note_body,
    RecordType.KEYS: _note_body,
    RecordType.ROOT_REPLACE: record_of(RootReplaceBody, _ts, _note, _room),
    RecordType.SCOPE_SET: _checked(
        record_of(ScopeBody, _ts, _note, _label_or_none, _label_or_none, _label_or_none, _people),
        _is_sound_scope,
    ),
    RecordType.RELEASE: _checked(
        record_of(
            ReleaseBody,
            _ts,
            enum(ReleaseKind),
            _note,
            _label,
            _label,
            _label,
            set_of(_record_id, lambda base: base, 0, PARENTS_MAX),
            maybe(32, RecordId),
            exactly(DEK_BOX_BYTES, bytes),
            blob(0, BOX_OVERHEAD_BYTES + LAYOUT_MAX_BYTES),
            _entries,
        ),
        _is_sound_release,
    ),
    RecordType.ENV: record_of(EnvBody, _ts, _label, _label, _label, uint(0, 1), _note),
}
"""One row for each type of B.4."""


def encode_body(kind: RecordType, body: Body) -> bytes:
    """Return the canonical bytes of a body of that type; sets come out sorted."""
    return canonical.encode(_SHAPES[kind].dump(body))


def decode_body_untrusted(kind: int, plain: bytes) -> Body:
    """Return the opened body of a record of type `kind`.

    Raises:
        Malformed: not canonical, not of this type's shape, or no such type.
        LimitExceeded: more of something than the format allows.

    Spec: docs/protocol.md, "B.4 Types".
    """
    shape: Shape[Body] | None = _SHAPES.get(kind)
    if shape is None:
        raise Malformed(f"type {kind} has no body that this version knows")
    return shape.load(canonical.decode_untrusted(plain, limit_bytes=RECORD_MAX_BYTES))
