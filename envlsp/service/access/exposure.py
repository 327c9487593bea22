"""What somebody could read and what has not changed since: values to change at their source.

Of a member that is everything they can read. Of whoever was removed it is what their
devices had the keys to, until each value changes; a new key changes none. Tells names
and releases, never a value. What stands in comments is not looked through: the text of
a file between its values is no value that has a name.
"""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.domain.environment import Triple
from envlsp.domain.exposed import Exposed, exposed, known_values
from envlsp.domain.ids import DevicePk, EpochId, ScopeId, UserId
from envlsp.domain.ledger.exposure import openable_epochs, readable_epochs
from envlsp.domain.ledger.history import devices_of
from envlsp.domain.release import Snapshot
from envlsp.service.history import EnvironmentHistory
from envlsp.service.people import SHORT_HEX
from envlsp.service.results import ExposedValue, Exposure
from envlsp.service.team import Team


def exposure(team: Team, user: UserId, scope: ScopeId | None = None) -> Exposure:
    """Return the values that somebody could read and that have not changed since, newest first.

    Args:
        team: opened.
        user: a member, or somebody who was one.
        scope: count only what they could read as one of its readers.
    """
    team.replica.refresh()
    replica = team.replica
    readable = readable_epochs(replica.state, user, devices_of(replica.ledger, user))
    if scope is not None:
        readable = frozenset(epoch for epoch in readable if replica.state.epochs[epoch].scope == scope)
    return Exposure(
        id=user.hex()[:SHORT_HEX],
        who=team.people.of_user(user).display_name,
        is_member=user in replica.state.members,
        values=_values_under(team, readable),
        complete=team.releases.opens_all_of(readable),
    )


def device_exposure(team: Team, dpk: DevicePk) -> Exposure:
    """Return the values that one device could read and that have not changed since, newest first.

    Other than for a person, only keys count that were made out to it, or that it drew.
    """
    team.replica.refresh()
    readable = openable_epochs(team.replica.state, {dpk})
    person = team.people.of_device(dpk)
    return Exposure(
        id=dpk.hex()[:SHORT_HEX],
        who=f"{person.device or dpk.hex()[:SHORT_HEX]} of {person.display_name}",
        is_member=team.replica.state.is_active(dpk),
        values=_values_under(team, readable),
        complete=team.releases.opens_all_of(readable),
    )


def _values_under(team: Team, readable: frozenset[EpochId]) -> tuple[ExposedValue, ...]:
    """Return the values in use that some release under one of these keys gives, newest first."""
    releases = team.releases
    histories = {triple: releases.of(triple) for triple in releases.environments()}
    # What is shadowed nobody uses; whoever read it knows the values all the same.
    shadowed = [found for triple in histories for found in releases.shadowed(triple)]
    known = known_values(
        s for found in (*histories.values(), *shadowed) for s in _read(team, found, readable)
    )
    values = [
        _value(team, triple, found, one)
        for triple, found in histories.items()
        for one in exposed(found.history, known)
    ]
    values.sort(key=lambda value: (value.triple, value.name))
    values.sort(key=lambda value: (value.height, value.id), reverse=True)
    return tuple(values)


def _read(team: Team, found: EnvironmentHistory, readable: frozenset[EpochId]) -> Iterator[Snapshot]:
    """Yield what the releases hold that are under one of these keys; a void one was read as well."""
    for record, snapshot in found.snapshots.items():
        if team.replica.epoch_of(team.replica.record(record)) in readable:
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
