"""`envlsp backup`: all of a team in one sealed file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from envlsp.cli.delivery import courier
from envlsp.cli.environment import offline_option, opened_team
from envlsp.cli.main import Frame
from envlsp.cli.shapes import when
from envlsp.cli.words import count
from envlsp.service.verbs.safekeeping_shapes import backup_fields, verified_fields

if TYPE_CHECKING:
    from envlsp.service.recovery.backups import Verified


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--verify", is_flag=True, help="Read FILE to its end instead, and compare it with this device.")
@offline_option
@click.pass_obj
def command(frame: Frame, file: Path, verify: bool, offline: bool) -> None:
    """Write all of the team's history to FILE, sealed, in place of an older backup.

    Safe to keep anywhere: only the recovery words, and members of now, open it. With the
    words it brings the team back when every device is lost: envlsp recover --from FILE.
    """
    from envlsp.service.verbs import safekeeping

    with opened_team(frame) as (service, opened):
        if verify:
            _show(frame, safekeeping.check(opened, file))
            return
        made = safekeeping.back_up(courier(frame, service, opened, offline=offline), opened, file)
    if frame.json:
        frame.output.document(backup_fields(made))
    else:
        frame.output.line(f"{made.path}  {count(made.records, 'record')}, {made.size_bytes // 1024 + 1} KiB")
        frame.output.say("keep it away from the recovery words, and make a new one from time to time")


def _show(frame: Frame, found: Verified) -> None:
    if frame.json:
        frame.output.document(verified_fields(found))
    else:
        frame.output.line(f"{found.path} is whole: {count(found.records, 'record')}, made {when(found.ts)}")
    if found.newer:
        frame.output.say(f"this device has {count(found.newer, 'record')} that are not in it")
    if found.unknown:
        frame.output.say(f"it has {count(found.unknown, 'record')} that this device lacks: envlsp sync")
    if not found.has_root:
        frame.output.warn("other recovery words count since: make a new one")
    else:
        frame.output.say("only the words themselves can show that they open it")
