"""The network's part in a local verb, at the terminal: `service.verbs.courier`, and a word about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envlsp.cli.main import Frame
from envlsp.cli.words import count

if TYPE_CHECKING:
    from envlsp.service.facade import OpenedTeam, Service
    from envlsp.service.verbs.courier import Courier


def courier(frame: Frame, service: Service, opened: OpenedTeam, *, offline: bool) -> Courier:
    """Return who asks the network for a verb, and says on stderr that nobody is there.

    Args:
        frame: where to say it.
        service: this device.
        opened: the team.
        offline: stay away from the network.
    """
    from envlsp.service.verbs.courier import Courier

    return Courier(service, opened, frame.output.say, offline=offline)


def delivered(reached: int) -> str:
    """Return the end of a line: how many devices have it, or nothing."""
    return f"  delivered to {count(reached, 'device')}" if reached else ""
