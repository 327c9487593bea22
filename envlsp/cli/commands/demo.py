"""`envlsp demo`: two teammates share a `.env` on this machine, in a folder of their own.

Knows nothing of teams and releases: it starts the programs that users run, and shows
what they say.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from envlsp.cli.failures import EXIT_GENERIC, tell

_ENDS = (signal.SIGTERM, signal.SIGHUP)
"""Being told to stop, and the terminal being closed; Ctrl-C is Python's own affair."""


@click.command()
@click.option("--keep", is_flag=True, help="Leave the folder in place, to look around in it.")
def command(keep: bool) -> int:
    """Show two teammates at work: real processes, a real connection, nothing of yours touched.

    Alice makes a team from a .env and invites Bob; they push, pull, compare, go
    back, and run a program. Everything happens in a temporary folder.
    """
    from envlsp.cli.demo.children import Children, Stopped
    from envlsp.cli.demo.scenes import Play
    from envlsp.cli.demo.stage import Actor, Stage

    with _folder(keep=keep) as root, Children() as children:
        stage = Stage(root, children)
        play = Play(
            stage,
            Actor(stage, "server", "dim"),
            Actor(stage, "alice", "green", "alice@example.com"),
            Actor(stage, "bob", "yellow", "bob@example.com"),
        )
        try:
            play.run()
        except Stopped as exc:
            fix = f"look at {root}" if keep else "envlsp demo --keep, and look at what it leaves"
            return tell(f"the demo stopped at {exc}", fix, EXIT_GENERIC)
        end = "it stays there, as you asked" if keep else "that is removed now"
        stage.tell(f"No secret was written outside {root}; {end}.")
    return 0


@contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    """Make a folder for the length of a `with` block; a polite end by a signal removes it too."""
    root = Path(tempfile.mkdtemp(prefix="envlsp-demo-"))
    before = {number: signal.signal(number, _end) for number in _ENDS}
    try:
        yield root
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if not keep:
            shutil.rmtree(root, ignore_errors=True)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
