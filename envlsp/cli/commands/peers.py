"""`envlsp peers`: the other devices of the team, and which are online."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envlsp.cli.environment import opened_team
from envlsp.cli.main import Frame
from envlsp.cli.shapes import when
from envlsp.cli.words import count
from envlsp.service.verbs.shapes import peers_fields

if TYPE_CHECKING:
    from envlsp.service.results import PeerInfo


@click.command()
@click.pass_obj
def command(frame: Frame) -> None:
    """List the other devices of the team and how they are reached.

    Which are online is known while an agent or an editor runs on this device.
    One that is stale was online and has been silent for some seconds.
    PATH is direct (in one lan, over the internet, or through routers with the help of stun) or a
    relay (reached by udp, tcp or tls), and how long connecting took.
    """
    from envlsp.service.network.errands import has_node, peers

    with opened_team(frame) as (service, opened):
        found = peers(service, opened)
        is_known = any(peer.state != "offline" for peer in found) or has_node(service)
    if frame.json:
        frame.output.document(peers_fields(found))
    else:
        frame.output.table(map(_row, found), ("ID", "NAME", "STATE", "PATH", "SEEN", ""))
    if not found:
        frame.output.say("no other device in the team: envlsp invite")
    elif not is_known:
        frame.output.say("who is online is not known without an agent or an editor here: envlsp agent")


def _row(peer: PeerInfo) -> tuple[str, ...]:
    seen = when(peer.last_seen) if peer.last_seen is not None else "never"
    return peer.id, peer.name, peer.state, _path(peer), seen, _holding(peer)


def _holding(peer: PeerInfo) -> str:
    """Return what it has, by its own word against what it shows."""
    if peer.lost_data:
        return "has lost data"
    if peer.withheld:
        return f"withholds {count(peer.withheld, 'record')}"
    if peer.in_sync:
        return "in step"
    return f"says to hold {count(peer.newer, 'newer record')}" if peer.newer else ""


def _path(peer: PeerInfo) -> str:
    words = [peer.path, f"({peer.via})" if peer.via else ""]
    if peer.connected_ms is not None:
        words.append(f"in {peer.connected_ms} ms")
    return " ".join(filter(None, words))
