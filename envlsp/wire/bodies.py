"""The byte form of bodies, before they are sealed (PROTOCOL B.4, A2, A3, A7).

    genesis                        [ts, display name, device label, note, recovery_room32]
    grant, device_add, admit       [ts, display name, device label, note]
    role, revoke, device_revoke,
    invite_cancel, rotate, keys    [ts, note]
    invite                         [ts, note, address, [[scope16, role]...]]
    root_replace                   [ts, note, recovery_room32]
    scope_set                      [ts, note, project, app, env, [[uid16, name]...]]
    release                        see `wire.releases`
    env                            [ts, project, app, env, archived, note]

Any body may also be empty, which is no bytes at all. A body that does not decode
has no effect on content, and none ever on who may do what: no rule of the ledger
reads one. `ts` is a claim. Refuses to open a box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from envlsp.domain.environment import Triple, is_label
from envlsp.domain.ids import ScopeId, UserId
from envlsp.domain.ledger.records import RecordType, Role
from envlsp.errors import Malformed
from envlsp.wire import canonical
from envlsp.wire.canonical import Value
from envlsp.wire.limits import (
    LABEL_MAX_BYTES,
    NOTE_MAX_BYTES,
    RECORD_MAX_BYTES,
    SCOPE_LINES_MAX,
)
from envlsp.wire.releases import RELEASE_BODY, ReleaseBody
from envlsp.wire.shape import Shape, enum, exactly, record_of, set_of, text, tuple_of, uint


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


Body: TypeAlias = (
    NoteBody | PersonBody | GenesisBody | InviteBody | RootReplaceBody | ScopeBody | EnvBody | ReleaseBody
)

_ts: Final = uint()
_note: Final = text(NOTE_MAX_BYTES)
_label: Final = text(LABEL_MAX_BYTES, is_label)
_label_or_none: Final = text(LABEL_MAX_BYTES, lambda label: not label or is_label(label))
_room: Final = exactly(32, bytes)

_note_body: Final = record_of(NoteBody, _ts, _note)
_person_body: Final = record_of(PersonBody, _ts, _note, _note, _note)
_scope_lines: Final = set_of(
    tuple_of(exactly(16, ScopeId), enum(Role, Role.VIEWER, Role.DEVELOPER, Role.ADMIN)),
    lambda line: line[0],
    0,
    SCOPE_LINES_MAX,
)
_people: Final = set_of(tuple_of(exactly(16, UserId), _note), lambda line: line[0], 0, SCOPE_LINES_MAX)


_scope_fields: Final = record_of(
    ScopeBody, _ts, _note, _label_or_none, _label_or_none, _label_or_none, _people
)


def _load_scope(value: Value) -> ScopeBody:
    body = _scope_fields.load(value)
    if bool(body.app) != bool(body.env) or (body.app and not body.project):
        raise Malformed("a scope covers a project, or one environment of it")
    return body


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
    RecordType.SCOPE_SET: Shape(_scope_fields.dump, _load_scope),
    RecordType.RELEASE: RELEASE_BODY,
    RecordType.ENV: record_of(EnvBody, _ts, _label, _label, _label, uint(0, 1), _note),
}
"""One row for each type of B.4."""


def encode_body(kind: RecordType, body: Body) -> bytes:
    """Return the canonical bytes of a body of that type; sets come out sorted.

    Raises:
        LimitExceeded, Malformed: nobody would read it; better to hear it now.
        BadText: text that is not valid Unicode.
    """
    plain = canonical.encode(_SHAPES[kind].dump(body))
    decode_body_untrusted(kind, plain)
    return plain


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
