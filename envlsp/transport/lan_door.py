"""Where one team's devices of a LAN come to each other: a TCP door, and the greeting at it.

Whoever listens sends 16 random bytes. Whoever dials answers with as many of its own and, for
each room it offers, a proof that it has the room's key; who listens proves the same for those
it is in. From then on both send blobs, each for the room of a slot. A stranger has no proof,
gets not a byte beyond those 16, and is shut out within seconds.

Limits come first: how many wait to be greeted, from one address and in all, how long, how many
stay, how fast they talk, and how much may wait to be sent to them.

Spec: docs/protocol.md, "F.6 Transport".
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from envlsp.crypto.lan import LanKey, filled, new_nonce, proof
from envlsp.errors import MalformedFrame, NobodyReachable, SignalingUnreachable
from envlsp.transport.lan_networks import Network
from envlsp.wire.lan import (
    HEAD_BYTES,
    HELLO_BYTES,
    MARKS_BYTES,
    NONCE_BYTES,
    SLOTS,
    Hello,
    decode_head_untrusted,
    decode_hello_untrusted,
    encode_frame,
    encode_hello,
    join_marks,
    split_marks,
)
from envlsp.wire.limits import KIB
from envlsp.wire.signaling_messages import RoomId

GREETING_S: Final = 3.0
"""From a connection to its proofs; on a LAN it takes milliseconds."""
CONNECT_S: Final = 3.0
WAITING_MAX: Final = 16
"""Connections that are not greeted yet; beyond it the one that waits longest goes."""
WAITING_PER_ADDRESS_MAX: Final = 4
NEIGHBOURS_MAX: Final = 64
NEIGHBOURS_PER_ADDRESS_MAX: Final = 8
FRAMES_PER_S: Final = 20.0
FRAMES_BURST: Final = 100.0
"""As a signaling server allows; who talks faster is shut out."""
UNREAD_MAX_BYTES: Final = 32 * KIB
UNSENT_MAX_BYTES: Final = 256 * KIB
"""Who reads so slowly has gone, or wants our memory."""
_KEEPALIVE: Final = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""The kernel notices a neighbour that is gone, so that nothing of ours has to wake up."""

Keys = Mapping[RoomId, LanKey]


