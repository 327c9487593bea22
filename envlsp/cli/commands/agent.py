"""`envlsp agent`: keep this device reachable for teammates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envlsp.cli.main import Frame

if TYPE_CHECKING:
    from envlsp.service.agent.units import Unit


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Stay online in the foreground and sync with teammates, until interrupted.

    Other commands of this device use its connections, and its unlocked key. While an
    editor does the same already, the agent stands by, and takes over when it is closed.

    `envlsp agent install` has the system start it whenever you log in.
    """
    if context.invoked_subcommand is not None:
        return
    from envlsp.service.network.running import run_agent

    frame = context.ensure_object(Frame)

    def ready() -> None:
        if frame.json:
            frame.output.document({"ready": True})
        else:
            frame.output.say("ready")

    def stand_by(holder: str) -> None:
        if frame.json:
            frame.output.document({"ready": False, "node": holder})
        else:
            frame.output.say(f"{holder} keeps this device reachable; standing by")

    with frame.service() as service:
        run_agent(service, ready, stand_by)


@command.command()
@click.option("--print", "is_printed", is_flag=True, help="Show the file, and write nothing.")
@click.pass_obj
def install(frame: Frame, is_printed: bool) -> None:
    """Write the file with which systemd or launchd starts the agent when you log in.

    It starts nothing by itself: the two commands that do are shown. The agent runs as
    you, for the device that this command is about, and writes to its folder alone.
    """
    from envlsp.service.agent import units

    unit = _unit(frame)
    if is_printed:
        frame.output.raw(unit.text.encode())
        return
    made = units.install(unit)
    if frame.json:
        commands = list(unit.enable)
        frame.output.document({"path": str(unit.path), "made": made, "enable": commands})
        return
    frame.output.line(f"{unit.path} {'is written' if made else 'was there already'}; to start it:")
    for line in unit.enable:
        frame.output.line(f"  {line}")


@command.command()
@click.pass_obj
def uninstall(frame: Frame) -> None:
    """Remove that file again, if envlsp wrote it.

    It stops nothing by itself: the command that does is shown, to be entered first.
    """
    from envlsp.service.agent import units

    unit = _unit(frame)
    removed = units.uninstall(unit)
    if frame.json:
        frame.output.document({"path": str(unit.path), "removed": removed, "disable": list(unit.disable)})
        return
    frame.output.line(f"{unit.path} {'is removed' if removed else 'was not there'}")
    if removed:
        frame.output.say(f"an agent that it has started goes on until: {unit.disable[0]}")


@command.command()
@click.pass_obj
def status(frame: Frame) -> None:
    """Say whether the system starts the agent, and which process keeps this device reachable now."""
    from envlsp.service.agent import units
    from envlsp.service.listening import connect
    from envlsp.store.lock import FileLock

    unit = _unit(frame)
    found = units.look(unit)
    with frame.service() as service:
        client = connect(service.home)
        holder = FileLock(service.home.node_lock).holder()
    if client is not None:
        client.close()
    node = holder if client is not None else ""
    if frame.json:
        kinds = {"installed": found.is_installed, "ours": found.is_ours, "current": found.is_current}
        frame.output.document({"path": str(unit.path), **kinds, "node": node or None})
        return
    words = "as envlsp would write it" if found.is_current else "with other words than envlsp would write"
    frame.output.line(f"{unit.path} is there, {words}" if found.is_installed else "not installed")
    frame.output.line(f"{node} keeps this device reachable" if node else "no process keeps it reachable now")
    if not found.is_installed:
        frame.output.say("to have it started when you log in: envlsp agent install")


def _unit(frame: Frame) -> Unit:
    from pathlib import Path

    from envlsp.service.agent.units import Device, agent_command, unit_for

    with frame.service() as service:
        home, environ = service.home, service.environ
    places = (Path(home.root), Path(home.node_socket))
    needs_tmp = any(place.is_relative_to(tmp) for place in places for tmp in ("/tmp", "/var/tmp"))  # noqa: S108
    return unit_for(Device(Path.home(), places[0], needs_tmp, environ, agent_command()))
