"""All checks, side by side, each within its time and the whole within ten seconds.

A check that hangs (a disk that does not answer, a name server) is left behind in a thread
of its own, and its line says so. Opens the team where it can, and asks nobody what it
can say without: it works before `init`, outside of a project, and on a locked device.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from envlsp.errors import BadConfig, EnvlspError, Locked, NotInitialised, UsageError
from envlsp.service.config import LAN_VARIABLE, is_lan_used, signaling_servers
from envlsp.service.context import open_project
from envlsp.service.doctor import machine, network, project, records, running, teammates
from envlsp.service.doctor.findings import Check, Finding, Section, fail, skipped, warn
from envlsp.service.signaling_tokens import tokens_from

if TYPE_CHECKING:
    from envlsp.service.facade import OpenedTeam, Service
    from envlsp.transport.probing.meeting_server import ServerReport

CHECK_S: Final = 3.0
"""For one thing; a server is asked first and its relays after that, three seconds each."""
SERVERS_MAX: Final = 4

T = TypeVar("T")


def examine(service: Service, place: Path, *, offline: bool = False) -> tuple[Section, ...]:
    """Look over this device, the project of a place, and the network.

    Args:
        service: this device.
        place: the working directory, or a document.
        offline: leave out whatever asks somebody else.
    """
    if not offline:
        from envlsp.transport.probing import load

        load()
    opened, trouble = _open(service, place)
    return asyncio.run(_examine(service, place, opened, trouble, offline=offline))


def _open(service: Service, place: Path) -> tuple[OpenedTeam | None, tuple[Finding, ...]]:
    """Return the team of a place, opened; else what is to be said of that."""
    if not service.vault.exists:  # opening would make its folder
        return None, (skipped("team", f"none here: {NotInitialised.default_fix}"),)
    try:
        opened = service.open_team(place)
        opened.team.replica.refresh()  # read here, where an error still has a name
    except NotInitialised as exc:
        return None, (skipped("team", f"none here: {exc.fix}"),)
    except (Locked, UsageError):
        return None, (skipped("team", "this device is locked: envlsp unlock"),)
    except BadConfig as exc:
        return None, (skipped("team", str(exc)),)
    except EnvlspError as exc:
        return None, (records.unreadable(exc),)
    return opened, ()


async def _examine(
    service: Service,
    place: Path,
    opened: OpenedTeam | None,
    trouble: tuple[Finding, ...],
    *,
    offline: bool,
) -> tuple[Section, ...]:
    device, team, around, out = await asyncio.gather(
        _all(
            ("programs", machine.programs),
            ("files", lambda: machine.files(service.home)),
            ("keys", lambda: machine.key(service.home)),
            ("memory", machine.memory),
            ("disk", lambda: machine.disk(service.home)),
        ),
        _team(service, opened, trouble),
        _all(
            ("ev.yaml", lambda: project.project(place)),
            ("node", lambda: running.node(service.home)),
            ("agent", lambda: running.agent(service.home, service.environ)),
            ("editors", lambda: running.editors(service.environ)),
        ),
        _nothing() if offline else _network(service, _servers(service, place, opened)),
    )
    found = (("this device", device), ("team", team), ("around it", around), ("network", out))
    return tuple(Section(title, tuple(findings)) for title, findings in found if findings)


async def _team(
    service: Service, opened: OpenedTeam | None, trouble: tuple[Finding, ...]
) -> Sequence[Finding]:
    """Look at the team; at its file also where it does not open, since that may be why."""
    if opened is None:
        return [*trouble, *await _in_thread("store", lambda: _closed_stores(service))]
    folder = service.home.team_folder(opened.team.id)

    def all_of_it() -> Iterable[Finding]:  # one thread: a ledger is nobody's but its reader's
        yield from records.history(opened)
        yield from teammates.of_team(service, opened)

    return await _all(("store", lambda: records.store(folder)), ("history", all_of_it))


def _closed_stores(service: Service) -> Iterable[Finding]:
    folder = Path(service.home.root, "teams")
    teams = sorted(folder.iterdir()) if folder.is_dir() else []
    for team in teams[:SERVERS_MAX]:
        yield from records.store(str(team))


# --- the network -------------------------------------------------------------------------------


def _servers(service: Service, place: Path, opened: OpenedTeam | None) -> tuple[str, ...]:
    if opened is not None:
        return opened.servers
    try:
        config = open_project(place).config
    except (EnvlspError, OSError):
        config = None
    try:
        return signaling_servers(config, service.environ)
    except BadConfig:
        return ()


async def _nothing() -> Sequence[Finding]:
    return ()


async def _network(service: Service, urls: Sequence[str]) -> Sequence[Finding]:
    outside, lans = await asyncio.gather(_outside(service, urls[:SERVERS_MAX]), _lan(service))
    return [*outside, *lans]


async def _lan(service: Service) -> Sequence[Finding]:
    from envlsp.transport.probing.neighbours import look_around

    if not is_lan_used(service.environ):
        return [skipped("lan", f"turned off: {LAN_VARIABLE}, or relays alone are wanted")]
    report = await _within(look_around())
    return [_late("lan")] if report is None else list(network.lan(report))


async def _outside(service: Service, urls: Sequence[str]) -> Sequence[Finding]:
    from envlsp.transport.probing.meeting_server import look_at

    if not urls:
        fix = "name a server under `signaling` in ev.yaml, or set ENVLSP_SIGNALING"
        return [warn("signaling", "no server is configured: only one LAN works", fix)]
    try:
        tokens = tokens_from(service.environ)
    except EnvlspError as exc:
        return [fail("signaling", str(exc), exc.fix or "")]
    looks = await asyncio.gather(*(_within(look_at(url, tokens(url))) for url in urls))
    reports = [look for look in looks if look is not None]
    late = [_late("signaling")] * (len(looks) - len(reports))
    return [*network.servers(reports, time.time()), *late, *await _way_out(reports)]


async def _way_out(reports: Sequence[ServerReport]) -> Sequence[Finding]:
    from envlsp.transport.api import StunServer
    from envlsp.transport.probing.relays import try_relay
    from envlsp.transport.probing.router import look_at_router
    from envlsp.transport.servers import servers_from_urls

    given = next((report.relays for report in reports if report.relays is not None), None)
    if given is None:
        return list(network.no_relays(has_server=any(report.trouble is None for report in reports)))
    offered = servers_from_urls(given.urls, username=given.username, password=given.password)
    # A TURN server answers the questions of STUN too.
    views = offered.stun or [StunServer(one.host, one.port) for one in offered.turn if one.transport == "udp"]
    router, tried = await asyncio.gather(
        _within(look_at_router(views, offered.turn)),
        asyncio.gather(*(_within(try_relay(one)) for one in offered.turn)),
    )
    relayed = [report for report in tried if report is not None]
    if not views:
        lines = [skipped("nat", "no server of STUN or of TURN over UDP is offered")]
    else:
        lines = [*network.router(router, relayed)] if router is not None else [_late("nat")]
    return [*lines, *network.relays(relayed), *[_late("turn")] * (len(tried) - len(relayed))]


# --- in time -----------------------------------------------------------------------------------


async def _within(work: Awaitable[T]) -> T | None:
    """Return what came of it; None where it took too long."""
    try:
        return await asyncio.wait_for(work, CHECK_S)
    except TimeoutError:
        return None


async def _all(*checks: tuple[str, Check]) -> list[Finding]:
    """Make checks side by side, their findings in the order of the checks."""
    found = await asyncio.gather(*(_in_thread(name, check) for name, check in checks))
    return [finding for findings in found for finding in findings]


async def _in_thread(name: str, check: Check) -> list[Finding]:
    """Make a check that may block; what it does wrong is a finding too."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[list[Finding]] = loop.create_future()

    def work() -> None:
        found = _made(name, check)
        with contextlib.suppress(RuntimeError):  # the loop is over: nobody waits any more
            loop.call_soon_threadsafe(_answer, done, found)

    # Not of the loop's pool: the loop would wait for it at its end.
    threading.Thread(target=work, daemon=True).start()
    found = await _within(done)
    return [_late(name)] if found is None else found


def _answer(waiting: asyncio.Future[list[Finding]], found: list[Finding]) -> None:
    if not waiting.done():
        waiting.set_result(found)


def _made(name: str, check: Check) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check())
    except EnvlspError as exc:
        found.append(fail(name, str(exc), exc.fix or ""))
    except Exception as exc:  # noqa: BLE001 - one check that breaks must not hide the others
        found.append(fail(name, f"could not be looked at ({type(exc).__name__})", "please report this"))
    return found


def _late(name: str) -> Finding:
    return skipped(name, f"no answer within {CHECK_S:g} s")
