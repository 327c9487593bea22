"""Two teammates share a secret file over a wire: processes, sockets, bytes on disk."""

from __future__ import annotations

import pytest

from tests.support.processes import DOTENV, Cast, join, refused

pytestmark = pytest.mark.slow

EDITED = DOTENV.replace(b"one.example", b"two.example")


def test_a_secret_file_goes_there_and_back(stage: Cast) -> None:
    """The whole way; only Alice keeps an agent, Bob is online as long as his commands run."""
    alice = stage.founder("Alice")
    bob = stage.clone("Bob", alice)
    assert not bob.env.exists()

    words = join(alice, bob)
    assert words[0] == words[1]
    assert len(words[0].split()) == 5
    members = bob.json("members")["members"]
    assert [(m["name"], m["role"], m["you"]) for m in members] == [
        ("Alice", "admin", False),
        ("Bob", "developer", True),
    ]

    agent = alice.agent()
    first = alice.json("push", "-m", "the first")
    assert (first["release"], first["made"]) == ("v1", True)

    bob.meet()
    pulled = bob.ok("pull")
    assert "v1 by Alice" in pulled.text
    assert bob.env.read_bytes() == DOTENV
    assert bob.env.stat().st_mode & 0o777 == 0o600

    bob.env.write_bytes(EDITED)
    second = bob.share("-m", "moved")
    assert second["release"] == "v2"
    assert second["changed"] == {"added": [], "changed": ["API_URL"], "removed": []}

    shown = alice.ok("diff", "v1..v2")  # it came by itself: Alice asked nobody
    assert shown.text.splitlines()[0] == "v1 → v2"
    assert "API_URL" in shown.text
    assert "example" not in shown.text
    alice.ok("pull")
    assert alice.env.read_bytes() == EDITED

    third = alice.json("rollback", "v1")
    assert third["release"] == "v3"
    assert alice.env.read_bytes() == DOTENV
    ran = alice.ok("run", "--", "sh", "-c", 'printf %s "$API_URL $DB"')
    assert ran.out == b"https://one.example postgres://shop:pa:# word@db/shop"

    bob.meet()
    bob.ok("pull")
    assert bob.env.read_bytes() == DOTENV
    log = bob.json("log")["releases"]
    assert [(row["release"], row["author"]) for row in log] == [
        ("v3", "Alice"),
        ("v2", "Bob"),
        ("v1", "Alice"),
    ]
    assert agent.stop().code == 0


def test_a_code_of_another_team_is_refused(stage: Cast) -> None:
    """Bob stands in a clone of Alice's shop; the code that he was told is Mallory's."""
    alice = stage.founder("Alice")
    alice.ok("push")
    mallory = stage.founder("Mallory", b"TRAP=1\n")
    mallory.ok("push")
    bob = stage.clone("Bob", alice)

    invitation = mallory.start("invite", "--yes", "--json")
    code = invitation.document()["code"]
    refused(bob.run("join", code, *bob.who), 9, saying="names another")
    assert invitation.finish().code in {7, 9}

    assert [member["name"] for member in mallory.json("members")["members"]] == ["Mallory"]
    refused(bob.run("pull"), 3)
    assert not bob.env.exists()
    assert not (bob.home / "teams").exists()


def test_a_wrong_code_burns_the_invitation(stage: Cast) -> None:
    """Whoever guesses has one guess, and both sides hear of it."""
    alice = stage.founder("Alice")
    bob = stage.clone("Bob", alice)
    invitation = alice.start("invite", "--yes", "--json")
    code = invitation.document()["code"]
    number, word, *others = code.split("-")
    guess = "-".join([number, "zebra" if word != "zebra" else "apple", *others])

    refused(bob.run("join", guess, *bob.who), 9)
    assert invitation.finish().code == 9
    refused(bob.run("join", code, *bob.who), 9, saying="nobody waits behind it")
    assert [member["name"] for member in alice.json("members")["members"]] == ["Alice"]
    refused(bob.run("pull"), 3)


def test_a_second_repository_becomes_a_project_of_the_same_team(stage: Cast) -> None:
    alice, bob = stage.team()
    alice.agent()
    blog = alice.folder / "blog"
    blog.mkdir()
    (blog / ".env").write_bytes(b"TITLE='hello'\n")
    made = alice.ok("init", "--as", "Alice", "--json", at=blog).document
    assert (made["project"], made["new_team"]) == ("blog", False)
    alice.ok("push", at=blog)

    copy = bob.folder / "blog"
    copy.mkdir()
    (copy / "ev.yaml").write_bytes((blog / "ev.yaml").read_bytes())
    bob.meet()
    bob.ok("pull", at=copy)
    assert (copy / ".env").read_bytes() == b"TITLE='hello'\n"
