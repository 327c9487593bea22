"""Hypothesis strategies for records, bodies and layouts as values."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from envlsp.domain.ids import NO_EPOCH, NO_TEAM, TEAM_SCOPE, DevicePk, EpochId, RecordId, ScopeId, TeamId
from envlsp.domain.ledger.records import (
    Admit,
    DeviceAdd,
    DeviceRevoke,
    EnvNote,
    Epoch,
    Genesis,
    Grant,
    Header,
    Invite,
    InviteCancel,
    Keys,
    Link,
    Pub,
    RecordType,
    Release,
    Revoke,
    Role,
    RootReplace,
    Rotate,
    ScopeSet,
    Seal,
    SetRole,
)
from envlsp.domain.release import Layout, ReleaseKind
from envlsp.domain.secret import SecretName
from envlsp.wire import bodies
from envlsp.wire.records import carries_own_epoch, type_of
from envlsp.wire.releases import ReleaseBody


def raw(size: int) -> st.SearchStrategy[Any]:
    """Return bytes of a size; few different ones, so that equal ones happen."""
    return st.integers(0, 2**16 - 1).map(lambda n: n.to_bytes(2, "big") * (size // 2))


def sets(item: st.SearchStrategy[Any], key: Any, low: int = 0, high: int = 4) -> st.SearchStrategy[Any]:
    """Return tuples that stand for sets: unique, ascending by `key`."""
    found = st.lists(item, min_size=low, max_size=high, unique_by=key)
    return found.map(lambda items: tuple(sorted(items, key=key)))


def itself(item: Any) -> Any:
    """Return what it is given: the order of plain bytes."""
    return item


counters = st.integers(1, 2**53)
roles = st.sampled_from(Role)
inner_links = sets(st.builds(Link, raw(32), st.just(NO_EPOCH), raw(72)), lambda link: (link.old, link.new))
links = sets(st.builds(Link, raw(32), raw(32), raw(72)), lambda link: (link.old, link.new))
seals = sets(st.builds(Seal, raw(32), raw(32), raw(80)), lambda seal: (seal.epoch, seal.to))
boxes = sets(st.tuples(raw(32), raw(80)), lambda pair: pair[0], low=1)
scopes = st.just(TEAM_SCOPE) | raw(16)
epoch = st.builds(Epoch, scopes, counters, raw(32), inner_links, boxes)
epochs = sets(epoch, lambda item: item.scope, high=3)
some_epochs = sets(epoch, lambda item: item.scope, low=1, high=3)
first_epoch = st.builds(Epoch, st.just(TEAM_SCOPE), st.just(1), raw(32), st.just(()), boxes)

pubs: st.SearchStrategy[Pub] = st.one_of(
    st.builds(Grant, raw(32), raw(32), raw(64), roles, seals),
    st.builds(SetRole, raw(16), roles, epochs),
    st.builds(Revoke, sets(raw(16), itself, low=1), epochs),
    st.builds(DeviceAdd, raw(32), raw(32), raw(64), seals),
    st.builds(DeviceRevoke, sets(raw(32), itself, low=1), epochs),
    st.builds(Invite, raw(32), st.sampled_from([Role.VIEWER, Role.DEVELOPER]), st.integers(1, 64)),
    st.builds(InviteCancel, raw(32)),
    st.builds(Admit, raw(32), raw(32), raw(32), raw(64), raw(64), seals),
    st.builds(Rotate, some_epochs),
    st.builds(Keys, seals, links),
    st.builds(RootReplace, raw(32), raw(32), raw(64), some_epochs),
    st.builds(ScopeSet, raw(16), sets(st.tuples(raw(16), roles), lambda line: line[0]), epochs),
    st.builds(Release, scopes),
    st.builds(EnvNote, scopes),
)


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """Return headers that the format allows."""
    if draw(st.integers(0, 9)) == 0:
        genesis = draw(st.builds(Genesis, raw(32), raw(32), raw(32), raw(16), st.tuples(first_epoch)))
        author, body_hash = DevicePk(draw(raw(32))), draw(raw(32))
        return Header(NO_TEAM, 0, author, 1, 1, (), NO_EPOCH, body_hash, genesis)
    pub = draw(pubs)
    return Header(
        team=TeamId(b"\1" + draw(raw(32))[1:]),
        type=type_of(pub),
        author=DevicePk(draw(raw(32))),
        seq=draw(counters),
        height=draw(st.integers(2, 2**53)),
        parents=draw(sets(raw(32).map(RecordId), itself, low=1, high=32)),
        epoch=NO_EPOCH if carries_own_epoch(pub) else EpochId(draw(st.just(b"") | raw(32))),
        body_hash=draw(raw(32)),
        pub=pub,
    )


# --- bodies --------------------------------------------------------------------------------------

stamps = st.integers(0, 2**53)
lines = st.text(max_size=40)
labels = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True)
names = st.from_regex(r"[A-Za-z0-9_.-]{1,128}", fullmatch=True).map(SecretName)
people = sets(st.tuples(raw(16), lines), lambda line: line[0])
given_roles = st.sampled_from([Role.VIEWER, Role.DEVELOPER, Role.ADMIN])
covered = st.one_of(
    st.just(("", "", "")),
    labels.map(lambda project: (project, "", "")),
    st.tuples(labels, labels, labels),
)
entries = sets(st.tuples(names, st.binary(min_size=40, max_size=60)), lambda entry: entry[0], high=8)


@st.composite
def release_bodies(draw: st.DrawFn) -> ReleaseBody:
    """Return bodies of releases that the format allows."""
    kind = draw(st.sampled_from(ReleaseKind))
    of = None if kind is ReleaseKind.PUSH else RecordId(draw(raw(32)))
    base = draw(sets(raw(32).map(RecordId), itself))
    return ReleaseBody(
        draw(stamps),
        kind,
        draw(lines),
        draw(labels),
        draw(labels),
        draw(labels),
        (of,) if kind is ReleaseKind.REKEY and of else base,
        of,
        draw(raw(72)),
        draw(st.just(b"") | st.binary(min_size=40, max_size=60)),
        draw(entries),
    )


_NOTES = (
    RecordType.ROLE,
    RecordType.REVOKE,
    RecordType.DEVICE_REVOKE,
    RecordType.INVITE_CANCEL,
    RecordType.ROTATE,
    RecordType.KEYS,
)
_PEOPLE = (RecordType.GRANT, RecordType.DEVICE_ADD, RecordType.ADMIT)

typed_bodies: st.SearchStrategy[tuple[RecordType, bodies.Body]] = st.one_of(
    st.tuples(st.sampled_from(_NOTES), st.builds(bodies.NoteBody, stamps, lines)),
    st.tuples(st.sampled_from(_PEOPLE), st.builds(bodies.PersonBody, stamps, lines, lines, lines)),
    st.tuples(
        st.just(RecordType.GENESIS), st.builds(bodies.GenesisBody, stamps, lines, lines, lines, raw(32))
    ),
    st.tuples(st.just(RecordType.ROOT_REPLACE), st.builds(bodies.RootReplaceBody, stamps, lines, raw(32))),
    st.tuples(
        st.just(RecordType.INVITE),
        st.builds(
            bodies.InviteBody,
            stamps,
            lines,
            lines,
            sets(st.tuples(raw(16).map(ScopeId), given_roles), lambda line: line[0]),
        ),
    ),
    st.tuples(
        st.just(RecordType.SCOPE_SET),
        st.builds(
            lambda ts, note, triple, of: bodies.ScopeBody(ts, note, triple[0], triple[1], triple[2], of),
            stamps,
            lines,
            covered,
            people,
        ),
    ),
    st.tuples(
        st.just(RecordType.ENV),
        st.builds(bodies.EnvBody, stamps, labels, labels, labels, st.integers(0, 1), lines),
    ),
    st.tuples(st.just(RecordType.RELEASE), release_bodies()),
)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Return layouts in the form that decoding gives: runs never empty, never touching."""
    parts: list[bytes | SecretName] = []
    run = st.binary(min_size=1, max_size=20)
    for name in draw(st.lists(names, max_size=5, unique=True)):
        if draw(st.booleans()):
            parts.append(draw(run))
        parts.append(name)
    if draw(st.booleans()):
        parts.append(draw(run))
    return Layout(draw(labels), tuple(parts))
