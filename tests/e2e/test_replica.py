"""A machine that keeps a team's records: two people who are never online together, by their commands."""

from __future__ import annotations

import signal

import pytest

from tests.support.processes import DOTENV, Background, Cast, Teammate

pytestmark = pytest.mark.slow

CANARY = b"canary-value-9d41c7"
NEWER = DOTENV + b"# canary-comment-55aa\nCANARY_NAME=" + CANARY + b"\n"
SEARCHED = (
    CANARY,
    b"canary-comment",
    b"canary-message",
    b"CANARY_NAME",
    b"API_URL",
    b"one.example",
    b"PASSWORD",
    b"alice@example.com",
    b"Alice-pc",
    b"shop",
)


def start(cellar: Teammate) -> tuple[Background, str]:
    """Start the replica; return it, and its pairing string."""
    machine = cellar.start("replica", "--json", "--key-file", str(cellar.folder / "key"))
    while "pairing" not in (said := machine.document()):
        pass
    return machine, str(said["pairing"])


@pytest.fixture
def people(stage: Cast) -> tuple[Teammate, Teammate, Teammate]:
    """Alice and Bob, who are in one team and never online together again; and a machine in a cellar."""
    alice, bob = stage.team()
    return alice, bob, stage.person("Cellar")


def test_two_who_are_never_online_together_are_brought_in_step(
    people: tuple[Teammate, Teammate, Teammate],
) -> None:
    alice, bob, cellar = people
    machine, string = start(cellar)
    assert alice.json("replica", "add", string, "--label", "cellar")["label"] == "cellar"
    assert [one["last_met"] for one in alice.json("replica", "list")["replicas"]] == [None]

    agent = alice.agent()
    assert machine.document()["team"].startswith("tm1")
    alice.env.write_bytes(NEWER)
    alice.share("-m", "canary-message")
    agent.stop()
    (met,) = alice.json("replica", "list")["replicas"]
    assert met["last_met"] >= met["added"]

    bob.ok("replica", "add", string)
    bob.meet()
    bob.ok("pull", "--offline")
    assert bob.env.read_bytes() == NEWER

    bob.env.write_bytes(NEWER + b"BOBS=1\n")
    bob.share()
    alice.meet()
    alice.ok("pull", "--offline")
    assert alice.env.read_bytes() == NEWER + b"BOBS=1\n"

    ended = machine.stop()
    assert ended.code == 0
    said = ended.out + ended.err
    assert [word for word in SEARCHED if word in said] == []
    assert_reads_nothing(cellar)


def test_one_that_is_killed_in_between_goes_on_where_it_was(
    people: tuple[Teammate, Teammate, Teammate],
) -> None:
    alice, bob, cellar = people
    machine, string = start(cellar)
    alice.ok("replica", "add", string)
    bob.ok("replica", "add", string)
    agent = alice.agent()
    machine.document()
    alice.env.write_bytes(NEWER)
    alice.json("push")
    machine.stop(signal.SIGKILL)
    alice.env.write_bytes(NEWER + b"AFTER=1\n")
    assert alice.json("push")["reached"] == 0

    start(cellar)
    alice.meet()
    agent.stop(signal.SIGKILL)
    bob.meet()
    bob.ok("pull", "--offline")
    assert bob.env.read_bytes() == NEWER + b"AFTER=1\n"
    assert_reads_nothing(cellar)


def assert_reads_nothing(cellar: Teammate) -> None:
    """Check that no word of the team is in any file of the machine, names of files among them."""
    files = [path for path in cellar.home.rglob("*") if path.is_file()]
    assert [path for path in files if path.name == "ledger.db"]
    for path in files:
        data = str(path.relative_to(cellar.home)).encode() + path.read_bytes()
        assert [word for word in SEARCHED if word in data] == [], path


def test_its_string_is_all_that_a_member_needs_and_holds_no_secret(stage: Cast) -> None:
    cellar = stage.person("Cellar")
    machine, string = start(cellar)
    assert string.startswith("rp1")
    assert machine.stop().code == 0
    again, same = start(cellar)
    assert same == string
    assert again.stop().code == 0
