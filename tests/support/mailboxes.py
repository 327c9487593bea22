"""The pipe between an inviter and a joiner, and a hand in between that may alter each blob."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from envlsp.crypto.pairing import Code
from envlsp.domain.ids import RecordId
from envlsp.sync.join import InviterJoin, JoinerJoin, SendBlob, Welcomed
from tests.support.joins import request, welcome

CODE = Code(4711, ("abandon", "ability", "zoo"))
WRONG = Code(4711, ("abandon", "ability", "zone"))
HEADS = (RecordId(bytes([5]) * 32),)
E = TypeVar("E")
Meddle = Callable[[int, bytes], bytes]


class Mailbox:
    """The pipe between both; `meddle` sees every blob, counted from 0."""

    def __init__(
        self,
        code: Code = CODE,
        meddle: Meddle = lambda _number, blob: blob,
        inviter: InviterJoin | None = None,
    ) -> None:
        self.inviter = inviter or InviterJoin(CODE, welcome())
        self.joiner = JoinerJoin(code)
        self.meddle = meddle
        self.blobs: list[bytes] = []
        self.at_inviter: list[object] = []
        self.at_joiner: list[object] = []
        self.run()

    def run(self) -> None:
        moved = True
        while moved:
            moved = self._pass(self.joiner.take_effects(), self.at_joiner, self.inviter)
            moved |= self._pass(self.inviter.take_effects(), self.at_inviter, self.joiner)

    def _pass(self, effects: Sequence[object], log: list[object], other: InviterJoin | JoinerJoin) -> bool:
        for effect in effects:
            if isinstance(effect, SendBlob):
                self.blobs.append(effect.blob)
                other.receive(self.meddle(len(self.blobs) - 1, effect.blob))
            else:
                log.append(effect)
        return bool(effects)

    def ask(self) -> tuple[str, ...]:
        (event,) = [event for event in self.at_joiner if isinstance(event, Welcomed)]
        words = self.joiner.request(request(event.welcome.team))
        self.run()
        return words


def of(log: list[object], kind: type[E]) -> list[E]:
    return [event for event in log if isinstance(event, kind)]


def joined() -> Mailbox:
    box = Mailbox()
    box.ask()
    box.inviter.grant(HEADS)
    box.run()
    return box
