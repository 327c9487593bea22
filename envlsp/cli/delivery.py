"""The network's part in a local verb: news before, delivery after, and a word about it.

A verb that changed something has done so whether or not a teammate is online, so
nothing in here fails for want of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envlsp.cli.main import Frame
from envlsp.cli.words import count

if TYPE_CHECKING:
    from envlsp.service.facade import OpenedTeam, Service

NOBODY = "nobody reachable now; teammates get it when you are online together (envlsp agent)"


def fetch(frame: Frame, service: Service, opened: OpenedTeam, *, offline: bool) -> None:
    """Get what teammates have made, if one is online."""
    if offline or is_alone(opened):
        return
    from envlsp.service import network

    if network.deliver(service, opened) is None:
        frame.output.say("nobody reachable now; this is what was known here before")


def deliver(frame: Frame, service: Service, opened: OpenedTeam, *, offline: bool) -> int:
    """Hand on what was made here; return how many devices have it."""
    if offline or is_alone(opened):
        return 0
    from envlsp.service import network

    result = network.deliver(service, opened)
    if result is None:
        frame.output.say(NOBODY)
        return 0
    return result.in_sync


def delivered(reached: int) -> str:
    """Return the end of a line: how many devices have it, or nothing."""
    return f"  delivered to {count(reached, 'device')}" if reached else ""


def is_alone(opened: OpenedTeam) -> bool:
    """Return whether the team has no other device than this one."""
    replica = opened.team.replica
    return all(d.dpk == replica.keys.dpk or not d.active for d in replica.state.devices.values())
