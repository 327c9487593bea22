"""A code for one's own next device, and joins that break off, over a real signaling server."""

from __future__ import annotations

import queue

import pytest

from envlsp.domain.ledger.records import DeviceAdd
from envlsp.errors import BadConfig, CodeRefused, NobodyReachable, TrustError
from envlsp.service.access import roles
from envlsp.service.context import open_project
from envlsp.service.joining import joining
from envlsp.service.verbs import devices
from tests.support.cast import Actor, Cast, QuietTalk
from tests.support.network_cast import (
    WAIT_S,
    Pairing,
    Server,
    agent,
    aside,
    begin_invite,
    clone,
    founder,
    join_by_code,
    let_in,
    networked,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def alice(cast: Cast, server: Server) -> Actor:
    return founder(cast, server)


def begin_add(actor: Actor, talk: QuietTalk | None = None) -> Pairing:
    """Make a code for another device, and return as soon as it is known."""
    codes: queue.Queue[str] = queue.Queue()

    def work() -> str:
        service = actor.start()
        try:
            return devices.add(service, service.open(actor.root), codes.put, talk=talk)
        finally:
            service.close()

    adding = aside(work)
    return Pairing(codes.get(timeout=WAIT_S), adding)


def add_phone(cast: Cast, server: Server, owner: Actor) -> Actor:
    (phone,) = networked(cast, server, "phone")
    adding = begin_add(owner)
    result = join_by_code(phone, adding.code, clone(owner, phone), server.url)
    assert result.is_own_device
    assert adding.inviting.wait() == "phones-laptop"
    owner.replica.refresh()
    return phone


def break_off(monkeypatch: pytest.MonkeyPatch, inviter: Actor, joiner: Actor) -> None:
    """Let somebody in, and take the other side away before the records come."""

    async def fail(*_: object, **__: object) -> None:
        raise NobodyReachable("the other side went away")

    with monkeypatch.context() as patch:
        patch.setattr(joining, "sync_over", fail)
        invited = begin_invite(inviter)
        url = joiner.environ["ENVLSP_SIGNALING"]
        with pytest.raises(NobodyReachable):
            join_by_code(joiner, invited.code, clone(inviter, joiner), url)
        with pytest.raises(NobodyReachable, match="was let in"):
            invited.inviting.wait()


def test_the_code_makes_another_device_of_alice(cast: Cast, server: Server, alice: Actor) -> None:
    phone = add_phone(cast, server, alice)
    assert phone.pull().release.label == "v1"
    assert phone.user == alice.user
    assert len(alice.replica.state.members) == 1
    added = alice.replica.record(alice.replica.state.devices[phone.replica.keys.dpk].intro)
    assert isinstance(added.header.pub, DeviceAdd)
    assert alice.team.people.of_device(phone.replica.keys.dpk).display_name == "Alice <alice@example.com>"
    assert any("another device" in question for question in phone.talk.asked)
    assert phone.service.pending.all() == ()


def test_a_machine_becomes_nobodys_device_unasked(cast: Cast, server: Server, alice: Actor) -> None:
    """Eve reads out a code of `device add` where Bob expects to become a member."""
    (bob,) = networked(cast, server, "bob")
    bob.talk.agrees = False
    adding = begin_add(alice)
    with pytest.raises(TrustError, match="you said no"):
        join_by_code(bob, adding.code, clone(alice, bob), server.url)
    with pytest.raises((CodeRefused, NobodyReachable)):
        adding.inviting.wait()
    assert bob.service.vault.open().teams() == ()
    assert len(alice.replica.state.devices) == 1


def test_what_alice_does_not_recognise_stays_outside(cast: Cast, server: Server, alice: Actor) -> None:
    (phone,) = networked(cast, server, "phone")
    adding = begin_add(alice, QuietTalk(agrees=False))
    with pytest.raises(CodeRefused, match="said no"):
        join_by_code(phone, adding.code, clone(alice, phone), server.url)
    with pytest.raises(CodeRefused, match="you said no"):
        adding.inviting.wait()
    assert phone.service.pending.all() == ()
    alice.replica.refresh()
    assert len(alice.replica.state.devices) == 1


def test_a_join_that_broke_off_after_the_grant_makes_no_second_member(
    cast: Cast, server: Server, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bob,) = networked(cast, server, "bob")
    break_off(monkeypatch, alice, bob)
    alice.replica.refresh()
    assert len(alice.replica.state.members) == 2
    bob.restart()
    assert len(bob.service.pending.all()) == 1
    let_in(alice, bob)
    bob.restart()
    assert bob.pull().release.label == "v1"
    alice.replica.refresh()
    assert len(alice.replica.state.members) == 2
    assert bob.service.pending.all() == ()


def test_keys_that_were_removed_meanwhile_are_given_up(
    cast: Cast, server: Server, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bob,) = networked(cast, server, "bob")
    break_off(monkeypatch, alice, bob)
    alice.replica.refresh()
    ghost = next(user for user in alice.replica.state.members if user != alice.user)
    roles.revoke(alice.replica, alice.team.releases, [ghost])
    bob.restart()
    invited = begin_invite(alice)
    with pytest.raises(CodeRefused, match="said no"):
        join_by_code(bob, invited.code, open_project(bob.root), server.url)
    with pytest.raises(CodeRefused, match="no key is let in twice"):
        invited.inviting.wait()
    let_in(alice, bob)
    alice.replica.refresh()
    assert len(alice.replica.state.members) == 2


def test_a_member_is_not_made_a_device_besides(cast: Cast, server: Server, alice: Actor) -> None:
    (bob,) = networked(cast, server, "bob")
    let_in(alice, bob)
    adding = begin_add(alice)
    with pytest.raises(BadConfig, match="already"):
        join_by_code(bob, adding.code, open_project(bob.root), server.url)
    with pytest.raises((CodeRefused, NobodyReachable)):
        adding.inviting.wait()


def test_who_leaves_with_the_device_at_hand_tells_the_others(
    cast: Cast, server: Server, alice: Actor
) -> None:
    from envlsp.service.verbs.courier import Courier

    phone = add_phone(cast, server, alice)
    with agent(alice):
        phone.restart()
        courier = Courier(phone.service, phone.opened, phone.talk.say)
        lost = devices.remove(courier, phone.team, "phones-laptop", phone.talk)
    assert lost.was_this
    assert "the one you are on" in phone.talk.asked[-1]
    alice.replica.refresh()
    assert not alice.replica.state.is_active(phone.replica.keys.dpk)
