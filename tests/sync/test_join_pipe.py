"""Joining by a spoken code, message by message."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.crypto.signing import PopPurpose, user_id
from envlsp.domain.ids import BoxPk, TeamId
from envlsp.errors import Misuse
from envlsp.sync.join import (
    CodeBurned,
    InviterJoin,
    JoinDenied,
    JoinRequested,
    SignalReceived,
    Welcomed,
)
from envlsp.sync.states import Inviting, Joining
from envlsp.wire.join import SIGNAL_MAX_BYTES, Granted, Signal
from envlsp.wire.limits import BLOB_SIZES
from tests.support.joins import FOUNDER, request, welcome
from tests.support.mailboxes import CODE, HEADS, Mailbox, joined, of


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
