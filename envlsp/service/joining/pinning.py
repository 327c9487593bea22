"""Which team we are about to be in, and that it is this one for ever (PROTOCOL E.1).

The same for every way in: by a spoken code, a link, or a welcome from a machine without
a network. A team is pinned, and our keys in it are on the disk, before any record of it.
"""

from __future__ import annotations

from envlsp.domain.ids import TeamId
from envlsp.errors import BadConfig, TrustError
from envlsp.service.access.removal import is_removed
from envlsp.service.context import Project
from envlsp.service.facade import Service, team_of
from envlsp.service.team import Team
from envlsp.store.keyfile import DeviceSeeds
from envlsp.wire.text import to_team_text


def check_team(service: Service, project: Project | None, team: TeamId, *, what: str = "the code") -> str:
    """Make sure that we may join this team; return what to ask the person first, if anything.

    Args:
        service: this device.
        project: where we stand, if in one: the team must be its team, and nothing is asked.
        team: the one that somebody named.
        what: what named the team, for the person.

    Raises:
        TrustError: another one than `ev.yaml` names.
        BadConfig: this device is in it.
    """
    text = to_team_text(team)
    if project is not None and team_of(project) != team:
        raise TrustError(
            f"{what} is for the team {text}, and {project.config_path} names another",
            fix="ask for one of this project's team",
        )
    if is_member(service, team):
        raise BadConfig(
            "this device is in that team already",
            fix="envlsp status; after a removal, envlsp sync first: it says so",
        )
    return "" if project is not None else f"{what} is for the team {text}; is that the one?"


def said_no() -> TrustError:
    """Return what it means that the person does not know the team."""
    return TrustError("you said no; nothing was joined")


def is_member(service: Service, team: TeamId) -> bool:
    """Return whether this device is in a team; not so after a removal, or a join that broke off."""
    if service.vault.open().seeds(team) is None:
        return False
    replica = service.team(team).replica
    return len(replica.ledger) > 0 and not is_removed(replica)


def pin_team(service: Service, identity: TeamId, seeds: DeviceSeeds, servers: tuple[str, ...]) -> Team:
    """Keep our keys in a team, in place of those of an earlier time; return the team, opened."""
    device = service.vault.open()
    if device.seeds(identity) not in {None, seeds}:  # no record of theirs counts again
        service.forget(identity)
        device.remove_team(identity)
    device.add_team(identity, seeds)
    team = service.team(identity)
    if team.store.records.is_rolled_back():
        team.store.records.accept_loss()  # the mark is about the earlier keys
    team.store.peers.set_servers(servers)
    return team
