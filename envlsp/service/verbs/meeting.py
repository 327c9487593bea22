"""The verbs about the other devices of the team: sync, peers, refresh."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from envlsp.service.access.alarms import fresh_alarms
from envlsp.service.access.voiding import Arrivals
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.joining.arrivals import arrival_lines
from envlsp.service.network.errands import peers, sync
from envlsp.service.network.peering import is_alone
from envlsp.service.ports import Cancelled, never
from envlsp.service.results import SyncResult
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import open_team
from envlsp.service.verbs.shapes import peers_fields, refreshed_fields, sync_fields


def bring_in_step(
    service: Service, opened: OpenedTeam, *, replicas: int = 0, is_cancelled: Cancelled = never
) -> SyncResult | None:
    """Sync with whoever is online; None where the team has no other device.

    Args:
        service: this device.
        opened: the team.
        replicas: go on until so many other devices hold everything.
        is_cancelled: whether the person has stopped waiting.
    """
    if is_alone(opened.team.replica):
        return None
    news = Arrivals(opened.team)
    result = sync(service, opened, replicas=replicas, is_cancelled=is_cancelled)
    for line in arrival_lines(opened.team):
        service.talk.say(line)
    return replace(result, voided=news.voided(), alarms=fresh_alarms(opened.team))


def _sync(desk: Desk, arguments: Arguments) -> Json:
    opened, replicas = open_team(desk), arguments.number("replicas")
    desk.report("meeting teammates")
    result = bring_in_step(desk.service, opened, replicas=replicas, is_cancelled=desk.is_cancelled)
    return sync_fields(result or SyncResult(0, 0, 0, 0))


def _peers(desk: Desk, _arguments: Arguments) -> Json:
    return peers_fields(peers(desk.service, open_team(desk)))


def _refresh(desk: Desk, _arguments: Arguments) -> Json:
    """Take in what other processes of this device have stored since we looked last."""
    desk.service.vault.reload()
    team = open_team(desk).team
    before = len(team.replica.ledger)
    team.replica.refresh()
    return refreshed_fields(len(team.replica.ledger), before)


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "sync": _sync,
    "peers": _peers,
    "refresh": _refresh,
}
