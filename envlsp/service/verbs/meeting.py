"""The verbs about the other devices of the team: sync, peers, refresh."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from envlsp.errors import EnvlspError, UsageError
from envlsp.service.access.alarms import alarms, fresh_alarms
from envlsp.service.access.owed import newer, newer_lines
from envlsp.service.access.voiding import Arrivals
from envlsp.service.as_of import to_seconds
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.freshness import holders
from envlsp.service.joining.arrivals import arrival_lines
from envlsp.service.network.errands import peers, sync
from envlsp.service.network.peering import is_alone
from envlsp.service.network.spreading import Wish, demand_possible, spread
from envlsp.service.ports import Cancelled, never
from envlsp.service.results import SyncResult
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import open_team
from envlsp.service.verbs.shapes import peers_fields, refreshed_fields, sync_fields


def bring_in_step(
    service: Service,
    opened: OpenedTeam,
    *,
    wish: Wish | None = None,
    report: Callable[[str], None] = lambda _line: None,
    is_cancelled: Cancelled = never,
) -> SyncResult | None:
    """Sync with whoever is online; None where the team has no other device.

    Args:
        service: this device.
        opened: the team.
        wish: go on until so many other devices hold everything.
        report: told how many hold it, while that is waited for.
        is_cancelled: whether the person has stopped waiting.

    Raises:
        UsageError: there are not so many devices.
        NotHeld: so many did not hold it in time.
    """
    if wish is not None:
        demand_possible(opened, wish)
    if is_alone(opened.team.replica):
        return None
    news, replica = Arrivals(opened.team), opened.team.replica
    before = len(replica.ledger)
    result = sync(service, opened, may_be_alone=wish is not None, is_cancelled=is_cancelled)
    for line in (*arrival_lines(opened.team), *newer_lines(newer(opened.team), alarms(opened.team))):
        service.talk.say(line)
    if wish is not None:
        spread(service, opened, wish, report, is_cancelled)
        replica.refresh()
        result = replace(result, received=len(replica.ledger) - before)
    held_by = len(holders(replica, replica.ledger.heads()))
    return replace(result, voided=news.voided(), alarms=fresh_alarms(opened.team), held_by=held_by)


def wish_of(service: Service, place: Path, devices: int, timeout: str = "") -> Wish | None:
    """Return what `--replicas` and `--timeout` ask for; None where nothing is waited for.

    Raises:
        UsageError: a time that is none, or one without devices to wait for.
    """
    if not devices:
        if timeout:
            raise UsageError("there is nothing to wait for", fix="envlsp sync --replicas N --timeout 5m")
        return None
    timeout_s = to_seconds(timeout) if timeout else float("inf")
    return Wish(devices, _newest(service, place), timeout_s)


def _newest(service: Service, place: Path) -> str:
    """Return what the newest release is called where we are, or words for everything."""
    try:
        here = service.open(place)
        found = here.team.releases.of(here.context.triple)
    except EnvlspError:
        return "all of this"
    return "+".join(found.versions.label(head) for head in found.view().heads) or "all of this"


def _sync(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    wish = wish_of(desk.service, desk.place, arguments.number("replicas"), arguments.text("timeout"))
    desk.report("meeting teammates")
    result = bring_in_step(
        desk.service, opened, wish=wish, report=desk.report, is_cancelled=desk.is_cancelled
    )
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
