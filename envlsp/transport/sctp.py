"""SCTP as far as one negotiated data channel needs it, with bounds on what a peer may send.

aiortc reassembles messages of any size and opens any stream a peer names. Here
there is one ordered, reliable stream, messages of at most 16 KiB, and never more
waiting than the window we advertise. Anything else raises in `_receive_data_chunk`
or below, and `on_breach` is told once: the caller drops the link.

Private names of aiortc are used, hence the pin; tests/transport/test_webrtc.py
fails when they change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain

from envlsp.transport.api import INBOX_MAX_BYTES, MESSAGE_MAX_BYTES
from envlsp.transport.dtls import CHUNK_MAX_BYTES
from envlsp.transport.noav import without_av

with without_av():
    from aiortc import RTCDtlsTransport, RTCSctpTransport, rtcsctptransport
    from aiortc.rtcsctptransport import Chunk, DataChunk, ForwardTsnChunk, SackChunk

rtcsctptransport.USERDATA_MAX_LENGTH = CHUNK_MAX_BYTES  # a constant of theirs is the only way
STREAM = 0
CHUNKS_MAX = 1024  # waiting for an earlier one; a full inbox of full-sized chunks has 950
UNORDERED = 0x04


class _BreachError(Exception):
    """The peer sends what this channel does not carry."""


class OneChannelSctp(RTCSctpTransport):  # type: ignore[misc, unused-ignore]
    """An association for stream 0 and nothing else."""

    def __init__(self, dtls: RTCDtlsTransport, *, on_breach: Callable[[str], None]) -> None:
        super().__init__(dtls)
        self._local_partial_reliability = False  # an abandoned message wedges the association
        self._on_breach = on_breach
        self._on_room: asyncio.Event = asyncio.Event()

    # --- sending ---------------------------------------------------------------------------

    @property
    def unacknowledged_bytes(self) -> int:
        """What was given to us and the peer's transport has not confirmed."""
        queued = sum(len(data) for _channel, _protocol, data in self._data_channel_queue)
        return queued + sum(len(chunk.user_data) for chunk in chain(self._sent_queue, self._outbound_queue))

    async def wait_for_change(self) -> None:
        """Return when the peer has confirmed something, or the association has changed."""
        self._on_room.clear()
        await self._on_room.wait()

    def wake(self) -> None:
        """Let `wait_for_change` return."""
        self._on_room.set()

    async def _receive_sack_chunk(self, chunk: SackChunk) -> None:
        await super()._receive_sack_chunk(chunk)
        self.wake()

    async def _send_chunk(self, chunk: Chunk) -> None:
        # Timers send from tasks nobody awaits: a lost path must not become
        # "exception was never retrieved". Its end is reported by DTLS.
        try:
            await super()._send_chunk(chunk)
        except Exception:  # noqa: BLE001 - ConnectionError of ICE, Error of OpenSSL
            self.wake()

    # --- receiving -------------------------------------------------------------------------

    async def _handle_data(self, data: bytes) -> None:
        try:
            await super()._handle_data(data)
        except _BreachError as breach:
            self._on_breach(str(breach))
        except Exception:  # noqa: BLE001 - aiortc asserts on malformed packets; the text stays here
            self._on_breach("a malformed packet")

    async def _receive_chunk(self, chunk: Chunk) -> None:
        if isinstance(chunk, ForwardTsnChunk):
            raise _BreachError("an abandoned message")
        await super()._receive_chunk(chunk)

    async def _receive_data_chunk(self, chunk: DataChunk) -> None:
        if chunk.stream_id != STREAM or chunk.flags & UNORDERED:
            raise _BreachError("another channel")
        await super()._receive_data_chunk(chunk)
        self._check_reassembly(chunk.stream_seq)

    def _check_reassembly(self, stream_seq: int) -> None:
        waiting = self._get_inbound_stream(STREAM).reassembly
        sizes = [len(each.user_data) for each in waiting if each.stream_seq == stream_seq]
        if sum(sizes) > MESSAGE_MAX_BYTES:
            raise _BreachError("a message that is too long")
        if len(waiting) > CHUNKS_MAX or self._advertised_rwnd < 0:
            raise _BreachError("more than the window")


assert INBOX_MAX_BYTES >= MESSAGE_MAX_BYTES
