"""Joining by an invitation link, over a real signaling server and WebRTC on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from envlsp.domain.ledger.records import Role
from envlsp.errors import EnvlspError, LinkRefused, NobodyReachable, TrustError
from envlsp.service.access import roles
from envlsp.service.joining import link_visit
from envlsp.service.joining.invitations import Made, Terms, cancel, make_link
from envlsp.service.joining.links import join_by_link
from envlsp.service.network.team_node import TeamNode
from envlsp.service.pulling import pull
from envlsp.service.results import JoinResult
from tests.support.cast import FIRST_FILE, Actor, Cast, meet
from tests.support.network_cast import WAIT_S, Outcome, Server, aside, clone

pytestmark = pytest.mark.slow


@contextlib.asynccontextmanager
async def courier(actor: Actor, server: Server) -> AsyncIterator[TeamNode]:
    """Somebody's device on the network as a node that stays, in this process."""
    node = TeamNode(actor.replica, (server.url,), is_courier=True)
    await node.start()
    try:
        yield node
    finally:
        await node.close()


def link(
    inviter: Actor,
    server: Server,
    *,
    role: Role = Role.DEVELOPER,
    uses: int = 1,
    address: str = "",
    not_after: int | None = None,
) -> Made:
    terms = Terms(address, not_after, "")
    return make_link(inviter.replica, role, terms, uses=uses, server=server.url, members_max=10)


def begin_join(actor: Actor, text: str, source: Actor, wait_s: float = WAIT_S) -> Outcome:
    """Join in a thread, as another machine would, in a clone of the project."""
    project = clone(source, actor)

    def work() -> JoinResult:
        service = actor.start()  # SQLite's connections stay in their thread
        try:
            return join_by_link(service, project, text, actor.person, (), wait_s=wait_s)
        finally:
            service.close()

    return aside(work)


async def outcome(joining: Outcome) -> JoinResult:
    """Wait for it while the network of this process goes on."""
    assert joining.thread is not None
    deadline = time.monotonic() + WAIT_S
    while joining.thread.is_alive():
        assert time.monotonic() < deadline, "still joining"
        await asyncio.sleep(0.02)
    result: JoinResult = joining.wait()
    return result


async def refused(joining: Outcome) -> EnvlspError:
    with pytest.raises(EnvlspError) as caught:
        await outcome(joining)
    return caught.value


async def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.02)


# --- letting in --------------------------------------------------------------------------------


async def test_a_developer_lets_somebody_in_while_the_inviter_is_away(cast: Cast, server: Server) -> None:
    alice, bob = cast.team("bob")
    made = link(alice, server)
    meet(alice, bob)
    carol = cast.actor("carol")
    async with courier(bob, server):
        result = await outcome(begin_join(carol, made.text, alice))
    assert (result.inviter, result.members) == ("Alice", 3)
    carol.restart()
    pull(carol.team, carol.context)
    assert carol.file.read_bytes() == FIRST_FILE
    assert carol.replica.state.members[carol.user].role is Role.DEVELOPER
    (use,) = bob.replica.state.invites[made.id].uses
    assert bob.replica.record(use).header.author == bob.replica.keys.dpk
    assert bob.team.people.of_user(carol.user).display_name == "Carol <carol@example.com>"


async def test_a_viewer_who_comes_by_a_link_is_one(cast: Cast, server: Server) -> None:
    (alice,) = cast.team()
    made = link(alice, server, role=Role.VIEWER)
    carol = cast.actor("carol")
    async with courier(alice, server):
        await outcome(begin_join(carol, made.text, alice))
    carol.restart()
    assert carol.replica.state.members[carol.user].role is Role.VIEWER
    assert alice.replica.state.invites[made.id].cancelled, "used up: the inviter's own device closes it"


async def test_of_several_couriers_one_admits(cast: Cast, server: Server) -> None:
    alice, bob, dave = cast.team("bob", "dave")
    made = link(alice, server)
    meet(alice, bob, dave)
    carol = cast.actor("carol")
    async with courier(bob, server) as bobs, courier(dave, server):
        await until(lambda: bobs.online() == 1)
        await outcome(begin_join(carol, made.text, alice))
        await until(lambda: bob.replica.ledger.heads() == dave.replica.ledger.heads())
    link_state = bob.replica.state.invites[made.id]
    assert (len(link_state.uses), link_state.overused) == (1, False)
    assert carol.start().open(carol.root).team.replica.state.alarms == ()


async def test_two_joiners_race_for_one_use(cast: Cast, server: Server) -> None:
    alice, bob = cast.team("bob")
    made = link(alice, server)
    meet(alice, bob)
    async with courier(bob, server):
        first = begin_join(cast.actor("carol"), made.text, alice)
        second = begin_join(cast.actor("eve"), made.text, alice)
        outcomes = []
        for joining in (first, second):
            try:
                outcomes.append((await outcome(joining)).members)
            except LinkRefused:
                outcomes.append(0)
    assert sorted(outcomes) == [0, 3]
    assert len(bob.replica.state.invites[made.id].uses) == 1


async def test_a_link_for_two_lets_two_in(cast: Cast, server: Server) -> None:
    (alice,) = cast.team()
    made = link(alice, server, uses=2)
    async with courier(alice, server):
        await outcome(begin_join(cast.actor("carol"), made.text, alice))
        assert not alice.replica.state.invites[made.id].cancelled
        await outcome(begin_join(cast.actor("dave"), made.text, alice))
    assert len(alice.replica.state.members) == 3
    assert alice.replica.state.invites[made.id].cancelled


