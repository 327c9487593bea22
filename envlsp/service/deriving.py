"""The newest values of an environment: out of the row of `reading`, or from the records themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from envlsp.domain.environment import Triple
from envlsp.domain.layout import merge_layouts, render, values_of
from envlsp.domain.merge import View
from envlsp.domain.release import Layout, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.service.freshness import note_confirmed
from envlsp.service.history import EnvironmentHistory
from envlsp.service.reading import Reading, file_mark, keep_reading, known_reading, no_release
from envlsp.service.team import Team


def read_environment(team: Team, triple: Triple, dialect: str) -> Reading:
    """Return the newest values of an environment, references resolved.

    Raises:
        NotFound: it has no release yet.
        WaitingForKey: it has, and we hold no key to it yet.
        NoAccess: this device was removed from the team.
    """
    known = known_reading(team.store.views, str(triple), dialect)
    if known is not None:
        return known
    generation = team.store.views.generation()
    reading = derive(team, triple, dialect)
    keep_reading(team.store.views, generation, str(triple), dialect, reading)
    note_confirmed(team.replica)  # who is in the team may have changed, and so who could confirm it
    return reading


def derive(team: Team, triple: Triple, dialect: str) -> Reading:
    """Return the newest values, from the records themselves.

    Raises:
        NotFound, WaitingForKey: there is nothing to read, or no key to it yet.
        NoAccess: we are not among those who may read it.
    """
    found = team.releases.of(triple)
    view = found.view()
    if not view.heads or not team.releases.is_readable(triple):
        # What was made upon a release that we cannot open would silently be missing.
        raise no_release(team, triple)
    snapshot = view_snapshot(found, view)
    mark = b"" if view.conflicts else file_mark(team.vault.open().lsk, render(snapshot, dialect).data)
    doubtful = _referring(snapshot.entries, view.conflicts.keys())
    values = {name: value for name, value in decoded(snapshot, dialect).items() if name not in doubtful}
    return Reading(
        release="+".join(found.versions.label(head) for head in view.heads),
        literals=snapshot.entries,
        values=values,
        conflicts=(*sorted(view.conflicts), *sorted(doubtful)),
        rendering=mark,
    )


def _referring(
    entries: Mapping[SecretName, SecretText], unsettled: Collection[SecretName]
) -> set[SecretName]:
    """Return the names whose literals may refer to an unsettled one, directly or through others.

    Expanded without it they would be wrong, and nobody would notice. Errs on the safe
    side: it is enough that a literal with a `$` has the name in it.
    """
    found, news = set[SecretName](), set(unsettled)
    while news:
        needles = [name.encode() for name in news]
        news = {
            name
            for name, literal in entries.items()
            if name not in found and b"$" in literal.reveal() and _has_any(literal.reveal(), needles)
        }
        found |= news
    return found


def _has_any(literal: bytes, needles: list[bytes]) -> bool:
    return any(needle in literal for needle in needles)


def decoded(snapshot: Snapshot, dialect: str) -> dict[SecretName, SecretText]:
    """Return what programs see, references resolved inside the snapshot itself.

    Raises:
        BadText: literals that are not one value by themselves, by name.
    """
    found = values_of(snapshot, dialect).values
    return {
        SecretName(name): value
        for name, value in found.items()
        if value is not None and name in snapshot.entries
    }


def view_snapshot(found: EnvironmentHistory, view: View[SecretText]) -> Snapshot:
    """Return a view with the layout its heads give (A3, "Merge of heads").

    Names in conflict are left out, and then the layout is too.
    """
    if view.conflicts:
        return Snapshot(view.entries)
    if len(view.heads) == 1:
        return found.snapshots[view.heads[0]]
    return Snapshot(view.entries, merged_layout(found, view, view.entries))


def merged_layout(
    found: EnvironmentHistory, view: View[SecretText], names: Collection[SecretName]
) -> Layout | None:
    """Return the layout that the heads of a view give to these names."""
    heads = [found.snapshots[head] for head in reversed(view.heads)]
    return merge_layouts(heads, names) if heads else None
