"""The network's part in a verb: news before, delivery after, and a word about it.

A verb that changed something has done so whether or not a teammate is online, so
nothing in here fails for want of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from envlsp.errors import Stopped
from envlsp.service.network.peering import is_alone
from envlsp.service.ports import Cancelled, never

if TYPE_CHECKING:
    from envlsp.service.facade import OpenedTeam, Service
    from envlsp.service.pushing import Made

NOBODY = "nobody reachable now; teammates get it when you are online together (envlsp agent)"

UNCONFIRMED = "nobody has confirmed it yet; teammates get it when you are online together (envlsp agent)"


class Released(NamedTuple):
    """What became of a wish for a release, and who has it."""

    made: Made
    reached: int
    """Devices that have it already."""


class Courier:
    """What one verb asks of the network; it is not asked again where nobody was.

    Args:
        service: this device.
        opened: the team.
        say: told that nobody is there.
        offline: stay away from the network.
        is_cancelled: whether the person has stopped waiting.
    """

    def __init__(
        self,
        service: Service,
        opened: OpenedTeam,
        say: Callable[[str], None],
        *,
        offline: bool = False,
        is_cancelled: Cancelled = never,
    ) -> None:
        self._service = service
        self._opened = opened
        self._say = say
        self._is_cancelled = is_cancelled
        self._is_silent = offline or is_alone(opened.team.replica)
        self._nobody = False
        self._has_news = False

    def tell(self, lines: Iterable[str]) -> None:
        """Tell the person something about what is to be carried."""
        for line in lines:
            self._say(line)

    def release(self, make: Callable[[], Made]) -> Released:
        """Get the news unless that was done, make a release, hand it on.

        Raises:
            Stopped: the person stopped it before it was made; nothing has changed.
        """
        if not self._has_news:
            self.fetch()
        if self._is_cancelled():
            raise Stopped("nothing was changed")
        made = make()
        return Released(made, self.deliver() if made.made else 0)

    def fetch(self, *, leaving: bool = False) -> bool:
        """Get what teammates have made; return False where nobody could be brought in step.

        Args:
            leaving: this device was removed. Whoever says so to it is not in step with it,
                and still to be shown what is made here.

        Raises:
            Stopped: the person stopped it.
        """
        self._has_news = True
        reached = self._meet(leaving=leaving)
        if leaving:
            self._nobody = False
        return reached > 0 or self._is_silent

    def deliver(self, *, leaving: bool = False) -> int:
        """Hand on what was made here; return how many devices have it.

        Args:
            leaving: it is that this device has removed itself.
        """
        was_asked = not self._nobody
        try:
            reached = self._meet(leaving=leaving)
        except Stopped:  # it is made all the same
            self._tell_node()
            self._say(UNCONFIRMED)
            return 0
        if self._nobody:
            if not was_asked:
                self._tell_node()
            self._say(NOBODY)
        elif not reached and not self._is_silent:
            self._say(UNCONFIRMED)
        return reached

    def _tell_node(self) -> None:
        from envlsp.service.network.errands import tell_node

        tell_node(self._service, self._opened.team.id)

    def _meet(self, *, leaving: bool = False) -> int:
        if self._is_silent or self._nobody:
            return 0
        from envlsp.service.access.alarms import alarm_lines, fresh_alarms
        from envlsp.service.joining.arrivals import arrival_lines
        from envlsp.service.network import errands

        result = errands.deliver(
            self._service, self._opened, leaving=leaving, is_cancelled=self._is_cancelled
        )
        self._nobody = result is None
        if result is None:
            return 0
        self.tell([*alarm_lines(fresh_alarms(self._opened.team)), *arrival_lines(self._opened.team)])
        return result.in_sync
