"""`envlsp lsp`: the language server, for editors to start."""

from __future__ import annotations

import click

from envlsp.cli.main import Frame
from envlsp.cli.serve import LOOPBACK, serve, serve_tcp
from envlsp.errors import UsageError


@click.command()
@click.option("--stdio", is_flag=True, help="Speak on stdin and stdout, as without it.")
@click.option(
    "--tcp",
    metavar="[HOST:]PORT",
    help="For debugging: wait for one editor to connect, on this machine only. Port 0 takes a free one.",
)
@click.pass_obj
def command(frame: Frame, stdio: bool, tcp: str | None) -> int:
    """Serve an editor by the Language Server Protocol.

    Editors start this themselves; see docs/guides and docs/lsp-extensions.md.
    """
    if not tcp:
        return serve()
    if stdio:
        raise UsageError("--stdio and --tcp exclude each other", fix="leave one of them out")
    host, _, port = tcp.rpartition(":")
    host = host.strip("[]") or LOOPBACK[0]
    if host not in LOOPBACK:
        raise UsageError("an editor may connect from this machine only", fix=f"--tcp {LOOPBACK[0]}:{port}")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError("that is no port", fix="--tcp PORT, a number up to 65535")
    return serve_tcp(host, int(port), lambda at, number: frame.output.say(f"waiting on {at}:{number}"))
