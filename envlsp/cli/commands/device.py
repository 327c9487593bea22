"""`envlsp device`: the machines that are you."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import offline_option, opened_team
from envlsp.cli.letting_in import show_code
from envlsp.cli.main import Frame
from envlsp.cli.shapes import when
from envlsp.service.verbs.device_shapes import devices_fields, lost_fields

if TYPE_CHECKING:
    from envlsp.service.results import DeviceInfo


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List your devices, add another one, or remove one that was lost or stolen."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@command.command()
@click.pass_obj
def add(frame: Frame) -> None:
    """Make a code for another machine of yours, and wait for it.

    On the other machine: `envlsp join CODE`. It is not a member of its own but you: it can
    do all that you can. Both screens must show the same words.
    """
    from envlsp.service.verbs import devices

    def show(code: str) -> None:
        show_code(frame, code, f"on your other machine: envlsp join {code}")

    with opened_team(frame) as (service, opened):
        joined = devices.add(service, opened, show)
    if frame.json:
        frame.output.document({"joined": joined})
    else:
        frame.output.line(f"{joined} is another device of yours now")


@command.command("list")
@click.option("--all", "everybody", is_flag=True, help="The devices of everybody in the team.")
@click.pass_obj
def list_(frame: Frame, everybody: bool) -> None:
    """List your devices: what each is called, since when it is there, and when it was last seen.

    Those that were removed are listed too: what they could read, they could read.
    """
    show_devices(frame, everybody=everybody)


@command.command()
@click.argument("which")
@offline_option
@click.pass_obj
def revoke(frame: Frame, which: str, offline: bool) -> None:
    """Remove WHICH, a label or the first letters of an id, and start a new key without it.

    An admin can remove anybody's device. Ends with the values that it could read: change
    those at their source. A device of yours that is older than this one outranks it: what
    it did before it heard of its removal still counts, so ask an admin to look.
    """
    from envlsp.service.verbs import devices, explaining

    with opened_team(frame) as (service, opened):
        news = courier(frame, service, opened, offline=offline)
        lost = devices.remove(news, opened.team, which, frame.talk)
    if frame.json:
        frame.output.document(lost_fields(lost))
    else:
        frame.output.line(f"{lost.name} was removed{delivered(lost.reached)}")
    for line in (*lost.advice, *explaining.left_to_change(lost.exposure)):
        frame.output.say(line)


def show_devices(frame: Frame, *, everybody: bool) -> None:
    """Print the devices of this person, or of everybody."""
    from envlsp.service.verbs import devices

    with opened_team(frame) as (_, opened):
        found = devices.listed(opened.team, everybody=everybody)
    if frame.json:
        frame.output.document(devices_fields(found))
        return
    header = ("ID", "DEVICE", *(["OWNER"] if everybody else []), "ADDED", "SEEN")
    frame.output.table((_row(device, everybody=everybody) for device in found), header)


def _row(device: DeviceInfo, *, everybody: bool) -> tuple[str, ...]:
    label = device.label or "no label"
    owner = (device.owner,) if everybody else ()
    added = " ".join(filter(None, (_when(device.added_ts), "by", device.added_by)))
    return device.id, label if device.active else f"({label})", *owner, added, _seen(device)


def _seen(device: DeviceInfo) -> str:
    if not device.active:
        return " ".join(filter(None, ("removed", _when(device.removed_ts), "by", device.removed_by)))
    if device.is_self:
        return "this one"
    return f"seen {when(device.last_seen)}" if device.last_seen else "never seen from here"


def _when(ts: int | None) -> str:
    return "" if ts is None else when(ts)
