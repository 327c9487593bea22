"""Links by the verbs, as an editor and the command line use them, with a real agent as courier."""

from __future__ import annotations

import re

import pytest

from envlsp.errors import NoAccess, NotFound, UsageError
from tests.support.cast import FIRST_FILE, Actor, Cast
from tests.support.network_cast import Server, agent, clone
from tests.support.verb_desk import Editor

pytestmark = pytest.mark.slow


@pytest.fixture
def alice(cast: Cast, server: Server) -> Actor:
    alice = cast.actor("alice")
    alice.environ["ENVLSP_SIGNALING"] = server.url
    alice.found()
    alice.push()
    return alice


def test_a_link_is_made_used_and_closed(cast: Cast, server: Server, alice: Actor) -> None:
    bob = cast.actor("bob")
    bob.environ["ENVLSP_SIGNALING"] = server.url
    with agent(alice):
        made = Editor(alice).run("invite", link=True, role="viewer", for_="7d")
        assert re.fullmatch(r"envlsp://join#[a-z2-7]+", str(made["link"]))
        clone(alice, bob)
        answer = Editor(bob).run("join", code=made["link"], as_="Bob <bob@example.com>")
        assert (answer["inviter"], answer["members"]) == ("Alice", 2)
        bob.restart()
        Editor(bob).run("pull")
    assert bob.file.read_bytes() == FIRST_FILE
    (listed,) = Editor(alice).run("invite.list")["invitations"]
    assert (listed["status"], listed["role"], listed["joined"]) == (
        "used",
        "viewer",
        ["Bob <bob@example.com>"],
    )
    alice.replica.refresh()
    assert [link.cancelled for link in alice.replica.state.invites.values()] == [True]


def test_a_link_is_cancelled_by_its_id(alice: Actor) -> None:
    window = Editor(alice)
    made = window.run("access.grant", who="carol@example.com", link=True, offline=True)
    assert made["address"] == "carol@example.com"
    assert window.run("invite.cancel", id=made["id"], offline=True)["changed"]
    assert any("has not heard of this yet will be no member" in line for line in window.talk.heard)
    assert not window.run("invite.cancel", id=made["id"], offline=True)["changed"]
    (listed,) = window.run("invite.list")["invitations"]
    assert (listed["status"], listed["address"]) == ("cancelled", "carol@example.com")
    assert "envlsp://" not in str(listed), "nothing that would let somebody in is kept"


def test_links_are_an_admins_and_make_no_guests(cast: Cast, alice: Actor) -> None:
    bob = cast.join(alice, cast.actor("bob"))
    bob.environ["ENVLSP_SIGNALING"] = alice.environ["ENVLSP_SIGNALING"]
    with pytest.raises(NoAccess):
        Editor(bob).run("invite", link=True, offline=True)
    with pytest.raises(UsageError, match="never a guest"):
        Editor(alice).run("invite", link=True, env="prod", offline=True)
    with pytest.raises(NotFound):
        Editor(alice).run("invite.cancel", id="00000000", offline=True)
