"""What probes found, as sentences: everything has one, and everything that is wrong has a fix."""

from __future__ import annotations

import pytest

from envlsp.service.doctor import network
from envlsp.service.doctor.findings import Finding
from envlsp.transport.probing.meeting_server import ServerReport, Sight, Trouble
from envlsp.transport.probing.neighbours import LanReport
from envlsp.transport.probing.relays import RelayReport, Way
from envlsp.transport.probing.router import Kind, RouterReport

NOW, DAY = 1_800_000_000.0, 86_400
OPEN, SILENT = RelayReport("tls", Way.OPEN, 0.01), RelayReport("udp", Way.SILENT)


def server(*, skew_s: float | None = 0.0, left_days: float = 90, sight: Sight = Sight.BLIND) -> ServerReport:
    return ServerReport(
        "signal.example.org",
        is_encrypted=True,
        certificate_ends_s=NOW + left_days * DAY,
        round_trip_s=0.02,
        skew_s=skew_s,
        sight=sight,
    )


def told(*reports: ServerReport) -> dict[str, Finding]:
    return {finding.name: finding for finding in network.servers(reports, NOW)}


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_has_its_own_words(trouble: Trouble) -> None:
    (finding,) = network.servers([ServerReport("signal.example.org", trouble=trouble)], NOW)
    assert finding.status == "fail"
    assert finding.fix
    assert finding.facts["trouble"] == trouble.value
    others = [network._TROUBLES[other.value] for other in Trouble if other is not trouble]
    assert network._TROUBLES[trouble.value] not in others


@pytest.mark.parametrize("sight", Sight)
def test_a_server_that_is_not_blind_is_a_fault(sight: Sight) -> None:
    assert told(server(sight=sight))["blindness"].status == ("ok" if sight is Sight.BLIND else "fail")


@pytest.mark.parametrize(
    ("skew_s", "status", "words"),
    (
        (1.2, "ok", "agrees"),
        (-59, "ok", "59 s ahead"),
        (61, "warn", "1 min behind"),
        (-3 * 3600, "warn", "3 h ahead"),
        (2 * DAY, "fail", "2 days behind"),
    ),
)
def test_clocks(skew_s: float, status: str, words: str) -> None:
    clock = told(server(skew_s=skew_s))["clock"]
    assert clock.status == status
    assert words in clock.says
    assert told(server(skew_s=skew_s), server())["clock"].status == "ok"  # one server's own clock is wrong
    assert "clock" not in told(server(skew_s=None))


def test_a_certificate_that_ends_soon_and_a_server_without_one() -> None:
    assert told(server())["signaling"].status == "ok"
    soon = told(server(left_days=5))["signaling"]
    assert (soon.status, "5 days" in soon.says) == ("warn", True)
    for host, status in (("192.0.2.1", "warn"), ("localhost", "ok"), ("127.0.0.1", "ok")):
        assert told(ServerReport(host, sight=Sight.BLIND))["signaling"].status == status


@pytest.mark.parametrize(
    ("kind", "relayed", "status"),
    (
        (Kind.OPEN, [], "ok"),
        (Kind.CONE, [SILENT], "ok"),
        (Kind.ROUTER, [], "ok"),
        (Kind.SYMMETRIC, [OPEN], "ok"),
        (Kind.SYMMETRIC, [SILENT], "fail"),
        (Kind.NO_UDP, [SILENT, OPEN], "warn"),
        (Kind.NO_UDP, [SILENT], "fail"),
    ),
)
def test_a_router_matters_by_what_is_there_besides(
    kind: Kind, relayed: list[RelayReport], status: str
) -> None:
    (finding,) = network.router(RouterReport(kind), relayed)
    assert (finding.status, finding.facts["nat"]) == (status, kind.value)


def test_packets() -> None:
    for longest, status in ((1500, "ok"), (1280, "ok"), (1228, "warn")):
        *_, finding = network.router(RouterReport(Kind.CONE, 2, longest, 0), [])
        assert (finding.name, finding.status, finding.facts["at_least"]) == ("mtu", status, longest)


def test_another_way_is_promised_only_where_there_is_one() -> None:
    (alone,), (beside, _) = network.relays([SILENT]), network.relays([SILENT, OPEN])
    assert "another way" not in str(alone.fix)
    assert str(beside.fix).endswith("; another way will do")


@pytest.mark.parametrize("way", [way for way in Way if way is not Way.OPEN])
def test_a_relay_that_does_not_work_matters_where_no_other_does(way: Way) -> None:
    wrong = RelayReport("udp", way)
    (alone,) = network.relays([wrong])
    beside, _ = network.relays([wrong, OPEN])
    is_fault_of_servers = way in {Way.CREDENTIALS, Way.CERTIFICATE, Way.FOREIGN}
    assert (alone.status, beside.status) == ("fail", "fail" if is_fault_of_servers else "warn")
    assert alone.fix


def test_lans() -> None:
    for report, status in (
        (LanReport(0, 0, 0), "ok"),
        (LanReport(2, 2, 1), "ok"),
        (LanReport(2, 1, 0), "warn"),
    ):
        (finding,) = network.lan(report)
        assert finding.status == status
    for has_server, status in ((True, "warn"), (False, "skipped")):
        (finding,) = network.no_relays(has_server=has_server)
        assert finding.status == status
