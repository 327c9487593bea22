"""Bringing a working copy in step with the releases: pull, and what follows a new release.

Local edits are never overwritten: they merge name by name, and a name that both
sides changed stops the pull with nothing written.
"""

from __future__ import annotations

from enum import Enum, auto

from envlsp.domain.layout import edit_layout, render
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName
from envlsp.domain.working import Difference, difference, merge_working
from envlsp.errors import LocalChanges
from envlsp.service.context import Context
from envlsp.service.deriving import view_snapshot
from envlsp.service.history import EnvironmentHistory
from envlsp.service.reading import no_release
from envlsp.service.results import PullResult
from envlsp.service.sides import told_conflict
from envlsp.service.team import Team
from envlsp.service.working_copy import (
    Bases,
    WorkingCopy,
    check_writable,
    read_working_copy,
    write_working_copy,
)


class FileState(Enum):
    """How the file stands after a release was made without it."""

    IN_STEP = auto()
    UPDATED = auto()
    ABSENT = auto()
    DIFFERS = auto()


def pull(team: Team, context: Context, *, force: bool = False) -> PullResult:
    """Bring the file in step with the newest release, local edits kept.

    Args:
        team: opened; synced before, if anybody could be reached.
        context: which environment.
        force: take the release as it is and drop local edits.

    Raises:
        NotFound, WaitingForKey: there is no release, or no key to it yet.
        NoAccess: we are not among those who may read it.
        ConflictedName: releases disagree; nothing is written.
        LocalChanges: the file and the release changed the same names; nothing is written.
        Misuse: git keeps the file.
    """
    team.replica.refresh()
    found = team.releases.of(context.triple)
    view = found.view()
    if not view.heads or not team.releases.is_readable(context.triple):
        raise no_release(team, context.triple)
    if view.conflicts:
        raise told_conflict(team, found, context.dialect)
    target = view_snapshot(found, view)
    rendered = render(target, context.dialect)
    copy = read_working_copy(context.file, context.dialect)
    base = base_snapshot(team, context, found)
    data, kept = (rendered.data, Difference())
    if not force:
        data, kept = _merged(base, copy, target, context.dialect)
    check_writable(context.file)  # also where the file is right already: git may not keep it
    if data != copy.data:
        write_working_copy(context.file, data)
    Bases(team.store).set(context.file, context.triple, view.heads)
    return PullResult(
        path=context.file,
        release=team.releases.info(found, view.heads[-1]),
        change=_change(copy, target, kept),
        written=data != copy.data,
        kept_edits=kept,
        layout_dropped=rendered.dropped_layout,
    )


def bring_along(team: Team, context: Context, before: EnvironmentHistory) -> FileState:
    """Write the newest release into a file that had no local edits.

    Args:
        team: opened, the new release stored.
        context: which environment.
        before: its releases as they were until then.
    """
    copy = read_working_copy(context.file, context.dialect)
    if copy.data is None:
        return FileState.ABSENT
    old = before.view()
    is_clean = bool(old.heads) and not old.conflicts
    if not is_clean or render(view_snapshot(before, old), context.dialect).data != copy.data:
        return FileState.DIFFERS
    found = team.releases.of(context.triple)
    view = found.view()
    data = render(view_snapshot(found, view), context.dialect).data
    if data != copy.data:
        check_writable(context.file)
        write_working_copy(context.file, data)
    Bases(team.store).set(context.file, context.triple, view.heads)
    return FileState.UPDATED


def base_snapshot(team: Team, context: Context, found: EnvironmentHistory) -> Snapshot | None:
    """Return the releases the file was last in step with, merged; None where nobody knows."""
    heads = Bases(team.store).get(context.file, context.triple)
    if not heads or any(head not in found.history.nodes for head in heads):
        return None
    view = found.history.view(heads)
    if view.conflicts:
        return None
    layout = found.snapshots[heads[0]].layout if len(heads) == 1 else None
    return Snapshot(view.entries, layout)


def _merged(
    base: Snapshot | None, copy: WorkingCopy, target: Snapshot, dialect: str
) -> tuple[bytes, Difference]:
    """Return what the file should hold, and which local edits are in it."""
    rendered, mine = render(target, dialect).data, copy.snapshot
    is_untouched = base is not None and render(base, dialect).data == copy.data
    if mine is None or copy.data is None or copy.data == rendered or is_untouched:
        return rendered, Difference()
    merged = merge_working(base.entries if base else None, mine.entries, target.entries)
    if merged.conflicts:
        raise _both_changed(merged.conflicts)
    kept = difference(target.entries, merged.entries)
    if merged.entries == mine.entries:
        return copy.data, kept
    edited = Snapshot(merged.entries, edit_layout(mine.layout, merged.entries))
    return render(edited, dialect).data, kept


def _both_changed(names: tuple[SecretName, ...]) -> LocalChanges:
    return LocalChanges(
        f"{', '.join(names)} changed here and in the newest release",
        fix="envlsp diff, then edit the file to match, or: envlsp pull --force",
    )


def _change(copy: WorkingCopy, target: Snapshot, kept: Difference) -> Difference:
    """Return what a pull changed in the file: all that differed, but for the kept edits."""
    before = copy.snapshot.entries if copy.snapshot else {}
    found, own = difference(before, target.entries), set(kept.names())
    return Difference(
        added=tuple(name for name in found.added if name not in own),
        changed=tuple(name for name in found.changed if name not in own),
        removed=tuple(name for name in found.removed if name not in own),
    )
