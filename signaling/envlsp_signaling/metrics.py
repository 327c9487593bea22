"""Figures for Prometheus: how many, how fast, why not; never who, where or what.

Labels have a few fixed words each. An address, a room, a tag or a mailbox number is never
one, so the figures can be stored for years and shown to anybody who runs the service.

Spec: docs/guides/operating.md, "Monitoring".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PREFIX = "envlsp_signaling"


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is counted, at one moment."""

    gauges: Mapping[str, float]
    counters: Mapping[str, float]
    mailboxes: Mapping[str, float] = field(default_factory=dict)
    """By `state`: open or paired."""
    frames: Mapping[str, int] = field(default_factory=dict)
    """Received, by `verb`."""
    refusals: Mapping[str, int] = field(default_factory=dict)
    """Frames and connections refused, by `reason`."""
    closes: Mapping[str, int] = field(default_factory=dict)
    """Connections closed by us, by `reason`."""


HELP = {
    "connections": "Connections now",
    "half_open": "Sockets that have not finished their handshake",
    "rooms": "Rooms with somebody in them",
    "seats": "Memberships of connections in rooms",
    "queued_bytes": "Bytes waiting for connections that have not read them yet",
    "draining": "1 while the server lets its connections go",
    "ready": "1 while clients should be sent here",
    "backplane_up": "1 while the other processes can be reached; 1 without a backplane too",
    "opened": "Connections opened",
    "received_bytes": "Bytes of frames received",
    "sent_bytes": "Bytes of frames queued for connections",
    "sent_frames": "Frames queued for connections",
    "turn_credentials": "TURN credentials handed out",
    "backplane_losses": "Times the way to the other processes was lost",
    "backplane_published": "News given to other processes",
    "backplane_received": "News received from other processes",
    "backplane_dropped": "News that could not be given to other processes",
}


class Metrics:
    """The page `/metrics`, made from figures when it is asked for."""

    def __init__(self, figures: Callable[[], Figures]) -> None:
        # A registry of our own: the library's default one would show what it likes.
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_OfServer(figures))
        ProcessCollector(registry=self._registry)

    def page(self) -> str:
        """Return the page in Prometheus's text format."""
        return generate_latest(self._registry).decode()


class _OfServer(Collector):
    def __init__(self, figures: Callable[[], Figures]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        now = self._figures()
        for name, value in now.gauges.items():
            yield GaugeMetricFamily(f"{PREFIX}_{name}", HELP[name], value=value)
        for name, value in now.counters.items():
            yield CounterMetricFamily(f"{PREFIX}_{name}", HELP[name], value=value)
        mailboxes = GaugeMetricFamily(f"{PREFIX}_mailboxes", "Mailboxes now", labels=("state",))
        for state, value in now.mailboxes.items():
            mailboxes.add_metric((state,), value)
        yield mailboxes
        for name, text, label, counts in (
            ("frames", "Frames received", "verb", now.frames),
            ("refusals", "Frames and connections refused", "reason", now.refusals),
            ("closes", "Connections closed by the server", "reason", now.closes),
        ):
            family = CounterMetricFamily(f"{PREFIX}_{name}", text, labels=(label,))
            for word, count in sorted(counts.items()):
                family.add_metric((word,), count)
            yield family
