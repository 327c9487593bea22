"""Looking without changing: status, diff, log."""

from __future__ import annotations

from collections.abc import Mapping

from envlsp.domain.ids import TEAM_SCOPE, RecordId
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.domain.working import difference
from envlsp.errors import NotFound
from envlsp.service import own_past
from envlsp.service.access.alarms import alarms
from envlsp.service.access.confirming import doubts
from envlsp.service.access.owed import newer
from envlsp.service.access.removal import is_removed, way_back
from envlsp.service.access.rights import own_role, role_word
from envlsp.service.access.unopened import makers
from envlsp.service.access.voiding import voided_releases
from envlsp.service.context import Context
from envlsp.service.deriving import decoded, view_snapshot
from envlsp.service.freshness import freshness
from envlsp.service.history import EnvironmentHistory
from envlsp.service.reading import conflict_error, is_unreadable, no_release, value_mark
from envlsp.service.results import DiffLine, DiffResult, ReleaseInfo, StatusResult
from envlsp.service.team import Team
from envlsp.service.working_copy import Bases, read_working_copy

FILE_SIDE = "file"
"""What the working copy is called on one side of a diff."""


def status(team: Team, context: Context) -> StatusResult:
    """Return where an environment and its file stand."""
    team.replica.refresh()
    found = team.releases.of(context.triple)
    view, scope = found.view(), found.environment.scope
    copy = read_working_copy(context.file, context.dialect)
    mine = copy.snapshot.entries if copy.snapshot else {}
    based_on = Bases(team.store).get(context.file, context.triple)
    if copy.snapshot is not None and found.newest_says(copy.snapshot):
        based_on = view.heads  # it says the same, whatever was noted before a crash
    return StatusResult(
        team=context.project.config.team,
        triple=context.triple,
        path=context.file,
        exists=copy.data is not None,
        release=team.releases.info(found, view.heads[-1]) if view.heads else None,
        based_on=_labels(found, based_on),
        change=difference(view.entries, mine) if copy.data is not None else difference({}, {}),
        behind=len(found.unseen(based_on or ())),
        conflicts=tuple(sorted(view.conflicts)),
        freshness=freshness(team.replica, view.heads),
        role=role_word(own_role(team.replica, scope), scope),
        removed=is_removed(team.replica),
        rolled_back=team.store.records.is_rolled_back() or own_past.is_behind(team.replica),
        newer=newer(team),
        suspects=tuple(dict.fromkeys(doubt.who for doubt in doubts(team))),
        voided=voided_releases(team, found),
        alarms=alarms(team),
        unopened=makers(team),
        scope="" if scope == TEAM_SCOPE else team.releases.scopes.name(scope),
        shadowed=sum(map(_counted, team.releases.shadowed(context.triple))),
        is_shut=team.releases.is_shut(scope),
        unreadable=not view.heads and is_unreadable(team, context.triple),
        way_back=way_back(team.replica) if is_removed(team.replica) else "",
    )


def _counted(found: EnvironmentHistory) -> int:
    """Return how many releases of a history count, those left out that encrypt another again."""
    nodes = found.history.nodes
    return sum(found.history.has_effect(record) and not found.is_rekey(record) for record in nodes)


def log(team: Team, context: Context) -> list[ReleaseInfo]:
    """Return every release of an environment, newest first, by (height, id).

    Those that only encrypt another one again are left out: they say nothing new.

    Raises:
        StoreError: there are none because records are missing that this device has held.
    """
    team.replica.refresh()
    found = team.releases.of(context.triple)
    if not found.history.nodes and team.store.records.is_rolled_back():
        raise no_release(team, context.triple)
    shown = (record for record in reversed(found.history.in_order()) if not found.is_rekey(record))
    return [team.releases.info(found, record) for record in shown]


def diff(team: Team, context: Context, words: str = "") -> DiffResult:
    """Return the names on which two sides differ.

    Args:
        team: opened.
        context: which environment.
        words: empty for the newest release and the file; `v1` for that and the file;
            `v1..v2` for two releases.

    Raises:
        NotFound, AmbiguousName, BadText: which release is meant.
        ConflictedName: the newest release is not settled.
    """
    old, new = sides(team, context, words)
    return _diff(team, context, old, new)


Side = tuple[str, Snapshot]
"""What people call it, and what it holds."""


def sides(team: Team, context: Context, words: str = "") -> tuple[Side, Side]:
    """Return what `diff` compares; its arguments and errors are the same."""
    team.replica.refresh()
    found = team.releases.of(context.triple)
    if not found.history.heads() or team.releases.is_shut(found.environment.scope):
        raise no_release(team, context.triple)
    if ".." in words:
        older, newer = found.versions.find_range(words)
        return _side(found, older), _side(found, newer)
    record = found.versions.find(words) if words else None
    old = _side(found, record) if record else _newest(found)
    copy = read_working_copy(context.file, context.dialect)
    if copy.snapshot is None:
        raise NotFound(f"there is no {context.file}", fix="envlsp pull, or: envlsp diff v1..v2")
    return old, (FILE_SIDE, copy.snapshot)


def _side(found: EnvironmentHistory, record: RecordId) -> Side:
    return found.versions.label(record), found.snapshots[record]


def _newest(found: EnvironmentHistory) -> Side:
    view = found.view()
    if view.conflicts:
        raise conflict_error(tuple(sorted(view.conflicts)))
    return "+".join(found.versions.label(head) for head in view.heads), view_snapshot(found, view)


def _diff(team: Team, context: Context, old: Side, new: Side) -> DiffResult:
    names = difference(old[1].entries, new[1].entries).names()
    before, after = (decoded(side[1], context.dialect) for side in (old, new))

    def mark(values: Mapping[SecretName, SecretText], name: SecretName) -> str:
        return value_mark(team, values[name]) if name in values else ""

    lines = [
        DiffLine(name, before.get(name), after.get(name), mark(before, name), mark(after, name))
        for name in names
    ]
    return DiffResult(old[0], new[0], tuple(lines))


def _labels(found: EnvironmentHistory, heads: tuple[RecordId, ...] | None) -> str | None:
    known = [head for head in heads or () if head in found.history.nodes]
    return "+".join(found.versions.label(head) for head in known) or None
