"""Links over WebRTC data channels: ICE, DTLS, SCTP, and no SDP anywhere.

`Dial` makes one `WebRtcLink`. The parts are aiortc's ORTC objects with our own
certificate, one negotiated channel (so neither side can be surprised by another),
and no server but those it is given: aiortc's default STUN server is never asked.

What it leaves to others: sealing and signing of what goes through the signaling
server, and proving who the peer is. DTLS accepts exactly the certificate named in
the sealed parameters; the handshake above signs both fingerprints once more.

Loading this module takes 150 ms: import it only in a process that dials.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from envlsp.errors import DialFailed, EnvlspError, LinkClosed, Malformed, Misuse, TransportError
from envlsp.transport.api import (
    INBOX_MAX_BYTES,
    MESSAGE_MAX_BYTES,
    IceServers,
    LinkOptions,
    PairPath,
    SignalPipe,
)
from envlsp.transport.certificate import (
    channel_binding,
    dtls_parameters,
    fresh_certificate,
    own_fingerprint,
    peer_fingerprint,
)
from envlsp.transport.dtls import NarrowDtls
from envlsp.transport.ice import IceConnection
from envlsp.transport.noav import without_av
from envlsp.transport.params import Params, candidates_untrusted, params_untrusted
from envlsp.transport.sctp import STREAM, OneChannelSctp
from envlsp.wire.signals import CANDIDATES_MAX

with without_av():
    from aioice import Candidate
    from aioice.ice import CandidatePair
    from aiortc import (
        RTCDataChannel,
        RTCDataChannelParameters,
        RTCIceGatherer,
        RTCIceParameters,
        RTCIceTransport,
        RTCSctpCapabilities,
    )

log = logging.getLogger(__name__)
logging.getLogger("aiortc").setLevel(logging.WARNING)  # below that it writes down addresses

CLOSE_TIMEOUT_S = 2.0
SCTP_PORT = 5000
CHANNEL_LABEL = "envlsp"


class WebRtcLink:
    """One end of a data channel. Made by `Dial`; see `api.Link` for what it promises."""

    def __init__(self, *, controlling: bool, servers: IceServers, options: LinkOptions) -> None:
        self._controlling = controlling
        self._options = options
        self._begun_at = time.monotonic()
        self._binding: bytes | None = None
        self._path: PairPath | None = None
        self._inbox: deque[bytes] = deque()
        self._inbox_bytes = 0
        self._arrived = asyncio.Event()
        self._opened = asyncio.Event()
        self._ended = asyncio.Event()
        self._end_reason = ""
        self._sending = asyncio.Lock()
        self._teardown: asyncio.Task[None] | None = None

        self.certificate = fresh_certificate()
        self.ice = IceConnection(controlling=controlling, servers=servers, options=options)
        gatherer = RTCIceGatherer(iceServers=[])
        gatherer._connection = self.ice  # noqa: SLF001 - the one place where ours takes aioice's seat
        self._transport = RTCIceTransport(gatherer)
        self._dtls = NarrowDtls(self._transport, [self.certificate])
        self._dtls._set_role("server" if controlling else "client")  # noqa: SLF001 - ICE roles may still change
        self._sctp = OneChannelSctp(self._dtls, on_breach=self._break_off)
        named = RTCDataChannelParameters(label=CHANNEL_LABEL, negotiated=True, id=STREAM)
        self._channel = RTCDataChannel(self._sctp, named)
        self._channel.on("open", self._opened.set)
        self._channel.on("message", self._take)
        self._channel.on("close", lambda: self._end("closed by the peer"))
        self._dtls.on("statechange", self._dtls_changed)

    # --- the promises of a link ------------------------------------------------------------

    @property
    def binding(self) -> bytes:
        """Return `cb` over both certificates (32 bytes)."""
        if self._binding is None:
            raise Misuse("the link is not open yet")
        return self._binding

    @property
    def path(self) -> PairPath:
        """Return the pair of candidates in use; the last one after the end."""
        if self._path is None:
            raise Misuse("the link is not open yet")
        pair = self.ice.chosen  # ICE may move to a better pair in the first moments
        if pair is not None:
            self._path = self._path_over(pair, self._path.since_s, self._path.took_s)
        return self._path

    async def send(self, message: bytes) -> None:
        """Send a message; wait while a window of them is unacknowledged.

        Raises:
            Misuse: the message is too long.
            LinkClosed: the link has ended.
        """
        if len(message) > MESSAGE_MAX_BYTES:
            raise Misuse(f"a message of {len(message)} bytes, at most {MESSAGE_MAX_BYTES} fit")
        async with self._sending:  # one waits for room, the others behind it: order is kept
            while self._is_open() and self._sctp.unacknowledged_bytes >= self._options.window_bytes:
                await self._sctp.wait_for_change()
            if not self._is_open():
                raise LinkClosed(self._end_reason)
            self._channel.send(bytes(message))

    async def receive(self) -> bytes:
        """Return the next message; those that came before the end are still delivered.

        Raises:
            LinkClosed: the link has ended.
        """
        while not self._inbox:
            if self._ended.is_set():
                raise LinkClosed(self._end_reason)
            self._arrived.clear()
            await self._arrived.wait()
        message = self._inbox.popleft()
        self._inbox_bytes -= len(message)
        return message

    async def close(self) -> None:
        """Let what was sent arrive for a moment, then end; two seconds at most."""
        if not self._ended.is_set():
            await self._linger()
        self._end("closed")
        assert self._teardown is not None
        await asyncio.wait({self._teardown}, timeout=CLOSE_TIMEOUT_S - self._options.linger_s)

    async def wait_closed(self) -> None:
        """Return once the link has ended, from either side."""
        await self._ended.wait()

    # --- opening, for Dial -----------------------------------------------------------------

    async def open(self, remote: Params) -> None:
        """Connect to the peer whose parameters these are.

        Raises:
            DialFailed: no path, or another certificate than the one promised.
        """
        await self._transport.start(RTCIceParameters(remote.ufrag, remote.password))
        if self._transport.state != "completed":
            raise DialFailed("no path to the peer")
        await self._dtls.start(dtls_parameters(remote.fingerprint))
        if self._dtls.state != "connected" or peer_fingerprint(self._dtls) != remote.fingerprint:
            raise DialFailed("the peer's certificate is not the one it announced")
        self._retrieve_quietly()
        await self._sctp.start(RTCSctpCapabilities(maxMessageSize=MESSAGE_MAX_BYTES), SCTP_PORT)
        self._binding = self._bind(remote.fingerprint)
        await self._until_open()

    def _bind(self, remote: bytes) -> bytes:
        own = own_fingerprint(self.certificate)
        return channel_binding(own, remote) if self._controlling else channel_binding(remote, own)

    async def _until_open(self) -> None:
        waiters = {asyncio.create_task(event.wait()) for event in (self._opened, self._ended)}
        try:
            await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in waiters:
                waiter.cancel()
        pair = self.ice.chosen
        if self._ended.is_set() or pair is None:
            raise DialFailed("the peer hung up")
        self._path = self._path_over(pair, time.time(), time.monotonic() - self._begun_at)

    def _path_over(self, pair: CandidatePair, since_s: float, took_s: float) -> PairPath:
        return PairPath(pair.local_candidate.type, pair.remote_candidate.type, since_s, self.ice.via, took_s)

    def _retrieve_quietly(self) -> None:
        """Look at how the DTLS pump ends, so that asyncio does not complain to the log."""
        pump = self._dtls._task  # noqa: SLF001
        if pump is not None:
            pump.add_done_callback(lambda task: task.cancelled() or task.exception())

    # --- what aiortc reports ---------------------------------------------------------------

    def _is_open(self) -> bool:
        return not self._ended.is_set() and self._channel.readyState == "open"

    def _take(self, message: bytes | str) -> None:
        if not isinstance(message, bytes) or len(message) > MESSAGE_MAX_BYTES:
            self._break_off("a message that is too long, or text")
        elif self._inbox_bytes + len(message) > INBOX_MAX_BYTES:
            self._break_off("more than the window")
        elif not self._ended.is_set():
            self._inbox.append(message)
            self._inbox_bytes += len(message)
            self._arrived.set()

    def _break_off(self, breach: str) -> None:
        self._end(f"the peer sent {breach}")

    def _dtls_changed(self) -> None:
        if self._dtls.state in {"closed", "failed"}:
            self._end("the path was lost")

    def _end(self, reason: str) -> None:
        if self._ended.is_set():
            return
        self._end_reason = reason
        self._ended.set()
        self._arrived.set()
        self._sctp.wake()
        self._teardown = asyncio.create_task(self._tear_down())

    # --- ending ----------------------------------------------------------------------------

    async def _linger(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.linger_s):
                while self._is_open() and self._sctp.unacknowledged_bytes:
                    await self._sctp.wait_for_change()

    async def _tear_down(self) -> None:
        pump = self._dtls._task  # noqa: SLF001 - stop() forgets it before it has ended
        for part in (self._sctp.stop, self._dtls.stop, self._transport.stop):
            try:
                await part()
            except Exception as exc:  # noqa: BLE001 - the others are to be stopped whatever happens
                log.debug("a part of a link did not stop cleanly: %s", type(exc).__name__)
        await self.ice.close()  # a transport that was never started does not know it is open
        if pump is not None:
            await asyncio.wait({pump})


class Dial:
    """One attempt to make one link. Used once, by both ends at about the same time."""

    def __init__(
        self,
        *,
        controlling: bool,
        servers: IceServers,
        signals: SignalPipe,
        options: LinkOptions | None = None,
    ) -> None:
        """Prepare a dial.

        Args:
            controlling: side A: the device with the lower dpk, or the inviter.
            servers: every STUN and TURN server to try.
            signals: the way to the peer until there is a better one.
            options: numbers to change, for tests.
        """
        self._signals = signals
        self._options = options or LinkOptions()
        self._link = WebRtcLink(controlling=controlling, servers=servers, options=self._options)
        self._remote: asyncio.Future[Params] = asyncio.get_running_loop().create_future()
        self._heard = 0

    async def open(self) -> WebRtcLink:
        """Return the link, open on this side.

        Raises:
            DialFailed: no channel within `dial_timeout_s`, or the peer gave up.
            TransportError: the signaling server was lost before a path was found.
        """
        is_open = False
        try:
            with _one_cause():
                async with asyncio.timeout(self._options.dial_timeout_s):
                    await self._open()
            is_open = True
        except TimeoutError:
            raise DialFailed(f"no channel within {self._options.dial_timeout_s:g} s") from None
        except TransportError:
            raise
        except Malformed as exc:
            raise DialFailed("the peer's parameters make no sense") from exc
        except Exception as exc:
            # aiortc and OpenSSL have many ways to stumble over a peer's nonsense.
            raise DialFailed(f"the connection broke: {type(exc).__name__}") from exc
        finally:
            if not is_open:
                await self._give_up()
        return self._link

    async def _open(self) -> None:
        await self._link.ice.gather_candidates()
        await self._signals.send("params", self._own_params().to_value())
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(self._tell()), group.create_task(self._listen())]
            await self._link.open(await self._remote)
            for helper in helpers:
                helper.cancel()

    def _own_params(self) -> Params:
        ice = self._link.ice
        return Params(
            ice.local_username,
            ice.local_password,
            own_fingerprint(self._link.certificate),
            tuple(each.to_sdp() for each in ice.local_candidates[:CANDIDATES_MAX]),
        )

    async def _tell(self) -> None:
        """Send candidates that came late, as few messages as possible, then `end`."""
        late = self._link.ice.trickled
        more = True
        while more:
            batch = [await late.get()]
            while not late.empty():
                batch.append(late.get_nowait())
            more = batch[-1] is not None
            if lines := [each.to_sdp() for each in batch if each is not None]:
                await self._signals.send("candidates", list(lines))
        await self._signals.send("end", [])

    async def _listen(self) -> None:
        ended = False
        while True:  # until the link is open: a `bye` can come at any time
            kind, params = await self._signals.receive()
            if kind == "bye":
                raise DialFailed("the peer gave up")
            if kind == "params" and not self._remote.done():
                remote = params_untrusted(params)
                await self._add(remote.candidates)
                self._remote.set_result(remote)
            elif kind == "candidates" and not ended:
                await self._add(candidates_untrusted(params))
            elif kind == "end" and not ended:
                ended = True
                await self._link.ice.add_remote_candidate(None)

    async def _add(self, lines: tuple[str, ...]) -> None:
        self._heard += len(lines)
        if self._heard > CANDIDATES_MAX:
            raise DialFailed("the peer sends too many candidates")
        for line in lines:
            await self._link.ice.add_remote_candidate(Candidate.from_sdp(line))

    async def _give_up(self) -> None:
        # The peer would else wait for the rest of its timeout: DTLS sends no alert.
        with contextlib.suppress(EnvlspError, TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._signals.send("bye", [])
        await self._link.close()


@contextmanager
def _one_cause() -> Iterator[None]:
    """Raise the first thing that went wrong instead of a group of one."""
    try:
        yield
    except BaseExceptionGroup as group:
        cause: BaseException = group
        while isinstance(cause, BaseExceptionGroup):
            cause = cause.exceptions[0]
        raise cause from None
