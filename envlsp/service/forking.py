"""A new team out of what this device can read: the way out where nobody can expel somebody.

The admins' words are lost, or the most senior admin is the attacker and holds them: then
nothing in the old team can be made right (PROTOCOL D.7). The new one has its own keys and
words, the newest values of every environment, the same private projects and restricted
environments, and one member. The old team stays on this device as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from envlsp.domain.environment import Triple
from envlsp.domain.ledger.records import Release
from envlsp.domain.release import ReleaseContent, ReleaseKind, Snapshot
from envlsp.errors import BadConfig, NotFound
from envlsp.service.access.removal import is_removed
from envlsp.service.access.scopes import Covers
from envlsp.service.deriving import view_snapshot
from envlsp.service.environments import create_environment, create_project, create_restricted
from envlsp.service.facade import Service
from envlsp.service.people import Person
from envlsp.service.ports import Talk
from envlsp.service.reading import conflict_error
from envlsp.service.starting import begin_team
from envlsp.service.team import Team
from envlsp.wire.text import to_team_text

AGAIN = "envlsp team fork"


@dataclass(frozen=True, slots=True)
class Forked:
    """What a fork has come to."""

    team: str
    """The text of the new team, which `ev.yaml` names now."""
    before: str
    environments: tuple[Triple, ...]
    left_out: tuple[Triple, ...]
    """Whose newest values this device cannot read."""
    config: Path


@dataclass(frozen=True, slots=True)
class _Taken:
    """What goes along of one environment."""

    triple: Triple
    words: str
    snapshot: Snapshot | None
    """None where nothing was released yet."""


def fork(service: Service, place: Path, person: Person, talk: Talk, *, recovery: bool = True) -> Forked:
    """Found a new team with the newest values of every environment that this device can read.

    Args:
        service: this device.
        place: in a project of the team; its `ev.yaml` names the new team afterwards.
        person: who founds it.
        talk: shown the new recovery words.
        recovery: as `init` has it.

    Raises:
        ConflictedName: releases disagree somewhere; nothing is picked silently.
        BadConfig: `ev.yaml` does not name the team just once.
        UsageError, BadText: the words were not typed back. Nothing has changed then.
    """
    opened = service.open(place)
    old = opened.team
    old.replica.refresh()
    config = opened.context.project.config_path
    before = to_team_text(old.id)
    text = config.read_text(encoding="utf-8")
    if text.count(before) != 1:
        raise BadConfig(f"{config} does not name the team just once", fix=f"edit {config}")
    taken, left_out = _taken(old)
    identity = begin_team(service, person, opened.servers, talk, recovery=recovery, again=AGAIN)
    _seed(service.team(identity), old, taken, opened.servers)
    config.write_text(text.replace(before, to_team_text(identity)), encoding="utf-8")
    return Forked(to_team_text(identity), before, tuple(one.triple for one in taken), left_out, config)


def _taken(old: Team) -> tuple[list[_Taken], tuple[Triple, ...]]:
    """Return what can be read now, and what cannot; somebody who was removed reads what they had."""
    taken, left_out = list[_Taken](), list[Triple]()
    for triple, is_archived in old.releases.environments().items():
        if is_archived:
            continue
        if old.releases.waits(triple) and not is_removed(old.replica):
            left_out.append(triple)
            continue
        found = old.releases.of(triple)
        view = found.view()
        if view.conflicts:
            raise conflict_error(tuple(sorted(view.conflicts)))
        words = "+".join(found.versions.label(head) for head in view.heads)
        taken.append(_Taken(triple, words, view_snapshot(found, view) if view.heads else None))
    if not taken:
        raise NotFound("there is nothing on this device that a new team could begin with", fix=AGAIN)
    return taken, tuple(left_out)


def _seed(new: Team, old: Team, taken: list[_Taken], servers: tuple[str, ...]) -> None:
    """Write all of it into the new team, or nothing."""
    new.store.peers.set_servers(servers)
    with new.replica.writing():
        for covers in _private(old):
            if covers.is_project:
                create_project(new, covers.project)
            else:
                create_restricted(new, Triple(covers.project, covers.app, covers.env))
        for one in taken:
            if one.snapshot is None:
                if one.triple not in new.releases.environments():
                    create_environment(new, one.triple)
                continue
            content = ReleaseContent(
                ts=new.replica.now(),
                kind=ReleaseKind.PUSH,
                message=f"{one.words} of {to_team_text(old.id)}",
                triple=one.triple,
                base=(),
                of=None,
                snapshot=one.snapshot,
            )
            new.replica.append(Release(new.releases.scope_of(one.triple)), content)


def _private(old: Team) -> list[Covers]:
    """Return what has readers of its own: single environments first, as they must be made."""
    found = {scope.covers for scope in old.releases.scopes.all() if scope.covers is not None}
    return sorted(found, key=lambda covers: (covers.is_project, str(covers)))
