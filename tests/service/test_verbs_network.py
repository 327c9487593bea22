"""Verbs that meet somebody, over a real signaling server: let in, joined, stopped half way."""

from __future__ import annotations

import re
import threading
import time

import pytest

from envlsp.errors import CodeRefused, NobodyReachable, Stopped
from tests.support.cast import FIRST_FILE, Actor, Cast
from tests.support.network_cast import Server, agent, aside, clone, founder
from tests.support.verb_desk import Editor

pytestmark = pytest.mark.slow

PROMPT_S = 3.0
"""Within this a stopped verb has cleaned up; what it waited for takes minutes."""


@pytest.fixture
def alice(cast: Cast, server: Server) -> Actor:
    return founder(cast, server)


def another_window(actor: Actor) -> Editor:
    """Return an editor with a service of its own, since it works in another thread."""
    window = Editor(actor)
    window.service = actor.start()
    return window


def code_of(window: Editor) -> str:
    """Wait for the code that somebody is to read out."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        for line in [*window.talk.heard]:
            if found := re.search(r"envlsp join (\S+)", line):
                return found[1]
        time.sleep(0.02)
    raise AssertionError("no code")


def test_somebody_is_let_in_and_gets_what_there_is(cast: Cast, server: Server, alice: Actor) -> None:
    bob = cast.actor("bob")
    bob.environ["ENVLSP_SIGNALING"] = server.url
    inviting, joining = another_window(alice), Editor(bob)
    waiting = aside(lambda: inviting.run("invite", role="developer"))
    clone(alice, bob)
    answer = joining.run("join", code=code_of(inviting), as_="Bob <bob@example.com>")
    assert waiting.wait() == {"joined": "Bob <bob@example.com>"}
    assert (answer["inviter"], answer["members"]) == ("Alice", 2)
    assert "they type" in inviting.talk.heard[0]
    assert inviting.talk.asked == ["do they read the same words to you?"]
    assert joining.run("pull")["written"]
    assert bob.file.read_bytes() == FIRST_FILE


def test_an_invitation_is_stopped_and_its_code_is_of_no_use(cast: Cast, server: Server, alice: Actor) -> None:
    window = another_window(alice)
    waiting = aside(lambda: window.run("invite"))
    code = code_of(window)
    window.is_cancelled = True
    began = time.monotonic()
    with pytest.raises(Stopped, match="nobody was let in"):
        waiting.wait()
    assert time.monotonic() - began < PROMPT_S
    bob = cast.actor("bob")
    bob.environ["ENVLSP_SIGNALING"] = server.url
    clone(alice, bob)
    with pytest.raises((CodeRefused, NobodyReachable)):
        Editor(bob).run("join", code=code, as_="Bob")
    assert len(alice.replica.state.members) == 1


def test_joining_is_stopped_while_the_other_side_thinks(cast: Cast, server: Server, alice: Actor) -> None:
    bob = cast.actor("bob")
    bob.environ["ENVLSP_SIGNALING"] = server.url
    thinking, answer = threading.Event(), threading.Event()
    inviting, joining = another_window(alice), Editor(bob)

    def confirm(question: str, *, default: bool = False) -> bool:
        thinking.set()
        return answer.wait(20)

    inviting.talk.confirm = confirm  # type: ignore[method-assign]
    waiting = aside(lambda: inviting.run("invite"))
    clone(alice, bob)
    code = code_of(inviting)

    def change_mind() -> None:
        joining.is_cancelled = thinking.wait(20)

    stopping = threading.Thread(target=change_mind)
    stopping.start()
    with pytest.raises(Stopped, match="no use"):
        joining.run("join", code=code, as_="Bob")
    stopping.join()
    assert bob.service.vault.open().teams() == ()
    inviting.is_cancelled = True
    with pytest.raises((Stopped, CodeRefused, NobodyReachable)):
        waiting.wait()
    answer.set()


def test_a_sync_without_an_agent_is_stopped(cast: Cast, server: Server) -> None:
    alice, bob = cast.actor("alice"), cast.actor("bob")
    for actor in (alice, bob):
        actor.environ["ENVLSP_SIGNALING"] = server.url
    cast.team("bob")
    window = Editor(alice)
    bob.pull()
    window.is_cancelled = True
    began = time.monotonic()
    with pytest.raises(Stopped):
        window.run("sync")
    assert time.monotonic() - began < PROMPT_S
    window.is_cancelled = False
    with agent(bob):
        bob.push(FIRST_FILE + b"B=1\n")
        assert window.run("sync")["in_sync"] == 1
        assert window.run("pull")["changed"]["added"] == ["B"]
