"""Every byte that passes the servers' network card, and what it says when it is put in order.

What a person sends to a WebSocket is masked on the wire (RFC 6455, 5.3): here the mask is
taken off, as the server does. TCP is put together from its segments. What passed is all
of it: nothing was dropped on the way to the file, and the last of it is waited for.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from tests.support.netlab.world import SIGNAL_IP, TURN_IP, UPSTREAM_IP, World
from tests.support.processes import wait_until

STARTS_S: Final = 10.0
KEEPS_KIB: Final = 65_536
_TCP, _UDP = 6, 17
_SYN: Final = 2

Address: TypeAlias = tuple[str, int]


class Flow(NamedTuple):
    """One direction of a conversation."""

    source: Address
    target: Address
    protocol: int


@dataclass
class Heard:
    """What passed, in order.

    Attributes:
        heads: the first lines of each connection to the signaling server, both directions.
        asked: frames that people sent to it, unmasked.
        answered: frames that it sent.
        relayed: whatever the TURN server got and gave, by UDP and by TCP; TLS as it is.
    """

    heads: list[bytes] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)
    answered: list[bytes] = field(default_factory=list)
    relayed: dict[Flow, bytes] = field(default_factory=dict)

    @property
    def signaling(self) -> bytes:
        """All of it that the signaling server got and gave."""
        return b"\0".join((*self.heads, *self.asked, *self.answered))

    def relay(self, protocol: str = "") -> bytes:
        """All of it that the TURN server got and gave, or what went by `udp` or `tcp`."""
        wanted = {"udp": (_UDP,), "tcp": (_TCP,)}.get(protocol, (_UDP, _TCP))
        return b"\0".join(data for flow, data in self.relayed.items() if flow.protocol in wanted)


class Ears:
    """A capture at the servers, while it runs."""

    def __init__(self, world: World, path: Path, process: subprocess.Popen[bytes]) -> None:
        self._world = world
        self._path = path
        self._process = process

    def heard(self) -> Heard:
        """End the capture and return what passed until now."""
        until_written(self._world, "pub", UPSTREAM_IP, self._path)
        self.stop()
        said = self._path.with_suffix(".said").read_text()
        assert re.search(r"^0 packets dropped by kernel", said, re.MULTILINE), said
        return understand(self._path.read_bytes())

    def stop(self) -> None:
        """End the capture."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()


_SAY: Final = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as by:
    by.sendto(bytes.fromhex(sys.argv[2]), (sys.argv[1], 9))
"""


@contextmanager
def ears(world: World, path: Path) -> Iterator[Ears]:
    """Capture everything that the servers in `pub` get and give."""
    words = [*world.within("pub"), "tcpdump", "-i", "wan", "-s", "0", "-U", "-w", str(path), "-Z", "root"]
    with path.with_suffix(".said").open("wb") as said:
        process = subprocess.Popen([*words, "-B", str(KEEPS_KIB)], stderr=said)
    try:
        limit = time.monotonic() + STARTS_S
        while not path.exists() or path.stat().st_size < _FILE_HEAD:  # written when it listens
            assert time.monotonic() < limit
            time.sleep(0.02)
        yield (listening := Ears(world, path, process))
        listening.stop()
    finally:
        process.kill()
        process.wait()


def until_written(world: World, name: str, to: str, path: Path) -> None:
    """Wait until all that passed the network card of a host is in the file of its capture.

    Args:
        world: where it is.
        name: of the host.
        to: an address beyond that card, where a word goes: what passed before it comes before it in the file.
        path: of the capture.
    """
    word = os.urandom(16)

    def is_heard() -> bool:
        world.run(name, sys.executable, "-I", "-S", "-c", _SAY, to, word.hex())
        return word in path.read_bytes()

    wait_until(is_heard)


def understand(capture: bytes) -> Heard:
    """Return what a file of tcpdump's says."""
    heard, streams = Heard(), dict[Flow, _Stream]()
    for packet in _packets(capture):
        found = _content(packet)
        if found is None:
            continue
        flow, sequence, flags, data = found
        if flow.protocol == _UDP:
            heard.relayed[flow] = heard.relayed.get(flow, b"") + data + b"\0"
        else:
            streams.setdefault(flow, _Stream()).add(sequence, flags, data)
    for flow, stream in streams.items():
        data = stream.joined()
        if TURN_IP in {flow.source[0], flow.target[0]}:
            heard.relayed[flow] = data
        elif SIGNAL_IP in {flow.source[0], flow.target[0]} and data:
            head, _, rest = data.partition(b"\r\n\r\n")
            heard.heads.append(head)
            frames = heard.asked if flow.target[0] == SIGNAL_IP else heard.answered
            frames.extend(_frames(rest))
    return heard


# --- packets -----------------------------------------------------------------------------------

_FILE_HEAD: Final = 24
_PACKET_HEAD: Final = 16
_ETHERNET: Final = 14
_IPV4: Final = b"\x08\x00"


def _packets(capture: bytes) -> Iterator[bytes]:
    at = _FILE_HEAD
    while at + _PACKET_HEAD <= len(capture):
        size = int.from_bytes(capture[at + 8 : at + 12], "little")
        packet = capture[at + _PACKET_HEAD : at + _PACKET_HEAD + size]
        if packet[12:14] == _IPV4:
            yield packet[_ETHERNET:]
        at += _PACKET_HEAD + size


def _content(packet: bytes) -> tuple[Flow, int, int, bytes] | None:
    """Return whose packet it is, its place in a stream and TCP's flags, and what it carries."""
    length, protocol = int.from_bytes(packet[2:4], "big"), packet[9]
    ends = [socket.inet_ntoa(packet[at : at + 4]) for at in (12, 16)]
    inner = packet[4 * (packet[0] & 15) : length or None]
    if protocol not in {_TCP, _UDP} or len(inner) < 8:
        return None
    ports = [int.from_bytes(inner[at : at + 2], "big") for at in (0, 2)]
    flow = Flow((ends[0], ports[0]), (ends[1], ports[1]), protocol)
    if protocol == _UDP:
        return flow, 0, 0, inner[8:]
    return flow, int.from_bytes(inner[4:8], "big"), inner[13], inner[4 * (inner[12] >> 4) :]


class _Stream:
    """One direction of a TCP connection."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._parts: dict[int, bytes] = {}

    def add(self, sequence: int, flags: int, data: bytes) -> None:
        if flags & _SYN:
            self._first = sequence + 1
        if self._first is None:
            self._first = sequence
        if data:
            place = (sequence - self._first) % (1 << 32)
            self._parts[place] = max(self._parts.get(place, b""), data, key=len)

    def joined(self) -> bytes:
        whole = bytearray()
        for place, data in sorted(self._parts.items()):
            if place + len(data) > len(whole):
                whole += data[max(0, len(whole) - place) :]
        return bytes(whole)


def _frames(stream: bytes) -> Iterator[bytes]:
    """Yield what the frames of a WebSocket carry, their masks taken off."""
    at = 0
    while at + 2 <= len(stream):
        is_masked, length = stream[at + 1] >> 7, stream[at + 1] & 127
        at += 2
        if length >= 126:
            wide = 2 if length == 126 else 8
            length = int.from_bytes(stream[at : at + wide], "big")
            at += wide
        mask = stream[at : at + 4] if is_masked else bytes(4)
        at += 4 * is_masked
        data = stream[at : at + length]
        whole = (mask * (len(data) // 4 + 1))[: len(data)]
        yield (int.from_bytes(data, "big") ^ int.from_bytes(whole, "big")).to_bytes(len(data), "big")
        at += length
