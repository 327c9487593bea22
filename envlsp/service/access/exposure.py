"""What somebody could read and what has not changed since: values to change at their source.

Of a member that is everything they can read. Of whoever was removed it is what their
devices had the keys to, until each value changes; a new key changes none. Of a CI key it
is what was exported to it. Tells names and releases, never a value; of the text between
the values of a file only that it is still there.

Spec: docs/protocol.md, "D. Keys", point 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, TypeAlias

from envlsp.domain.environment import Triple
from envlsp.domain.exposed import Exposed, exposed, known_values
from envlsp.domain.hidden_text import all_hidden_texts, hidden_texts
from envlsp.domain.ids import DevicePk, EpochId, RecordId, ScopeId, UserId
from envlsp.domain.ledger.exposure import openable_epochs, readable_epochs
from envlsp.domain.ledger.history import devices_of
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretText
from envlsp.service.ci.exports import exports_by, find_key, key_exports
from envlsp.service.ci.keys import key_text
from envlsp.service.history import EnvironmentHistory
from envlsp.service.people import SHORT_HEX
from envlsp.service.results import ExposedComments, ExposedValue, Exposure
from envlsp.service.team import Team

KEY_LETTERS = 12
"""Of a CI key, enough to tell it from any other."""

IsRead: TypeAlias = Callable[[RecordId], bool]
"""Whether somebody could read a release."""


def exposure(team: Team, user: UserId, scope: ScopeId | None = None) -> Exposure:
    """Return the values that somebody could read and that have not changed since, newest first.

    Args:
        team: opened.
        user: a member, or somebody who was one.
        scope: count only what they could read as one of its readers.
    """
    team.replica.refresh()
    replica = team.replica
    devices = devices_of(replica.ledger, user)
    readable = readable_epochs(replica.state, user, devices)
    if scope is not None:
        readable = frozenset(epoch for epoch in readable if replica.state.epochs[epoch].scope == scope)
    found = _found(team, partial(_is_under, team, readable))
    return Exposure(
        id=user.hex()[:SHORT_HEX],
        who=team.people.of_user(user).display_name,
        is_member=user in replica.state.members,
        values=found.values,
        complete=team.releases.opens_all_of(readable),
        comments=found.comments,
        exports=tuple(exports_by(team, devices, scope)),
    )


def device_exposure(team: Team, dpk: DevicePk) -> Exposure:
    """Return the values that one device could read and that have not changed since, newest first.

    Other than for a person, only keys count that were made out to it, or that it drew.
    """
    team.replica.refresh()
    readable = openable_epochs(team.replica.state, {dpk})
    person = team.people.of_device(dpk)
    found = _found(team, partial(_is_under, team, readable))
    return Exposure(
        id=dpk.hex()[:SHORT_HEX],
        who=f"{person.device or dpk.hex()[:SHORT_HEX]} of {person.display_name}",
        is_member=team.replica.state.is_active(dpk),
        values=found.values,
        complete=team.releases.opens_all_of(readable),
        comments=found.comments,
        exports=tuple(exports_by(team, {dpk})),
    )


def key_exposure(team: Team, words: str) -> Exposure | None:
    """Return the values that were exported to a CI key and have not changed since, newest first.

    Args:
        team: opened.
        words: the key, or its first letters.

    Returns:
        None where no export was made to such a key.

    Raises:
        AmbiguousName: several keys begin so.
    """
    team.replica.refresh()
    key = find_key(team, words)
    if key is None:
        return None
    exports = key_exports(team, key)
    releases = {release for export in exports for release in export.note.releases}
    found = _found(team, releases.__contains__)
    text = key_text(key)
    return Exposure(
        id=text[:KEY_LETTERS],
        who=f"CI key {text[:KEY_LETTERS]}",
        is_member=False,
        values=found.values,
        complete=releases <= found.opened,
        comments=found.comments,
        exports=tuple(export.told for export in exports),
    )


def _is_under(team: Team, epochs: frozenset[EpochId], release: RecordId) -> bool:
    """Return whether a release is under one of these keys; a void one was read as well."""
    return team.replica.epoch_of(team.replica.record(release)) in epochs


class _Found(NamedTuple):
    values: tuple[ExposedValue, ...]
    comments: tuple[ExposedComments, ...]
    opened: frozenset[RecordId]


def _found(team: Team, is_read: IsRead) -> _Found:
    """Return what is in use of that which somebody read, newest first."""
    releases = team.releases
    histories = {triple: releases.of(triple) for triple in releases.environments()}
    # What is shadowed nobody uses; whoever read it knows the values all the same.
    shadowed = [found for triple in histories for found in releases.shadowed(triple)]
    everything = (*histories.values(), *shadowed)
    read = [snapshot for found in everything for snapshot in _read(found, is_read)]
    known = known_values(read)
    values = [
        _value(team, triple, found, one)
        for triple, found in histories.items()
        for one in exposed(found.history, known)
    ]
    values.sort(key=lambda value: (value.triple, value.name))
    values.sort(key=lambda value: (value.height, value.id), reverse=True)
    texts = all_hidden_texts(snapshot.layout for snapshot in read)
    return _Found(
        tuple(values),
        tuple(_comments(team, histories, texts)),
        frozenset(release for found in everything for release in found.snapshots),
    )


def _read(found: EnvironmentHistory, is_read: IsRead) -> Iterator[Snapshot]:
    for record, snapshot in found.snapshots.items():
        if is_read(record):
            yield snapshot


def _value(team: Team, triple: Triple, found: EnvironmentHistory, one: Exposed) -> ExposedValue:
    node, opened = found.history.nodes[one.release], found.opened[one.release]
    return ExposedValue(
        triple=triple,
        name=one.name,
        release=found.versions.label(one.release),
        id=one.release.hex(),
        height=node.height,
        author=team.people.of_device(node.author).name,
        ts=opened.ts,
    )


def _comments(
    team: Team, histories: dict[Triple, EnvironmentHistory], read: frozenset[SecretText]
) -> Iterator[ExposedComments]:
    """Yield the files whose newest text, between the values, somebody has read some of."""
    for triple, found in histories.items():
        for head in reversed(found.history.heads()):
            if not hidden_texts(found.snapshots[head].layout).isdisjoint(read):
                yield ExposedComments(triple, team.releases.info(found, head).label, head.hex())
                break
