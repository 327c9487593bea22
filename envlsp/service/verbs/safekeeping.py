"""What outlives every device: backup files, and coming back with the recovery words.

Recovering has no command of an editor: an editor keeps what is typed into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from envlsp.service.access.exposure import exposure
from envlsp.service.config import MEMBERS_MAX
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.network.errands import tell_node
from envlsp.service.ports import Talk
from envlsp.service.recovery.backups import Backup, Verified, verify_backup, write_backup
from envlsp.service.recovery.recovering import Options, recover
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import asked, courier_of, open_team
from envlsp.service.verbs.outcomes import CameBack
from envlsp.service.verbs.safekeeping_shapes import backup_fields, verified_fields
from envlsp.wire.text import to_team_text


def back_up(courier: Courier, opened: OpenedTeam, path: Path) -> Backup:
    """Get the news, and write all there is to a file."""
    courier.fetch()
    return write_backup(opened.team.replica, path, opened.servers)


def check(opened: OpenedTeam, path: Path) -> Verified:
    """Read a backup to its end and compare it with what is here."""
    return verify_backup(opened.team.replica, path)


def come_back(service: Service, options: Options, talk: Talk) -> CameBack:
    """Come back with the recovery words, and tell whoever is online.

    Raises:
        EnvlspError: as `recover` does.
    """
    found = recover(service, options, talk=talk)
    team = found.team
    tell_node(service, team.id, "joined")
    servers = options.servers or service.servers_of(team.id)
    courier = Courier(service, OpenedTeam(team, servers, MEMBERS_MAX), talk.say, offline=options.offline)
    people = team.people
    devices = (people.of_device(dpk) for dpk in found.removed_devices)
    return CameBack(
        recovered=found,
        team=to_team_text(team.id),
        name=people.of_user(found.user).display_name,
        members=len(team.replica.state.members),
        removed=(
            *(people.of_user(user).display_name for user in found.removed),
            *(f"{one.device or 'a device'} of {one.name}" for one in devices),
        ),
        exposures=tuple(exposure(team, user) for user in found.removed),
        reached=courier.deliver(),
    )


# --- for an editor -----------------------------------------------------------------------------


def _backup(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    path = desk.folder / asked(desk, arguments, "file", "the file to write, or to check")
    if arguments.flag("verify"):
        return verified_fields(check(opened, path))
    return backup_fields(back_up(courier_of(desk, opened, arguments), opened, path))


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {"backup": _backup}
