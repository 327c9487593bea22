"""Coming back over a real signaling server: the records come from a teammate's agent, and go back to it."""

from __future__ import annotations

import time

import pytest

from envlsp.errors import NobodyReachable
from envlsp.service.network import errands
from envlsp.service.pushing import push
from tests.support.cast import Actor, Cast, assert_in_step, meet
from tests.support.network_cast import WAIT_S, Server, agent, clone
from tests.support.recovering import Writer, come_back, pairs, team_with_words

pytestmark = pytest.mark.slow


def without_alice(cast: Cast, server: Server) -> tuple[str, Actor, Actor, Actor]:
    """The words of a team, Alice, who has no network, and with one Bob and Dave, who has her clone."""
    words, (alice, bob) = team_with_words(cast, "bob")
    meet(alice, bob)
    dave = cast.actor("dave")
    for actor in (bob, dave):
        actor.environ["ENVLSP_SIGNALING"] = server.url
    clone(alice, dave)
    return words, alice, bob, dave


def test_alices_laptop_is_lost_and_bobs_agent_has_everything(cast: Cast, server: Server) -> None:
    words, alice, bob, dave = without_alice(cast, server)
    with agent(bob):
        found = come_back(dave, words, None, here=alice.team.id, servers=(server.url,), remove=("alice",))
        assert (found.is_new, found.met) == (True, 1)
        errands.sync(dave.service, dave.opened)
        dave.pull()
        dave.file.write_bytes(b"TOKEN=two\n")
        push(dave.team, dave.context)
        errands.sync(dave.service, dave.opened)
    bob.replica.refresh()
    assert_in_step(bob, dave)
    assert bob.replica.state.members.keys() == {bob.user, dave.user}
    assert bob.team.releases.of(bob.context.triple).history.heads()


def test_other_words_reach_a_teammate_in_the_same_step(cast: Cast, server: Server) -> None:
    words, alice, bob, dave = without_alice(cast, server)
    with agent(bob):
        start = time.monotonic()
        come_back(dave, words, None, here=alice.team.id, servers=(server.url,), new_words=True)
        assert time.monotonic() - start < WAIT_S
        errands.sync(dave.service, dave.opened)
    bob.replica.refresh()
    assert_in_step(bob, dave)
    assert isinstance(dave.talk, Writer)
    carol = cast.actor("carol")
    carol.environ["ENVLSP_SIGNALING"] = server.url
    clone(alice, carol)
    with agent(bob):
        assert come_back(carol, dave.talk.words(), None, here=alice.team.id, servers=(server.url,)).met == 1


def test_with_nobody_there_a_backup_is_asked_for_and_nothing_is_kept(cast: Cast, server: Server) -> None:
    words, (alice,) = team_with_words(cast)
    dave = cast.actor("dave")
    with pytest.raises(NobodyReachable):
        come_back(dave, words, None, team=alice.team.id, servers=(server.url,))
    assert dave.service.vault.open().teams() == ()


def test_no_word_of_the_sheet_passes_the_server(cast: Cast, server: Server) -> None:
    words, alice, bob, dave = without_alice(cast, server)
    with agent(bob):
        come_back(dave, words, None, here=alice.team.id, servers=(server.url,))
    frames = server.frames.read_bytes()
    assert frames
    assert [pair for pair in pairs(words) if pair in frames] == []
    assert bytes(alice.team.id) not in frames
    files = [path for path in dave.home.rglob("*") if path.is_file()]
    assert files
    held = b"".join(path.read_bytes() for path in files)
    assert [pair for pair in pairs(words) if pair in held] == []
