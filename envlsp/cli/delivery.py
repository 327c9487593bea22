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

UNCONFIRMED = "nobody has confirmed it yet; teammates get it when you are online together (envlsp agent)"


class Courier:
    """What one verb asks of the network; it is not asked again where nobody was.

    Args:
        frame: where to say that nobody is there.
        service: this device.
        opened: the team.
        offline: stay away from the network.
    """

    def __init__(self, frame: Frame, service: Service, opened: OpenedTeam, *, offline: bool) -> None:
        self._frame = frame
        self._service = service
        self._opened = opened
        self._is_silent = offline or is_alone(opened)
        self._nobody = False

    def fetch(self) -> bool:
        """Get what teammates have made; return False where nobody could be brought in step."""
        return self._meet() > 0 or self._is_silent

    def deliver(self) -> int:
        """Hand on what was made here; return how many devices have it."""
        was_asked = not self._nobody
        reached = self._meet()
        if self._nobody:
            if not was_asked:
                self._tell_node()
            self._frame.output.say(NOBODY)
        elif not reached and not self._is_silent:
            self._frame.output.say(UNCONFIRMED)
        return reached

    def _tell_node(self) -> None:
        from envlsp.service.network import tell_node

        tell_node(self._service, self._opened.team.id)

    def _meet(self) -> int:
        if self._is_silent or self._nobody:
            return 0
        from envlsp.service import network

        result = network.deliver(self._service, self._opened)
        self._nobody = result is None
        return result.in_sync if result else 0


def delivered(reached: int) -> str:
    """Return the end of a line: how many devices have it, or nothing."""
    return f"  delivered to {count(reached, 'device')}" if reached else ""


def is_alone(opened: OpenedTeam) -> bool:
    """Return whether the team has no other device than this one."""
    replica = opened.team.replica
    return all(d.dpk == replica.keys.dpk or not d.active for d in replica.state.devices.values())
