"""`envlsp log`: the releases of an environment, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envlsp.cli.environment import Here, environment_words, opened
from envlsp.cli.main import Frame
from envlsp.cli.shapes import when
from envlsp.cli.words import count
from envlsp.service.verbs.shapes import counts, log_fields, whole_log_fields

if TYPE_CHECKING:
    from envlsp.service.results import ReleaseInfo
    from envlsp.service.whole_log import Logged


@click.command()
@environment_words
@click.option("-n", "limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="What does not count too, and why it does not.")
@click.pass_obj
def command(frame: Frame, target: str | None, env: str | None, limit: int | None, everything: bool) -> None:
    """Show who released what and when, newest first.

    With --all also what does not count: releases that a removal made void, those of the
    same name in a scope that the name does not mean, and those that only encrypt another
    one again.
    """
    if everything:
        _show_everything(frame, target, env, limit)
        return
    from envlsp.service.comparing import log

    with opened(frame, target, env) as here:
        releases = log(here.team, here.context)
        none = "" if releases else _nothing(here)
    shown = [release for release in releases if not release.void][:limit]
    if frame.json:
        frame.output.document(log_fields(shown))
    else:
        frame.output.table(map(_row, shown), ("RELEASE", "AUTHOR", "WHEN", "NAMES", "MESSAGE"))
    if void := sum(release.void for release in releases):
        frame.output.say(f"{count(void, 'void release')} left out: envlsp log --all")
    elif none:
        frame.output.say(none)


def _nothing(here: Here) -> str:
    from envlsp.service.reading import is_unreadable

    if is_unreadable(here.team, here.context.triple):
        return "no release that you can read: envlsp sync, or ask an admin to let you in"
    return "no release yet: envlsp push"


def _row(release: ReleaseInfo) -> tuple[str, ...]:
    return release.label, release.author, when(release.ts), counts(release.changed), release.message


def _show_everything(frame: Frame, target: str | None, env: str | None, limit: int | None) -> None:
    from envlsp.service.whole_log import whole_log

    with opened(frame, target, env) as here:
        found = whole_log(here.team, here.context)[:limit]
        none = "" if found else _nothing(here)
    if frame.json:
        frame.output.document(whole_log_fields(found))
        return
    header = ("RELEASE", "AUTHOR", "WHEN", "NAMES", "STANDS AS", "MESSAGE")
    frame.output.table(map(_whole_row, found), header)
    if none:
        frame.output.say(none)


def _whole_row(one: Logged) -> tuple[str, ...]:
    release = one.release
    said = "; ".join(filter(None, (release.message, one.why)))
    names = counts(release.changed)
    return release.label, release.author, when(release.ts), names, one.standing.value, said
