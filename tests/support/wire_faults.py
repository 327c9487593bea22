"""A peer that proves who it is and then says whatever a test wants, and a wire that alters."""

from __future__ import annotations

from collections.abc import Callable

from envlsp.crypto.handshake import Handshake, SecureChannel, Setup, side_of
from envlsp.sync.effects import Close, Effect, SendMessage, StoreRecords
from envlsp.sync.session import Session
from envlsp.wire.frames import Assembler, Frame, decode_frame_untrusted, encode_frame, is_control, split
from envlsp.wire.messages import (
    Ack,
    CloseCode,
    Message,
    decode_message_untrusted,
    encode_message,
    kind_of,
)
from tests.support.peers import TEAM, Actor


class Liar:
    """Eve, a member, against one honest session. She acknowledges everything at once."""

    def __init__(self, honest: Actor, eve: Actor) -> None:
        self.now = 1_000.0
        self.replica = honest.replica
        honest.replica.active.add(eve.dpk)
        setup = Setup(TEAM, honest.key, side_of(honest.dpk, eve.dpk))
        self.session = Session(setup, honest.replica, self.now)
        self.heard: list[Message] = []
        self.log: list[Effect] = []
        self._handshake = Handshake(Setup(TEAM, eve.key, side_of(eve.dpk, honest.dpk)))
        self._channel: SecureChannel | None = None
        self._assembler = Assembler()
        self._seq = 1
        hello = self._handshake.start()
        if hello is not None:
            self.session.receive(hello, self.now)
        self.obey()

    @property
    def closed(self) -> CloseCode | None:
        return next((effect.code for effect in self.log if isinstance(effect, Close)), None)

    def obey(self) -> None:
        """Let the honest side do what it wants, storing at once."""
        while effects := self.session.take_effects():
            self.log += effects
            for effect in effects:
                match effect:
                    case SendMessage(message):
                        self._hear(message)
                    case StoreRecords(records, auth_only):
                        results = self.replica.take(records, auth_only=auth_only)
                        self.session.stored(results, self.now)
                    case _:
                        pass

    def say(self, *messages: Message) -> None:
        for message in messages:
            kind = kind_of(message)
            frames = list(split(kind, encode_message(message), 0 if is_control(kind) else self._seq))
            self._seq += 0 if is_control(kind) else len(frames)
            for frame in frames:
                self.say_frame(frame)

    def say_frame(self, frame: Frame) -> None:
        self.say_bytes(encode_frame(frame))

    def say_bytes(self, plain: bytes) -> None:
        assert self._channel is not None
        self.session.receive(self._channel.seal(plain), self.now)
        self.obey()

    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.session.tick(self.now)
        self.obey()

    def said(self, kind: type[Message]) -> list[Message]:
        return [message for message in self.heard if isinstance(message, kind)]

    def _hear(self, message: bytes) -> None:
        if self._channel is None:
            reply = self._handshake.receive(message)
            if reply.proved is not None:
                self._channel = reply.proved.channel
            if reply.send is not None:
                self.session.receive(reply.send, self.now)
            return
        frame = decode_frame_untrusted(self._channel.open(message))
        if is_control(frame.kind):
            self.heard.append(decode_message_untrusted(frame.kind, frame.payload))
            return
        payload = self._assembler.add(frame)
        if payload is not None:
            self.heard.append(decode_message_untrusted(frame.kind, payload))
        if self.closed is None:
            self.say(Ack(frame.seq))


Alter = Callable[[bytes], bytes]


def flip(position: int) -> Alter:
    """Return what flips one bit of the byte at `position` (from the end if negative)."""

    def alter(message: bytes) -> bytes:
        altered = bytearray(message)
        altered[position] ^= 1
        return bytes(altered)

    return alter
