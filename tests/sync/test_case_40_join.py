"""Joining by a spoken code, and every way to spoil it: the code burns, the joiner gets nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.crypto.pairing import Code
from envlsp.crypto.signing import PopPurpose, user_id
from envlsp.domain.ids import BoxPk, RecordId, TeamId
from envlsp.errors import Misuse
from envlsp.sync.join import (
    CodeBurned,
    CodeMatched,
    InviterJoin,
    JoinDenied,
    JoinerJoin,
    JoinGranted,
    JoinRequested,
    SendBlob,
    SignalReceived,
    Welcomed,
)
from envlsp.sync.states import Inviting, Joining
from envlsp.wire.join import SIGNAL_MAX_BYTES, BlobKind, Granted, Signal, encode_blob
from envlsp.wire.limits import BLOB_SIZES
from tests.support.joins import FOUNDER, request, welcome
from tests.support.wire_faults import flip

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


def test_case_40_the_right_code_leads_to_equal_words_and_a_grant() -> None:
    box = Mailbox()
    assert of(box.at_inviter, CodeMatched) == of(box.at_joiner, CodeMatched) == [CodeMatched()]
    words = box.ask()
    (asked,) = of(box.at_inviter, JoinRequested)
    assert asked.sas == words
    assert (asked.request.name, asked.request.label) == ("Bob <bob@example.com>", "laptop")
    box.inviter.grant(HEADS)
    box.run()
    assert of(box.at_joiner, JoinGranted) == [JoinGranted(HEADS)]
    assert (box.inviter.state, box.joiner.state) == (Inviting.GRANTED, Joining.GRANTED)


def test_the_dial_passes_through_the_pipe_after_the_grant() -> None:
    box = joined()
    for number in range(5):
        box.inviter.receive(box.joiner.seal_signal(b"up %d" % number))
        box.joiner.receive(box.inviter.seal_signal(bytes(SIGNAL_MAX_BYTES)))
    box.run()
    assert [event.data for event in of(box.at_inviter, SignalReceived)] == [b"up %d" % n for n in range(5)]
    assert len(of(box.at_joiner, SignalReceived)) == 5


def test_nothing_but_three_sizes_passes_and_nothing_in_clear() -> None:
    box = joined()
    box.run()
    seen = b"".join(box.blobs)
    assert {len(blob) for blob in box.blobs} <= set(BLOB_SIZES)
    for hidden in (welcome().team, FOUNDER.public, b"bob@example.com", b"signal.example.org", b"laptop"):
        assert bytes(hidden) not in seen


def test_saying_no_ends_it() -> None:
    box = Mailbox()
    box.ask()
    box.inviter.deny()
    box.run()
    assert of(box.at_joiner, JoinDenied) == [JoinDenied()]
    assert (box.inviter.state, box.joiner.state) == (Inviting.OVER, Joining.OVER)


def test_case_40_a_wrong_code_burns_it_and_the_joiner_gets_nothing() -> None:
    box = Mailbox(WRONG)
    assert len(of(box.at_joiner, CodeBurned)) == 1
    assert of(box.at_joiner, Welcomed) == []
    # The guess is spent: the right code comes too late now.
    late = JoinerJoin(CODE)
    for effect in late.take_effects():
        assert isinstance(effect, SendBlob)
        box.inviter.receive(effect.blob)
    box.run()
    assert len(of(box.at_inviter, CodeBurned)) == 1
    assert box.inviter.state is Inviting.OVER


def test_case_40_a_guess_that_is_confirmed_wrongly_burns_the_code() -> None:
    inviter = InviterJoin(CODE, welcome())
    guess = JoinerJoin(WRONG)
    (hello,) = guess.take_effects()
    assert isinstance(hello, SendBlob)
    inviter.receive(hello.blob)
    inviter.take_effects()
    inviter.receive(encode_blob(BlobKind.CONFIRM, bytes(32)))
    (burned,) = inviter.take_effects()
    assert isinstance(burned, CodeBurned)


def test_case_40_a_second_attempt_burns_the_code_even_after_the_first_succeeded() -> None:
    box = Mailbox()
    second = JoinerJoin(CODE)
    for effect in second.take_effects():
        assert isinstance(effect, SendBlob)
        box.inviter.receive(effect.blob)
    box.run()
    assert len(of(box.at_inviter, CodeBurned)) == 1
    with pytest.raises(Misuse):
        box.inviter.grant(HEADS)


@pytest.mark.parametrize("number", (0, 1, 2, 3, 4))
@pytest.mark.parametrize("position", (3, 20, 60))
def test_case_40_an_altered_blob_burns_the_code(number: int, position: int) -> None:
    def meddle(count: int, blob: bytes) -> bytes:
        return flip(position)(blob) if count == number else blob

    box = Mailbox(meddle=meddle)
    if of(box.at_joiner, Welcomed):
        box.ask()
    burned = of(box.at_inviter, CodeBurned) + of(box.at_joiner, CodeBurned)
    assert len(burned) == 1
    assert of(box.at_inviter, JoinRequested) == []


def test_case_40_a_repeated_or_reordered_box_burns_the_code() -> None:
    box = joined()
    first, second = box.joiner.seal_signal(b"1"), box.joiner.seal_signal(b"2")
    box.inviter.receive(first)
    box.inviter.receive(first)
    box.run()
    assert len(of(box.at_inviter, CodeBurned)) == 1
    box = joined()
    first, second = box.joiner.seal_signal(b"1"), box.joiner.seal_signal(b"2")
    box.inviter.receive(second)
    box.run()
    assert len(of(box.at_inviter, CodeBurned)) == 1


def test_case_40_a_reflected_box_does_not_open() -> None:
    box = joined()
    box.joiner.receive(box.joiner.seal_signal(b"mine"))
    box.run()
    assert len(of(box.at_joiner, CodeBurned)) == 1


@pytest.mark.parametrize(
    "altered",
    (
        replace(welcome(), team=TeamId(bytes(32))),
        replace(welcome(), genesis=welcome(salt=1).genesis),
        replace(welcome(), root_sign=FOUNDER.public),
        replace(welcome(), xpk=BoxPk(bytes(32))),
        replace(welcome(), genesis=b"no record"),
    ),
)
def test_a_welcome_that_does_not_fit_is_refused(altered: object) -> None:
    box = Mailbox(inviter=InviterJoin(CODE, altered))  # type: ignore[arg-type]
    assert of(box.at_joiner, Welcomed) == []
    assert len(of(box.at_joiner, CodeBurned)) == 1


def test_a_proof_for_another_team_or_purpose_is_refused() -> None:
    team = welcome().team
    for bad in (request(TeamId(bytes(32))), request(team, purpose=PopPurpose.DEVICE_ADD)):
        box = Mailbox()
        box.joiner.request(bad)
        box.run()
        assert of(box.at_inviter, JoinRequested) == []
        assert len(of(box.at_inviter, CodeBurned)) == 1


def test_the_same_flow_brings_in_ones_own_second_device() -> None:
    owner = user_id(FOUNDER.public)
    box = Mailbox(inviter=InviterJoin(CODE, welcome(owner=owner)))
    (event,) = of(box.at_joiner, Welcomed)
    assert event.welcome.owner == owner
    box.joiner.request(request(event.welcome.team, purpose=PopPurpose.DEVICE_ADD, owner=owner))
    box.run()
    assert len(of(box.at_inviter, JoinRequested)) == 1


def test_a_name_with_control_characters_is_refused() -> None:
    box = Mailbox()
    box.joiner.request(request(welcome().team, name="Bob\x1b[2J"))
    box.run()
    assert len(of(box.at_inviter, CodeBurned)) == 1


def test_what_is_called_too_early_is_our_own_mistake() -> None:
    box = Mailbox()
    with pytest.raises(Misuse):
        box.inviter.grant(HEADS)
    with pytest.raises(Misuse):
        box.inviter.seal_signal(b"early")
    with pytest.raises(Misuse):
        box.joiner.seal_signal(b"early")
    box.ask()
    with pytest.raises(Misuse):
        box.joiner.request(request(welcome().team))
    box.inviter.grant(HEADS)
    with pytest.raises(Misuse):
        box.inviter.seal_signal(bytes(SIGNAL_MAX_BYTES + 1))


def test_what_the_wrong_side_says_burns_the_code() -> None:
    for said in (Granted(HEADS), welcome()):
        box = joined()
        assert box.joiner._boxes is not None
        box.inviter.receive(box.joiner._boxes.seal(said))
        box.run()
        assert len(of(box.at_inviter, CodeBurned)) == 1


def test_a_signal_before_the_grant_burns_the_code() -> None:
    box = Mailbox()
    assert box.joiner._boxes is not None
    box.inviter.receive(box.joiner._boxes.seal(Signal(b"early")))
    box.run()
    assert len(of(box.at_inviter, CodeBurned)) == 1


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(noise=st.binary(max_size=200), fill=st.booleans(), after=st.integers(0, 3))
def test_noise_burns_the_code_and_nothing_else(noise: bytes, fill: bool, after: int) -> None:
    def meddle(number: int, blob: bytes) -> bytes:
        return (noise.ljust(1024, b"\0") if fill else noise) if number == after else blob

    box = Mailbox(meddle=meddle)
    assert len(of(box.at_inviter, CodeBurned) + of(box.at_joiner, CodeBurned)) == 1
    assert of(box.at_inviter, JoinRequested) == []