@dataclass(eq=False, slots=True)
class Neighbour:
    """A connection to a device that has shown that it knows rooms of ours.

    Attributes:
        address: where it is.
        port: where its own door is.
        rooms: those that both are in, by slot.
    """

    address: str
    port: int
    rooms: Mapping[int, RoomId]
    _reader: asyncio.StreamReader = field(repr=False)
    _writer: asyncio.StreamWriter = field(repr=False)

    def send(self, slot: int, blob: bytes) -> None:
        """Send a blob for the room of a slot.

        Raises:
            LimitExceeded: the blob has another size than 1, 4 or 16 KiB.
            SignalingUnreachable: it is gone, or reads nothing.
        """
        frame = encode_frame(slot, blob)
        if self._writer.is_closing():
            raise SignalingUnreachable("the neighbour is gone")
        self._writer.write(frame)
        if self._writer.transport.get_write_buffer_size() > UNSENT_MAX_BYTES:
            self.close()

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield slots and blobs until the connection ends, or what comes is not of this kind."""
        clock = asyncio.get_running_loop().time
        level, then = FRAMES_BURST, clock()
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, MalformedFrame):
            while True:
                slot, size = decode_head_untrusted(await self._reader.readexactly(HEAD_BYTES))
                now = clock()
                level, then = min(FRAMES_BURST, level + (now - then) * FRAMES_PER_S) - 1, now
                if slot not in self.rooms or level < 0:
                    return
                yield slot, await self._reader.readexactly(size)

    def close(self) -> None:
        """End the connection at once. Twice is harmless."""
        self._writer.transport.abort()


class Door:
    """The listening half, on one LAN, for one team."""

    def __init__(
        self, network: Network, keys: Callable[[], Keys], welcome: Callable[[Neighbour], None]
    ) -> None:
        """Prepare; `open` listens.

        Args:
            network: where.
            keys: the rooms we are in now.
            welcome: given each neighbour that has shown its proofs; it may close it.
        """
        self.port = 0
        """Where we listen, once open; drawn anew for each."""
        self._network = network
        self._keys = keys
        self._welcome = welcome
        self._servers: list[asyncio.Server] = []
        self._waiting: dict[asyncio.StreamWriter, str] = {}

    async def open(self) -> None:
        """Listen at every address of ours on this LAN, at one port.

        Raises:
            OSError: there is none that lets us.
        """
        failure: OSError | None = None
        for address in self._network.addresses:
            scope = self._network.index if address.startswith("fe80") else 0
            try:
                listening = _listener(address, self.port, scope)
            except OSError as exc:  # being checked for duplicates, or just gone
                failure = exc
                continue
            self.port = listening.getsockname()[1]
            self._servers.append(
                await asyncio.start_server(self._greet, sock=listening, limit=UNREAD_MAX_BYTES, backlog=16)
            )
        if not self._servers:
            raise failure or OSError("no address")

    def close(self) -> None:
        """Listen no more; whoever waits is sent away. Twice is harmless."""
        for server in self._servers:
            server.close()
        for writer in list(self._waiting):
            writer.transport.abort()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        if peer is None or not self._may_wait(peer[0]):
            writer.transport.abort()
            return
        self._waiting[writer] = peer[0]
        neighbour = None
        try:
            async with asyncio.timeout(GREETING_S):
                neighbour = await self._listen_to(reader, writer, peer[0])
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self._waiting.pop(writer, None)
            if neighbour is None:
                writer.transport.abort()
        if neighbour is not None:
            self._welcome(neighbour)

    def _may_wait(self, address: str) -> bool:
        """Return whether one more may wait; in a crowd the one that came first has had its time."""
        if Counter(self._waiting.values())[address] >= WAITING_PER_ADDRESS_MAX:
            return False
        if len(self._waiting) >= WAITING_MAX:
            gone = next(iter(self._waiting))
            del self._waiting[gone]
            gone.transport.abort()
        return True

    async def _listen_to(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str
    ) -> Neighbour | None:
        nonce = new_nonce()
        writer.write(nonce)
        hello = decode_hello_untrusted(await reader.readexactly(HELLO_BYTES))
        keys, nonces = self._keys(), (nonce, hello.nonce)
        known = {proof(key, "lan-dial", nonces, hello.port): room for room, key in keys.items()}
        rooms = {slot: known[mark] for slot, mark in enumerate(hello.proofs) if mark in known}
        if not rooms:
            return None
        answers = [
            proof(keys[rooms[slot]], "lan-here", nonces, hello.port) if slot in rooms else None
            for slot in range(SLOTS)
        ]
        writer.write(join_marks(filled(answers)))
        _keep_alive(writer)
        return Neighbour(address, hello.port, rooms, reader, writer)


async def knock(address: str, port: int, own_port: int, offered: Sequence[RoomId], keys: Keys) -> Neighbour:
    """Go to somebody's door.

    Args:
        address: of the door, a hint.
        port: of the door, a hint.
        own_port: where our own door on that LAN is.
        offered: rooms to share, the most useful first; at most `SLOTS` count.
        keys: of all of them.

    Raises:
        NobodyReachable: nobody is there, or nobody of ours.
    """
    writer = None
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(address, port, limit=UNREAD_MAX_BYTES)
        async with asyncio.timeout(GREETING_S):
            nonces = (await reader.readexactly(NONCE_BYTES), new_nonce())
            rooms = dict(enumerate(offered[:SLOTS]))
            proofs = [proof(keys[room], "lan-dial", nonces, own_port) for room in rooms.values()]
            writer.write(encode_hello(Hello(nonces[1], own_port, filled(proofs))))
            answers = split_marks(await reader.readexactly(MARKS_BYTES))
        shared = {
            slot: room
            for slot, room in rooms.items()
            if answers[slot] == proof(keys[room], "lan-here", nonces, own_port)
        }
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as exc:
        if writer is not None:
            writer.transport.abort()
        raise NobodyReachable from exc
    except BaseException:
        if writer is not None:
            writer.transport.abort()
        raise
    if not shared:
        writer.transport.abort()
        raise NobodyReachable
    _keep_alive(writer)
    return Neighbour(address, port, shared, reader, writer)


def _listener(address: str, port: int, scope: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setblocking(False)
        listening.bind((address, port, 0, scope) if ":" in address else (address, port))
    except OSError:
        listening.close()
        raise
    return listening


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        if hasattr(socket, name):  # not everywhere under this name
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
