"""`init`: a new team from a folder, or one more project of a team this device is in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from envlsp.crypto.device import device_keys, new_seeds
from envlsp.crypto.recovery import new_entropy, root_key
from envlsp.domain.environment import Triple, is_label
from envlsp.domain.ids import TeamId
from envlsp.domain.ledger.records import Role
from envlsp.errors import BadText, Misuse, NotInitialised, UsageError
from envlsp.service.access.rights import demand_role
from envlsp.service.config import FILE_NAME, App, Config, signaling_servers, write_new_config
from envlsp.service.context import open_project
from envlsp.service.environments import create_environment
from envlsp.service.facade import Service, parse_team
from envlsp.service.founding import found_team
from envlsp.service.people import Person
from envlsp.service.ports import Talk
from envlsp.service.recovery.words import Sheet, keep_words
from envlsp.service.results import InitResult
from envlsp.service.team import Team
from envlsp.service.working_copy import check_writable, read_working_copy
from envlsp.store.keyfile import DeviceSeeds
from envlsp.wire.text import to_team_text

DEFAULT_ENV = "dev"


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What `init` was told."""

    person: Person
    project: str | None = None
    """By default the folder's name."""
    signaling: tuple[str, ...] = ()
    team: str | None = None
    """An existing team's text, where this device is in several."""
    new_team: bool = False
    """Found another team although this device is in one already."""
    recovery: bool = True
    """Make recovery words and have them retyped."""
    dialect: str = "node"


def init(service: Service, place: Path, options: InitOptions, *, talk: Talk | None = None) -> InitResult:
    """Put a folder under the care of a team.

    Founds the team unless this device is in one; then the folder becomes one more
    project of it. Nothing of a `.env` is shared yet: that is the first push. What has to
    be asked, `talk` asks: by default the service's person.

    Raises:
        Misuse: the folder has an `ev.yaml` already, or git tracks its `.env`.
        UsageError: words have to be retyped and nobody is there.
        BadText: no possible name for the project.
    """
    place = place.resolve()
    _refuse_existing(service, place)
    name = options.project or _project_name(place)
    if not is_label(name):
        raise BadText("a project is named a-z, 0-9, '.', '_' or '-', at most 64", fix="--project NAME")
    check_writable(place / ".env")
    team, is_new = _choose_team(service, options, talk or service.talk)
    if not is_new:
        _demand_place(service.team(team), Triple(name, name, DEFAULT_ENV))
    config = Config(
        team=to_team_text(team),
        project=name,
        apps={name: App(name, PurePosixPath(), options.dialect)},
        default_env=DEFAULT_ENV,
        signaling=options.signaling,
        dialect=options.dialect,
    )
    path = write_new_config(place, config)
    opened = service.open(place)
    opened.team.store.peers.set_servers(opened.servers)
    if opened.context.triple not in opened.team.releases.environments():
        create_environment(opened.team, opened.context.triple)
    found = read_working_copy(opened.context.file, opened.context.dialect)
    return InitResult(
        team=config.team,
        project=name,
        new_team=is_new,
        config=path,
        secrets_found=len(found.snapshot.entries) if found.snapshot else 0,
        env_file=found.path,
    )


def _demand_place(team: Team, triple: Triple) -> None:
    """Make sure that the project can have its first environment, before anything is written.

    Raises:
        NoAccess: we may only read.
    """
    if triple not in team.releases.environments():
        demand_role(team.replica, Role.DEVELOPER, team.releases.scope_of(triple))


def _refuse_existing(service: Service, place: Path) -> None:
    if not (place / FILE_NAME).exists():
        return
    team = parse_team(open_project(place).config.team, str(place / FILE_NAME))
    if service.vault.exists and service.vault.open().seeds(team) is not None:
        raise Misuse(f"{place} is a project of your team already", fix="envlsp status")
    raise NotInitialised(f"{place / FILE_NAME} names a team this device is not in", fix="envlsp join CODE")


def _project_name(place: Path) -> str:
    name = re.sub(r"[^a-z0-9._-]+", "-", place.name.lower()).lstrip("._-")[:64]
    return name or "project"


def _choose_team(service: Service, options: InitOptions, talk: Talk) -> tuple[TeamId, bool]:
    """Return the team the project will belong to, founded now if there is none."""
    teams = service.vault.open_or_create(talk).teams()
    if options.team is not None:
        wanted = parse_team(options.team)
        if wanted not in teams:
            raise NotInitialised("this device is not in that team", fix="envlsp join CODE")
        return wanted, False
    if teams and not options.new_team:
        if len(teams) > 1:
            raise UsageError("this device is in several teams", fix="--team tm1… or --new-team")
        return teams[0], False
    servers = options.signaling or signaling_servers(None, service.environ)
    recovery = options.recovery
    return begin_team(service, options.person, servers, talk, recovery=recovery, again="envlsp init"), True


def begin_team(
    service: Service, person: Person, servers: tuple[str, ...], talk: Talk, *, recovery: bool, again: str
) -> TeamId:
    """Found a team with this device as its first; its recovery words are shown, and typed again.

    Args:
        service: this device; it has a device.key.
        person: who founds it.
        servers: what stands on the sheet beside the words.
        talk: the person in front.
        recovery: False draws the root key and throws it away.
        again: the command that founds it, for who has no terminal.

    Raises:
        UsageError, BadText: the words were not typed back; no team was made.
    """
    entropy = new_entropy()
    sign_seed, box_seed = new_seeds()
    keys = device_keys(sign_seed, box_seed)
    founded = found_team(keys, root_key(entropy), person, int(service.clock()))
    if recovery:
        keep_words(
            talk,
            entropy,
            Sheet(founded.team, servers),
            undone="no team was made",
            fix=f"{again} in a terminal, and write the words down; or add --no-recovery",
        )
    else:
        talk.say("no recovery words: if every admin's device is lost, nobody can be let in again")
    # The seeds first: a team without its keys would be lost, keys without a team are nothing.
    service.vault.open().add_team(founded.team, DeviceSeeds(sign_seed, box_seed))
    service.team(founded.team).store.records.author(founded.record)
    return founded.team
