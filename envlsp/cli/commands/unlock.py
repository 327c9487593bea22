"""`envlsp unlock`: let this device's keys be used again, for a time."""

from __future__ import annotations

import click

from envlsp.cli.main import Frame
from envlsp.cli.words import lasting


@click.command()
@click.option(
    "--for",
    "duration",
    metavar="TIME",
    help="For how long, such as 30m, 8h, 2d or forever. [default: 8h; ENVLSP_UNLOCK_FOR says another]",
)
@click.pass_obj
def command(frame: Frame, duration: str | None) -> None:
    """Type the passphrase once, and let the running agent or editor hold the key for a time.

    With neither running there is nobody to hold it, and each command asks by itself.
    When the time is over, everything is as after envlsp lock.
    """
    from envlsp.service.locking import unlock
    from envlsp.service.unlocked_for import to_seconds
    from envlsp.service.verbs.lock_shapes import unlocked_fields

    for_s = None if duration is None else to_seconds(duration)
    with frame.service() as service:
        result = unlock(service, frame.talk, for_s)
    if frame.json:
        frame.output.document(unlocked_fields(result))
        return
    if not result.kept:
        frame.output.line("that opens this device")
        frame.output.say(
            "nothing is running that could hold the key, so each command asks;"
            " start envlsp agent, or an editor, and unlock again"
        )
        return
    until = "" if result.left_s is None else f" for {lasting(result.left_s)}"
    more = "" if result.left_s is None else f", for {lasting(result.left_s)} more"
    frame.output.line(f"unlocked{until}" if result.changed else f"it is unlocked already{more}")
