"""`envlsp replica`: keep a team's records on a machine that can read none of them."""

from __future__ import annotations

import click

from envlsp.cli.environment import opened_team
from envlsp.cli.main import Frame
from envlsp.cli.shapes import when
from envlsp.service.verbs.shapes import replica_fields, replicas_fields


@click.group(invoke_without_command=True)
@click.option("--signaling", multiple=True, metavar="URL", help="Where to be met.  [repeatable]")
@click.option("--another", is_flag=True, help="Wait for one more team, besides those kept already.")
@click.pass_context
def command(context: click.Context, signaling: tuple[str, ...], another: bool) -> None:
    """Be a blind replica, in the foreground, until interrupted.

    Prints a string; each member adds it with `envlsp replica add`. From then on this
    machine keeps all of the team's records and passes them on, so that teammates get
    them who are never online together. It holds no key, and reads nothing.
    """
    if context.invoked_subcommand is not None:
        return
    from envlsp.service.config import signaling_servers
    from envlsp.service.replicas.serving import Told, run_replica

    frame = context.ensure_object(Frame)

    def pairing(text: str) -> None:
        if frame.json:
            frame.output.document({"pairing": text})
            return
        frame.output.line(text)
        frame.output.flush()
        frame.output.say("each member adds it: envlsp replica add STRING")

    def team(text: str) -> None:
        if frame.json:
            frame.output.document({"team": text})
        else:
            frame.output.say(f"keeps the records of {text} from now on")

    def kept(text: str, string: str) -> None:
        if frame.json:
            frame.output.document({"team": text, "pairing": string})
            return
        frame.output.say(f"keeps the records of {text}; its string:")
        frame.output.line(string)
        frame.output.flush()

    def ready() -> None:
        if frame.json:
            frame.output.document({"ready": True})
        else:
            frame.output.say("ready")

    with frame.service() as service:
        servers = signaling or signaling_servers(None, service.environ)
        run_replica(service, tuple(servers), Told(pairing, team, kept, ready), another=another)


@command.command()
@click.argument("string")
@click.option("--label", default="replica", show_default=True, help="What to call it.")
@click.pass_obj
def add(frame: Frame, string: str, label: str) -> None:
    """Let the replica that shows STRING have the team's records, from this device.

    It gets all records and no key: it sees who is in the team as numbers, when there
    was a release and how large, and no name, value or message.
    """
    from envlsp.service.verbs import replicating

    with opened_team(frame) as (service, opened):
        added = replicating.add(service, opened, string, label)
    if frame.json:
        frame.output.document(replica_fields(added))
    else:
        frame.output.line(
            f"{added.label} ({added.id}) gets the team's records whenever this device is online"
        )


@command.command("list")
@click.pass_obj
def list_(frame: Frame) -> None:
    """List the replicas that this device gives the team's records to, and when it last talked to each."""
    from envlsp.service.replicas.allowed import allowed, last_met

    with opened_team(frame) as (_, opened):
        found, met = allowed(opened.team.replica), last_met(opened.team.replica)
    if frame.json:
        frame.output.document(replicas_fields(found, met))
    else:
        rows = [
            (
                one.id,
                one.label,
                when(one.added),
                when(met[dpk]) if (dpk := one.pairing.dpk) in met else "never",
            )
            for one in found
        ]
        frame.output.table(rows, ("ID", "LABEL", "ADDED", "LAST MET"))
    if not found:
        frame.output.say("no replica yet; on the machine that is to be one: envlsp replica")


@command.command()
@click.argument("which")
@click.pass_obj
def remove(frame: Frame, which: str) -> None:
    """Give WHICH replica nothing any more: its label, or the first letters of its id.

    What it has it keeps, and could never read.
    """
    from envlsp.service.verbs import replicating

    with opened_team(frame) as (service, opened):
        gone = replicating.remove(service, opened, which)
    if frame.json:
        frame.output.document(replica_fields(gone))
    else:
        frame.output.line(f"{gone.label} ({gone.id}) gets nothing from this device any more")
