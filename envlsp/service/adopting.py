"""Bringing back a release that a removal made void: under the adopter's name (PROTOCOL C.5, C.6).

What is adopted is what that release changed, and nothing else: the new one is made upon
what the void one was made upon, so it merges with all that was released since, and a
name that somebody changed meanwhile is in conflict instead of lost.
"""

from __future__ import annotations

from envlsp.domain.ids import RecordId
from envlsp.domain.release import ReleaseKind
from envlsp.errors import Misuse
from envlsp.service.context import Context
from envlsp.service.history import EnvironmentHistory
from envlsp.service.pushing import Made, make_ready, make_release, with_file
from envlsp.service.reading import no_release
from envlsp.service.team import Team


def adopt(team: Team, context: Context, words: str) -> Made:
    """Make a release that says what a void one said, and bring a clean file along.

    Args:
        team: opened.
        context: which environment.
        words: `v3-b7f2`, or the first letters of an id.

    Returns:
        The new release; the one that adopted it before, where there is one.

    Raises:
        NotFound, AmbiguousName, BadText: which release is meant.
        Misuse: it is not void, or nothing that it was made upon is believed.
        NoAccess: we may only read.
    """
    with team.replica.writing():
        make_ready(team, context.triple)
        found = team.releases.of(context.triple)
        if not found.history.nodes:
            raise no_release(team, context.triple)
        target = found.origin(found.versions.find(words))
        _check_void(found, target)
        if (before := adopted_by(found, target)) is not None:
            return Made(False, team.releases.info(found, before))
        author = team.people.of_device(found.history.nodes[target].author).name
        record = make_release(
            team,
            context,
            ReleaseKind.ADOPT,
            f"adopt {found.versions.long_label(target)} by {author}",
            found.snapshots[target],
            base=found.opened[target].base,
            of=target,
        )
    return with_file(team, context, found, record)


def adopted_by(found: EnvironmentHistory, target: RecordId) -> RecordId | None:
    """Return the release with effect that adopted this one, if any."""
    for record in found.history.in_order():
        node = found.history.nodes[record]
        if node.kind is ReleaseKind.ADOPT and node.of == target and found.history.has_effect(record):
            return record
    return None


def _check_void(found: EnvironmentHistory, target: RecordId) -> None:
    label = found.versions.label(target)
    if not found.history.nodes[target].void:
        raise Misuse(f"{label} counts as it is", fix=f"envlsp rollback {label}, to go back to it")
    if not found.history.is_sound(target):
        raise Misuse(f"what {label} says it was made upon is not so", fix="envlsp log --all")