# --- links that let nobody in ------------------------------------------------------------------


async def test_a_cancelled_link_says_so(cast: Cast, server: Server) -> None:
    (alice,) = cast.team()
    made = link(alice, server)
    cancel(alice.replica, made.id)
    carol = cast.actor("carol")
    async with courier(alice, server):
        error = await refused(begin_join(carol, made.text, alice))
    assert isinstance(error, LinkRefused)
    assert "cancelled" in str(error)
    assert not carol.start().vault.open().teams(), "nothing is kept of a team that let nobody in"


async def test_a_link_past_its_end_says_so(cast: Cast, server: Server) -> None:
    (alice,) = cast.team()
    made = link(alice, server, not_after=int(time.time()) - 60)
    async with courier(alice, server):
        error = await refused(begin_join(cast.actor("carol"), made.text, alice))
    assert "time is over" in str(error)
    assert len(alice.replica.state.members) == 1


async def test_a_link_for_one_address_lets_in_nobody_else(cast: Cast, server: Server) -> None:
    (alice,) = cast.team()
    made = link(alice, server, address="carol@example.com")
    async with courier(alice, server):
        error = await refused(begin_join(cast.actor("eve"), made.text, alice))
        assert "another address" in str(error)
        await outcome(begin_join(cast.actor("carol"), made.text, alice))


async def test_a_link_of_who_is_no_admin_any_more_is_dead(cast: Cast, server: Server) -> None:
    alice, bob = cast.team("bob", role=Role.ADMIN)
    made = link(bob, server)
    meet(alice, bob)
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.DEVELOPER)
    async with courier(alice, server):
        error = await refused(begin_join(cast.actor("carol"), made.text, alice))
    assert isinstance(error, LinkRefused)


async def test_with_nobody_there_it_is_said_in_words(cast: Cast, server: Server) -> None:
    (alice,) = cast.team()
    made = link(alice, server)
    error = await refused(begin_join(cast.actor("carol"), made.text, alice, wait_s=0.5))
    assert isinstance(error, NobodyReachable)
    assert "envlsp agent" in str(error.fix)


async def test_a_viewer_is_no_courier(cast: Cast, server: Server) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    made = link(alice, server)
    meet(alice, bob)
    async with courier(bob, server):
        error = await refused(begin_join(cast.actor("carol"), made.text, alice, wait_s=1.0))
    assert isinstance(error, NobodyReachable)


async def test_a_link_of_another_team_than_the_project_names_is_refused(cast: Cast, server: Server) -> None:
    (alice,) = cast.team()
    mallory = cast.actor("mallory").found()
    made = link(mallory, server)
    error = await refused(begin_join(cast.actor("carol"), made.text, alice, wait_s=0.5))
    assert isinstance(error, TrustError)


async def test_a_link_cancelled_while_somebody_is_at_the_door_gives_nothing_more(
    cast: Cast, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Carol has shown the link and is connected; what is pushed after its end is not for her."""
    (alice,) = cast.team()
    made = link(alice, server)

    def slow(*_: object) -> bytes:
        raise NobodyReachable("she thinks about it")

    async with courier(alice, server) as alices:
        monkeypatch.setattr(link_visit.LinkVisit, "_request", slow)
        joining = begin_join(cast.actor("carol"), made.text, alice, wait_s=2.0)
        await until(lambda: any(alices._meeting.is_vouched(dpk) for dpk in alices._meeting._guests))
        cancel(alice.replica, made.id)
        await until(lambda: not alices._meeting._guests)
        assert isinstance(await refused(joining), EnvlspError)
    assert len(alice.replica.state.members) == 1


# --- joins that break off ----------------------------------------------------------------------


async def test_who_was_admitted_and_cut_off_comes_in_with_the_same_keys(
    cast: Cast, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record was written, and its reader's machine died: the link is used up, by them."""
    (alice,) = cast.team()
    made = link(alice, server)
    carol = cast.actor("carol")

    async def dies(*_: object) -> None:
        raise OSError("the machine lost its power")

    async with courier(alice, server):
        with monkeypatch.context() as patch:
            patch.setattr(link_visit.LinkVisit, "_admitted", dies)
            joining = begin_join(carol, made.text, alice)
            await until(lambda: len(alice.replica.state.invites[made.id].uses) == 1)
            with pytest.raises(OSError, match="power"):
                await outcome(joining)
        result = await outcome(begin_join(carol, made.text, alice))
    assert result.members == 2
    assert len(alice.replica.state.invites[made.id].uses) == 1


def test_the_network_is_told_nothing(cast: Cast, server: Server, tmp_path: Path) -> None:
    """What passes the server of a whole join names neither team, nor people, nor keys."""
    (alice,) = cast.team()
    made = link(alice, server)
    carol = cast.actor("carol")

    async def play() -> None:
        async with courier(alice, server):
            await outcome(begin_join(carol, made.text, alice))

    asyncio.run(play())
    carol.restart()
    seen = server.frames.read_bytes() + server.log.read_bytes()
    assert len(seen) > 10_000
    invite = alice.replica.state.invites[made.id]
    hidden = [
        alice.replica.team, made.id, invite.inv_pk, carol.replica.keys.dpk, carol.replica.keys.xpk,
        alice.replica.keys.dpk, alice.replica.keys.xpk, b"carol", b"Carol", b"example.com", b"candidate",
        made.text.partition("#")[2].encode(), b"envlsp://",
    ]  # fmt: skip
    assert [value for value in hidden if bytes(value) in seen] == []
