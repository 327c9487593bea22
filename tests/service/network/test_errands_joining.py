"""Inviting and joining by a spoken code, over a real signaling server and WebRTC on loopback."""

from __future__ import annotations

import asyncio

import pytest

from envlsp.errors import (
    BadConfig,
    CodeRefused,
    NobodyReachable,
    SignalingUnreachable,
    TrustError,
    UsageError,
)
from envlsp.service.access import roles
from envlsp.wire.text import to_team_text
from tests.support.cast import FIRST_FILE, Actor, Cast
from tests.support.network_cast import (
    Server,
    begin_invite,
    clone,
    join_by_code,
    let_in,
    networked,
)

pytestmark = pytest.mark.slow


def test_a_spoken_code_brings_somebody_in(cast: Cast, server: Server, alone: Actor) -> None:
    (bob,) = networked(cast, server, "bob")
    result = let_in(alone, bob)
    assert (result.inviter, result.members) == ("Alice", 2)
    assert [member.name for member in alone.team.people.list()] == ["Alice", "Bob"]
    words = [line for line in alone.talk.heard if "both screens" in line]
    assert words == [line for line in bob.talk.heard if "both screens" in line] != []
    bob.pull()
    assert bob.file.read_bytes() == FIRST_FILE
    assert bob.replica.ledger.heads() == alone.replica.ledger.heads()


def test_while_a_person_thinks_the_network_goes_on(cast: Cast, server: Server, alone: Actor) -> None:
    (bob,) = networked(cast, server, "bob")
    free: list[bool] = []

    def confirm(question: str, *, default: bool = False) -> bool:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            free.append(True)
        return True

    for actor in (alone, bob):
        actor.talk.confirm = confirm  # type: ignore[method-assign]
    invited = begin_invite(alone)
    join_by_code(bob, invited.code, None, server.url)
    assert invited.inviting.wait() == "Bob <bob@example.com>"
    assert free == [True, True]


def test_a_question_nobody_can_answer_lets_nobody_in(cast: Cast, server: Server, alone: Actor) -> None:
    (bob,) = networked(cast, server, "bob")

    def confirm(question: str, *, default: bool = False) -> bool:
        raise UsageError("nobody is there")

    alone.talk.confirm = confirm  # type: ignore[method-assign]
    invited = begin_invite(alone)
    with pytest.raises(CodeRefused, match="said no"):
        join_by_code(bob, invited.code, clone(alone, bob), server.url)
    with pytest.raises(UsageError):
        invited.inviting.wait()
    assert len(alone.replica.state.members) == 1


def test_a_wrong_code_burns_it_and_the_joiner_gets_nothing(cast: Cast, server: Server, alone: Actor) -> None:
    eve, bob = networked(cast, server, "eve", "bob")
    invited = begin_invite(alone)
    number, *words = invited.code.split("-")
    wrong = "-".join([number, *reversed(words)])
    project = clone(alone, eve)
    with pytest.raises(CodeRefused):
        join_by_code(eve, wrong, project, server.url)
    with pytest.raises(CodeRefused):
        invited.inviting.wait()
    assert eve.service.vault.open().teams() == ()
    with pytest.raises((CodeRefused, NobodyReachable, SignalingUnreachable)):  # the right one is burned too
        join_by_code(bob, invited.code, clone(alone, bob), server.url)
    assert len(alone.replica.state.members) == 1


def test_a_code_of_another_team_is_refused_and_nothing_is_kept(
    cast: Cast, server: Server, alone: Actor
) -> None:
    eve, bob = networked(cast, server, "eve", "bob")
    eve.found()
    invited = begin_invite(eve)
    project = clone(alone, bob)
    with pytest.raises(TrustError, match="names another") as refused:
        join_by_code(bob, invited.code, project, server.url)
    assert refused.value.exit_code == 9
    assert bob.service.vault.open().teams() == ()
    assert not (bob.home / "teams").exists()
    with pytest.raises((CodeRefused, NobodyReachable)):
        invited.inviting.wait()
    assert len(eve.replica.state.members) == 1


def test_who_the_inviter_does_not_want_stays_outside(cast: Cast, server: Server, alone: Actor) -> None:
    (bob,) = networked(cast, server, "bob")
    alone.talk.agrees = False
    invited = begin_invite(alone)
    with pytest.raises(CodeRefused):
        join_by_code(bob, invited.code, clone(alone, bob), server.url)
    with pytest.raises(CodeRefused, match="you said no"):
        invited.inviting.wait()
    assert bob.service.vault.open().teams() == ()
    assert len(alone.replica.state.members) == 1


def test_an_invitation_for_one_address_is_for_nobody_else(cast: Cast, server: Server, alone: Actor) -> None:
    (bob,) = networked(cast, server, "bob")
    invited = begin_invite(alone, address="carol@example.com")
    with pytest.raises(CodeRefused):
        join_by_code(bob, invited.code, clone(alone, bob), server.url)
    with pytest.raises(CodeRefused, match=r"for carol@example\.com"):
        invited.inviting.wait()
    assert bob.service.vault.open().teams() == ()


def test_a_member_does_not_join_again(cast: Cast, server: Server, pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    keys = bob.replica.keys.dpk
    invited = begin_invite(alice)
    with pytest.raises(BadConfig, match="already"):
        join_by_code(bob, invited.code, bob.context.project, server.url)
    with pytest.raises((CodeRefused, NobodyReachable)):
        invited.inviting.wait()
    bob.restart()
    assert bob.replica.keys.dpk == keys


def test_who_was_removed_can_be_let_in_again_with_new_keys(
    cast: Cast, server: Server, pair: tuple[Actor, Actor]
) -> None:
    alice, bob = pair
    old = bob.replica.keys.dpk
    bob.push(FIRST_FILE + b"B=1\n")
    alice.replica.receive(bob.raws())
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    bob.replica.receive(alice.raws())
    let_in(alice, bob)
    bob.restart()
    assert bob.replica.keys.dpk != old
    bob.pull(force=True)
    assert bob.push(FIRST_FILE + b"B=2\n").made
    alice.replica.receive(bob.raws())
    assert len(alice.replica.state.members) == 2


def test_outside_a_project_the_person_confirms_the_team(cast: Cast, server: Server, alone: Actor) -> None:
    (bob,) = networked(cast, server, "bob")
    bob.talk.agrees = False
    invited = begin_invite(alone)
    with pytest.raises(TrustError, match="you said no"):
        join_by_code(bob, invited.code, None, server.url)
    with pytest.raises((CodeRefused, NobodyReachable)):
        invited.inviting.wait()
    assert bob.service.vault.open().teams() == ()
    assert to_team_text(alone.replica.team) in bob.talk.asked[0]
