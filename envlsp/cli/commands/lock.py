"""`envlsp lock`: let every process of this device forget its keys."""

from __future__ import annotations

import click

from envlsp.cli.main import Frame


@click.command()
@click.pass_obj
def command(frame: Frame) -> None:
    """Lock this device: the agent, editors and commands forget its keys at once.

    An agent ends its connections and goes on running, so that it can be unlocked.
    What is in a .env file stays there, and a program started by envlsp run keeps what it was given.
    """
    from envlsp.service.locking import lock
    from envlsp.service.verbs.lock_shapes import locked_fields

    with frame.service() as service:
        changed = lock(service)
    if frame.json:
        frame.output.document(locked_fields(changed=changed))
    else:
        frame.output.line("locked" if changed else "it was locked already")
