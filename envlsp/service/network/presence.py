"""Who of a team is there, as far as this device has heard: by a beacon, a signal or a link.

A table and questions to it; it decides nothing. Who counts as a teammate is asked of its owner.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from envlsp.domain.ids import DevicePk
from envlsp.service.network.peer_loop import PeerLoop
from envlsp.sync.states import State


@dataclass(frozen=True, slots=True)
class PeerState:
    """One device that is there now."""

    dpk: DevicePk
    state: str
    """`online`, `stale` (online, and it has missed a beat) or `connecting`."""
    path: str
    """`direct`, `relay`, or empty while there is no link."""
    in_sync: bool
    via: str = ""
    """`lan`, `stun`, `udp`, `tcp`, `tls` or empty: see `PairPath`."""
    since_s: int = 0
    """When the link opened, in seconds since 1970; 0 while there is none."""
    connected_ms: int = 0
    """From the beginning of the dial to the open link."""


@dataclass(slots=True)
class Presence:
    """The devices that are there now; times are `time.monotonic`."""

    is_teammate: Callable[[DevicePk], bool]
    """Whether we want to be in step with it."""
    loops: dict[DevicePk, PeerLoop] = field(default_factory=dict)
    """Those with a link."""
    seen: dict[DevicePk, float] = field(default_factory=dict)
    """When a word of each was heard last."""
    newest_seen: float = field(default_factory=time.monotonic)
    """When somebody appeared last who had not been there."""
    removed_by: set[DevicePk] = field(default_factory=set)
    """Those that say that this device was removed."""

    def note(self, dpk: DevicePk) -> None:
        """Take in that a word of it was heard."""
        if dpk not in self.seen:
            self.newest_seen = time.monotonic()
        self.seen[dpk] = time.monotonic()

    def heard(self) -> set[DevicePk]:
        """Return the devices with a link on which nothing is overdue."""
        return {dpk for dpk, loop in self.loops.items() if not loop.session.is_stale}

    def teammates(self, devices: Iterable[DevicePk]) -> set[DevicePk]:
        """Return those that sync with us: no removed device, and none that says we are one."""
        return {dpk for dpk in devices if self.is_teammate(dpk)} - self.removed_by

    def in_step(self) -> list[DevicePk]:
        """Return the peers that stand where we stand."""
        return [
            dpk
            for dpk, loop in self.loops.items()
            if self.is_teammate(dpk) and loop.session.state is State.IN_STEP and not loop.is_behind
        ]

    def peers(self, is_drawn: Callable[[DevicePk], bool]) -> list[PeerState]:
        """Return how we reach each device that is there.

        Args:
            is_drawn: whether we want a link to one that has none.
        """
        in_step = self.in_step()
        linked = [_peer_state(dpk, loop, dpk in in_step) for dpk, loop in self.loops.items()]
        seen = [
            PeerState(dpk, "connecting" if is_drawn(dpk) else "online", "", False)
            for dpk in self.seen
            if dpk not in self.loops
        ]
        return linked + seen


def _peer_state(dpk: DevicePk, loop: PeerLoop, in_sync: bool) -> PeerState:  # noqa: FBT001 (as it is known)
    path, state = loop.link.path, "stale" if loop.session.is_stale else "online"
    return PeerState(dpk, state, path.kind, in_sync, path.via, int(path.since_s), round(path.took_s * 1000))
