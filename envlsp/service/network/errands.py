"""The network for a command: through this device's node, or as the node for a moment.

A node that is running is asked over its socket. With none running, the command takes
the node lock, does what it came for and lets go. Nothing here loads WebRTC before
there is a peer to dial.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import replace
from pathlib import Path

from envlsp.domain.ids import TeamId
from envlsp.errors import (
    EnvlspError,
    Locked,
    NobodyReachable,
    NodeForeign,
    NodeRefused,
    NodeSilent,
    PeerError,
    SignalingUnreachable,
    StoreBusy,
    TransportError,
)
from envlsp.service.access.removal import is_removed, removed
from envlsp.service.access.rotation import mend
from envlsp.service.config import is_lan_used
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.joining.invitations import close_used_up
from envlsp.service.network.local_api import LocalClient
from envlsp.service.network.node import Node, to_peer_state, to_sync_result
from envlsp.service.network.peering import is_alone
from envlsp.service.network.presence import PeerState
from envlsp.service.network.telling import untold
from envlsp.service.network.waiting import UNDER_WAY_S
from envlsp.service.people import SHORT_HEX
from envlsp.service.ports import Cancelled, never
from envlsp.service.promises import standings
from envlsp.service.results import PeerInfo, SyncResult
from envlsp.service.stopping import call_until, run_until
from envlsp.store.lock import FileLock
from envlsp.store.peers import PeerNote

log = logging.getLogger(__name__)

QUICK_S = 8.0
"""For a command whose work is done or can be done without: a dial and a sync fit easily."""
THOROUGH_S = 20.0
"""For `sync`: a dial that falls back to a relay, and megabytes of records."""
HAND_OVER_S = 2.0
"""How long a node takes to appear or to go, at most."""
ANSWER_MARGIN_S = 5.0
ONLY_LAN = "name a server under `signaling` in ev.yaml: without one, only your LAN is looked at"


def sync(
    service: Service, opened: OpenedTeam, *, may_be_alone: bool = False, is_cancelled: Cancelled = never
) -> SyncResult:
    """Bring this device and everybody who is there in step.

    Args:
        service: this device.
        opened: the team.
        may_be_alone: that nobody is there is no error: the caller waits for them.
        is_cancelled: whether the person has stopped waiting.

    Raises:
        NobodyReachable: no teammate's device is there.
        SignalingUnreachable: no server to meet at.
        NoAccess: this device was removed from the team.
        Stopped: it was stopped; what has arrived by then stays.
    """
    if not can_meet(service, opened):
        raise SignalingUnreachable("no signaling server is configured")
    result = _sync_and_mend(service, opened, THOROUGH_S, is_cancelled)
    _check_membership(opened, result)
    if not result.reached and result.devices and not may_be_alone:
        raise NobodyReachable(fix=None if opened.servers else ONLY_LAN)
    return result


def deliver(
    service: Service, opened: OpenedTeam, *, leaving: bool = False, is_cancelled: Cancelled = never
) -> SyncResult | None:
    """Sync quickly where that is possible: after a change of ours, or before reading.

    Args:
        service: this device.
        opened: the team.
        leaving: hand on that this device has just removed itself: being no member is no error.
        is_cancelled: whether the person has stopped waiting.

    Returns:
        What was done, or None where nobody could be reached. A team of one device and
        no replica has nobody to reach: then the result has 0 devices.

    Raises:
        NoAccess: this device was removed from the team.
        Stopped: it was stopped.
    """
    if is_removed(opened.team.replica) and not leaving:
        raise removed(opened.team.replica)
    if not leaving and is_alone(opened.team.replica):
        _tell_the_last(service, opened, is_cancelled)
        return SyncResult(0, 0, 0, 0)
    if not can_meet(service, opened):
        return None
    try:
        result = _sync_and_mend(service, opened, QUICK_S, is_cancelled)
    except (NodeSilent, NodeForeign) as exc:  # not for want of a teammate: there is something to do about it
        service.talk.say(f"{exc}; {exc.fix}")
        return None
    except (TransportError, StoreBusy, Locked):
        return None
    opened.team.replica.refresh()
    if not leaving:
        _check_membership(opened, result)
    return result if result.reached else None


def can_meet(service: Service, opened: OpenedTeam) -> bool:
    """Return whether there is any place to meet teammates at: a server, or the LAN."""
    return bool(opened.servers) or is_lan_used(service.environ)


def _tell_the_last(service: Service, opened: OpenedTeam, is_cancelled: Cancelled) -> None:
    """Tell the only other device, which was just removed, that it is, if it is there."""
    if not untold(opened.team.replica) or not can_meet(service, opened):
        tell_node(service, opened.team.id)
        return
    with contextlib.suppress(TransportError, StoreBusy, Locked):
        _sync(service, opened, QUICK_S, is_cancelled)


def tell_node(service: Service, team: TeamId, what: str = "changed") -> None:
    """Say to a running node that we wrote something, and wait for nothing else.

    Args:
        service: this device.
        team: which.
        what: `changed`, or `joined` when our keys in the team are new.
    """
    with contextlib.suppress(TransportError, PeerError, Locked):
        client = LocalClient.connect(Path(service.home.node_socket))
        if client is not None:
            with contextlib.closing(client):
                client.call(what, team)


def _check_membership(opened: OpenedTeam, result: SyncResult) -> None:
    if result.removed or is_removed(opened.team.replica):
        raise removed(opened.team.replica)


def peers(service: Service, opened: OpenedTeam) -> list[PeerInfo]:
    """Return every other device of the team and how it is reached.

    Only a running node knows who is there; without one, all that is known is when
    they were last seen.
    """
    client = LocalClient.connect(Path(service.home.node_socket))
    present: dict[bytes, PeerState] = {}
    if client is not None:
        try:
            with contextlib.suppress(Locked):  # the node was locked, and meets nobody
                present = {p.dpk: p for p in map(to_peer_state, client.call("peers", opened.team.id))}
        finally:
            client.close()
    replica, notes = opened.team.replica, opened.team.store.peers.all()
    owing = {one.dpk: one for one in standings(replica)}
    found = []
    for device in replica.state.devices.values():
        if not device.active or device.dpk == replica.keys.dpk:
            continue
        now, note = present.get(device.dpk), notes.get(device.dpk)
        owed = owing.get(device.dpk)
        person = opened.team.people.of_device(device.dpk)
        found.append(
            PeerInfo(
                id=device.dpk.hex()[:SHORT_HEX],
                name=f"{person.name} ({person.device})" if person.device else person.name,
                state=now.state if now else "offline",
                path=now.path if now else "",
                last_seen=_last_seen(now, note, replica.now()),
                in_sync=now.in_sync if now else False,
                via=now.via if now else "",
                since=now.since_s or None if now else None,
                connected_ms=now.connected_ms if now and now.path else None,
                newer=owed.newer if owed else 0,
                withheld=len(owed.withheld) if owed else 0,
                lost_data=owed is not None and owed.lost is not None,
            )
        )
    return found


def _last_seen(now: PeerState | None, note: PeerNote | None, at: int) -> int | None:
    """Return when a device was heard last: a link that is silent for seconds would be stale."""
    if now is not None and now.path and now.state == "online":
        return at
    return note.seen_s or None if note else None


def has_node(service: Service) -> bool:
    """Return whether a node runs on this device: only that knows who is online."""
    with contextlib.suppress(TransportError, PeerError):
        client = LocalClient.connect(Path(service.home.node_socket))
        if client is not None:
            client.close()
            return True
    return False


def _sync_and_mend(
    service: Service, opened: OpenedTeam, timeout_s: float, is_cancelled: Cancelled
) -> SyncResult:
    """Sync; finish what the news show to be unfinished, and sync that too."""
    result, team = _sync(service, opened, timeout_s, is_cancelled), opened.team
    team.replica.refresh()
    mended = False
    with contextlib.suppress(EnvlspError):  # not what was asked for: the next one who comes by does it
        if result.reached > 0:
            mended = close_used_up(team.replica)
            mended |= mend(team.replica, team.releases)
    if not mended:
        return result
    again = _sync(service, opened, timeout_s, is_cancelled)
    return replace(again, received=result.received + again.received)


def _sync(service: Service, opened: OpenedTeam, timeout_s: float, is_cancelled: Cancelled) -> SyncResult:
    opened.team.store.peers.set_servers(opened.servers)
    deadline = time.monotonic() + HAND_OVER_S
    service.home.make_run_folder()
    lock = FileLock(service.home.node_lock, "a command")
    while True:
        try:
            result = call_until(lambda: _ask_node(service, opened, timeout_s), is_cancelled)
        except NodeRefused:
            if not lock.try_acquire():
                raise
            lock.release()  # it died while it answered
            continue
        if result is not None:
            return result
        if lock.try_acquire():
            with lock:
                return run_until(_sync_as_node(service, opened, timeout_s), is_cancelled)
        if time.monotonic() > deadline:
            raise NodeSilent(lock.holder())
        time.sleep(0.05)


def _ask_node(service: Service, opened: OpenedTeam, timeout_s: float) -> SyncResult | None:
    client = LocalClient.connect(Path(service.home.node_socket))
    if client is None:
        return None
    try:
        answer = client.call(
            "sync",
            opened.team.id,
            int(timeout_s * 1000),
            list(opened.servers),
            timeout_s=timeout_s + UNDER_WAY_S + ANSWER_MARGIN_S,
        )
    finally:
        client.close()
    return to_sync_result(answer)


async def _sync_as_node(service: Service, opened: OpenedTeam, timeout_s: float) -> SyncResult:
    node = Node(service)
    await node.start()
    try:
        async with asyncio.timeout(timeout_s):
            team = await node.add_team(opened.team.id, opened.servers)
        return await team.sync(timeout_s)
    except TimeoutError:
        raise SignalingUnreachable("the server does not answer") from None
    finally:
        await node.close()
