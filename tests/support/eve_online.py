"""Eve at the end of a real data channel: she proves who she is, or does not, and says what she likes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from envlsp.crypto.handshake import Handshake, SecureChannel, Setup
from envlsp.errors import LinkClosed
from envlsp.transport.api import Link
from envlsp.wire.frames import Assembler, decode_frame_untrusted, encode_frame, is_control, split
from envlsp.wire.messages import Ack, Message, decode_message_untrusted, encode_message, kind_of

PATIENCE_S = 60.0


class Eve:
    """One end of a link, with a key of a member perhaps."""

    def __init__(self, link: Link, setup: Setup) -> None:
        """Take a link over."""
        self.link = link
        self.heard: list[Message] = []
        self._handshake = Handshake(setup)
        self._channel: SecureChannel | None = None
        self._assembler = Assembler()
        self._seq = 1

    async def prove(self) -> None:
        """Shake hands as the protocol says."""
        hello = self._handshake.start()
        if hello is not None:
            await self.link.send(hello)
        while self._channel is None:
            reply = self._handshake.receive(await self.link.receive())
            if reply.send is not None:
                await self.link.send(reply.send)
            if reply.proved is not None:
                self._channel = reply.proved.channel

    async def say(self, *messages: Message) -> None:
        """Send them, whatever they are."""
        assert self._channel is not None
        for message in messages:
            kind = kind_of(message)
            frames = list(split(kind, encode_message(message), 0 if is_control(kind) else self._seq))
            self._seq += 0 if is_control(kind) else len(frames)
            for frame in frames:
                await self.link.send(self._channel.seal(encode_frame(frame)))

    async def listen(self) -> None:
        """Hear, and acknowledge at once, until the link ends."""
        assert self._channel is not None
        try:
            while True:
                frame = decode_frame_untrusted(self._channel.open(await self.link.receive()))
                if is_control(frame.kind):
                    self.heard.append(decode_message_untrusted(frame.kind, frame.payload))
                    continue
                if (payload := self._assembler.add(frame)) is not None:
                    self.heard.append(decode_message_untrusted(frame.kind, payload))
                await self.say(Ack(frame.seq))
        except LinkClosed:
            return

    async def until(self, kind: type[Message]) -> Message:
        """Wait until she has heard such a message; return the last one."""
        await until(lambda: any(isinstance(message, kind) for message in self.heard))
        return next(message for message in reversed(self.heard) if isinstance(message, kind))


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something has come to pass that has no event of its own."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def pump(source: Link, target: Link, alter: Callable[[bytes], bytes] = bytes) -> None:
    """Hand over what comes at one link to the other, as somebody in between does."""
    try:
        while True:
            await target.send(alter(await source.receive()))
    except LinkClosed:
        await target.close()
