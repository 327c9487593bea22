"""What a connection to a peer is, whatever carries it.

Knows nothing of WebRTC: importing this module loads no network library, so that
commands which stay at home start fast. The implementations are `webrtc` (the
real one) and `memory` (tests). Rules every link keeps:

* ordered and reliable, in messages of at most 16 KiB, in both directions;
* a peer that sends a larger message, or runs ahead of the window, loses the link;
* `close` takes two seconds at most, whoever has vanished;
* a link that has ended stays ended: a new dial makes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from envlsp.wire.canonical import Value
from envlsp.wire.limits import FRAME_MAX_BYTES, MIB, WINDOW_BYTES
from envlsp.wire.signals import KindWord

MESSAGE_MAX_BYTES = FRAME_MAX_BYTES
INBOX_MAX_BYTES = MIB  # what SCTP advertises; a peer that keeps to the window never comes near
NO_BINDING = bytes(32)
"""The channel binding of a link without certificates of its own (raw TCP, memory)."""

SignalKind: TypeAlias = KindWord
"""What two ends say through the signaling server until they have a path."""


Via: TypeAlias = Literal["lan", "stun", "udp", "tcp", "tls", ""]
"""`lan`: one network, or one machine; `stun`: through a hole in a router; `udp`, `tcp`, `tls`:
how this device reaches the TURN server; empty: directly over the internet, or unknown."""


@dataclass(frozen=True, slots=True)
class PairPath:
    """The way a link goes.

    Attributes:
        local: type of our candidate: host, srflx, prflx, relay; or memory.
        remote: type of the peer's.
        since_s: when the link opened, in seconds since 1970.
        via: what makes it work, as people are shown it.
        took_s: seconds from the beginning of the dial to the open channel.
    """

    local: str
    remote: str
    since_s: float
    via: Via = ""
    took_s: float = 0.0

    @property
    def kind(self) -> Literal["direct", "relay"]:
        """Return whether a TURN server stands between, the word people are shown."""
        return "relay" if "relay" in (self.local, self.remote) else "direct"


class Link(Protocol):
    """An ordered, reliable channel of messages to one peer."""

    @property
    def binding(self) -> bytes:
        """Return the channel binding `cb` (32 bytes) that the handshake signs.

        Spec: docs/protocol.md, "F.1 Handshake".
        """
        ...

    @property
    def path(self) -> PairPath:
        """Return the way messages go now."""
        ...

    async def send(self, message: bytes) -> None:
        """Send at most `MESSAGE_MAX_BYTES`; wait while a window of them is unacknowledged.

        Raises:
            Misuse: the message is too long.
            LinkClosed: the link has ended.
        """
        ...

    async def receive(self) -> bytes:
        """Return the next message; those that came before the end are still delivered.

        Raises:
            LinkClosed: the link has ended.
        """
        ...

    async def close(self) -> None:
        """End the link, within two seconds. Closing twice does nothing."""
        ...

    async def wait_closed(self) -> None:
        """Return once the link has ended, from either side."""
        ...


class SignalPipe(Protocol):
    """One dial's way to its peer through the signaling server, sealed by others."""

    async def send(self, kind: SignalKind, params: Value) -> None:
        """Send one message of this session.

        Raises:
            TransportError: the signaling server cannot be reached.
        """
        ...

    async def receive(self) -> tuple[SignalKind, Value]:
        """Return the next message of this session, in the order it was sent.

        Raises:
            TransportError: the signaling server cannot be reached.
        """
        ...


@dataclass(frozen=True, slots=True)
class StunServer:
    """Tells us under which address the internet sees us."""

    host: str
    port: int = 3478


@dataclass(frozen=True, slots=True)
class TurnServer:
    """Relays when no direct path exists. The credentials are good for minutes."""

    host: str
    port: int
    username: str
    password: str
    transport: Literal["udp", "tcp", "tls"] = "udp"

    def __repr__(self) -> str:
        """Leave out the credentials."""
        return f"TurnServer({self.transport})"


@dataclass(frozen=True, slots=True)
class IceServers:
    """Every server to try, all at once. None is a fine answer: a LAN needs no server."""

    stun: tuple[StunServer, ...] = ()
    turn: tuple[TurnServer, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Numbers of the transport. The defaults are measured; tests shorten them.

    Attributes:
        hosts: local addresses to offer; None: all real interfaces and, last, 127.0.0.1.
        relay_only: show our addresses to nobody but the TURN server.
        dial_timeout_s: a dial without an open channel by then has failed.
        window_bytes: unacknowledged at most before `send` waits.
        gather_wait_s: how long the first message waits for servers' answers.
        server_timeout_s: a server that is silent for so long is given up.
        relay_hold_s: head start of direct paths over relayed ones.
        consent_interval_s: how often the path is checked.
        consent_timeout_s: silence after which it is given up.
        linger_s: how long `close` waits for what was sent to arrive.
        relay_close_s: how long `close` waits for the TURN server.
    """

    hosts: tuple[str, ...] | None = None
    relay_only: bool = False
    dial_timeout_s: float = 12.0
    window_bytes: int = WINDOW_BYTES
    gather_wait_s: float = 0.15
    server_timeout_s: float = 10.0
    relay_hold_s: float = 0.7
    consent_interval_s: float = 5.0
    consent_timeout_s: float = 30.0
    linger_s: float = 0.5
    relay_close_s: float = 1.0
