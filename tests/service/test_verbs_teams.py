"""The verbs about teams, members, environments and files, as an editor runs them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from envlsp.domain.secret import MASK
from envlsp.errors import (
    BadText,
    EnvlspError,
    Locked,
    Misuse,
    NotFound,
    NotInitialised,
    SignalingUnreachable,
    Stopped,
    UsageError,
)
from envlsp.service.context import open_project
from envlsp.service.network import errands
from envlsp.service.results import SyncResult
from envlsp.wire.text import to_team_text
from tests.support.cast import FIRST_FILE, Cast, QuietTalk, meet
from tests.support.verb_desk import Editor

pytestmark = pytest.mark.slow  # teams of several, meeting

CANARY = "c4n4ry-value"


def alone(cast: Cast) -> Editor:
    (alice,) = cast.team()
    return Editor(alice)


# --- beginning ---


def test_a_team_is_made_and_words_are_not_shown_in_an_editor(cast: Cast) -> None:
    window = Editor(cast.actor("alice"))
    window.actor.file.write_bytes(FIRST_FILE)
    answer = window.run("team.create", as_="Alice <alice@example.com>", project="shop")
    assert (answer["project"], answer["new_team"], answer["secrets"]) == ("shop", True, 3)
    assert len(window.talk.asked) == 1
    assert "recovery words" in window.talk.asked[0]
    assert not [line for line in window.talk.heard if "1. " in line]
    assert [member["name"] for member in window.run("members")["members"]] == ["Alice"]


def test_whoever_wants_recovery_words_is_told_where(cast: Cast) -> None:
    window = Editor(cast.actor("alice"))
    window.talk.agrees = False
    with pytest.raises(Misuse, match="no team was made") as refused:
        window.run("team.create", as_="Alice")
    assert "terminal" in (refused.value.fix or "")
    assert not (window.actor.root / "ev.yaml").exists()
    with pytest.raises(BadText):  # shown, and not typed back
        window.run("team.create", as_="Alice", recovery=True)


def test_one_more_project_of_a_team_asks_for_no_words(cast: Cast, tmp_path: Path) -> None:
    window = alone(cast)
    window.place = tmp_path / "second"
    window.place.mkdir()
    window.talk.agrees = False
    answer = window.run("team.create", as_="Alice")
    assert (answer["project"], answer["new_team"]) == ("second", False)
    assert open_project(window.place).config.team == window.actor.context.project.config.team


def test_an_environment_is_created_and_listed(cast: Cast) -> None:
    window = alone(cast)
    answer = window.run("env.create", name="staging", message="before prod")
    assert answer == {
        "project": "shop",
        "app": "shop",
        "env": "staging",
        "file": str(window.actor.root / ".env.staging"),
        "reached": 0,
    }
    rows = window.run("env.list")["environments"]
    assert [(row["env"], row["release"], row["names"]) for row in rows] == [
        ("dev", "v1", 3),
        ("staging", None, 0),
    ]
    with pytest.raises(UsageError, match="'name'"):
        window.run("env.create")


# --- members ---


def test_roles_are_given_and_taken(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    window = Editor(alice)
    answer = window.run("access.grant", who="bob@example.com", role="viewer")
    bob = {"name": "Bob <bob@example.com>", "role": "viewer", "scope": None}
    assert answer == {**bob, "changed": True, "reached": 0}
    assert window.run("access.grant", who="bob", role="viewer")["changed"] is False
    rows = {row["name"]: row["role"] for row in window.run("access.list")["members"]}
    assert rows == {"Alice": "admin", "Bob": "viewer"}
    with pytest.raises(BadText, match="role"):
        window.run("access.grant", who="bob", role="king")
    with pytest.raises(NotFound):
        window.run("access.grant", who="carol")
    with pytest.raises(NotFound):
        window.run("access.grant", who="carol@example.com", offline=True)
    with pytest.raises(SignalingUnreachable):  # somebody new is invited, and there is no server
        window.run("access.grant", who="carol@example.com")


def test_removing_is_confirmed_and_may_be_picked(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    window = Editor(alice)
    window.talk.agrees = False
    with pytest.raises(Misuse, match="nobody was removed"):
        window.run("access.revoke", who="bob")
    window.talk.agrees, window.talk.wanted = True, "Bob"
    assert window.run("access.revoke")["name"] == "Bob <bob@example.com>"
    assert [label for _, label, _ in window.talk.offered] == ["Bob bob@example.com"]
    assert "at their source" in window.talk.heard[-1]
    with pytest.raises(NotFound, match="only member"):
        window.run("access.revoke")


def test_a_new_key(cast: Cast) -> None:
    made = {"scopes": ["the team"], "encrypted_again": 1, "left": 0}
    assert alone(cast).run("access.rotate") == {**made, "reached": 0}


# --- this device and the others ---


def test_a_team_of_one_is_in_step(cast: Cast) -> None:
    window = alone(cast)
    counts = {"reached": 0, "in_sync": 0, "received": 0, "devices": 0, "held_by": 0}
    assert window.run("sync") == {**counts, "alarms": [], "void": []}
    assert window.run("peers") == {"peers": []}


def test_peers_are_listed_without_a_node(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    (peer,) = Editor(alice).run("peers")["peers"]
    assert (peer["name"], peer["state"], peer["in_sync"]) == ("Bob (bobs-laptop)", "offline", False)


def test_refresh_takes_in_what_another_process_wrote(cast: Cast) -> None:
    window = alone(cast)
    before = window.run("refresh")
    assert before["received"] == 0
    other = window.actor.another()
    from envlsp.service.pushing import push

    window.actor.file.write_bytes(b"A=1\n")
    push(other.team, other.context)
    after = window.run("refresh")
    assert (after["records"], after["received"]) == (before["records"] + 1, 1)


class Silent(QuietTalk):
    """Nobody to ask: what a service has before anybody unlocks it."""

    def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
        raise UsageError("nobody to ask")


@pytest.mark.slow  # a passphrase takes its time
def test_unlocking_asks_whoever_is_in_front(cast: Cast) -> None:
    alice = cast.actor("alice")
    alice.key_file = Path("none")
    from envlsp.service.facade import Service

    alice.service = Service(alice.talk, environ=alice.environ)
    alice.found().push()
    alice.service.close()
    alice.service = Service(Silent(), environ=alice.environ)
    window = Editor(alice)
    with pytest.raises(Locked):
        window.run("status")
    window.talk.hidden = b"another passphrase"
    with pytest.raises(EnvlspError):
        window.run("unlock")
    with pytest.raises(Locked):
        window.run("status")
    window.talk.hidden = b"a passphrase"
    expected = {"unlocked": True, "changed": True, "kept": False, "left_s": 8 * 3600, "teams": 1}
    assert window.run("unlock") == expected
    assert window.run("unlock")["changed"] is False
    assert window.run("status")["release"] == "v1"


# --- documents that are never on disk ---


def test_an_environment_is_shown_masked(cast: Cast, tmp_path: Path) -> None:
    window = alone(cast)
    window.actor.push(f"P={CANARY}\n".encode())
    team = to_team_text(window.actor.replica.team)
    answer = window.run("show")
    assert answer["uri"] == f"envlsp://{team}/shop/shop/dev"
    assert answer["text"].endswith(f"\nP={MASK}\n")
    assert CANARY not in f"{answer}"
    older = window.run("show", uri=f"{answer['uri']}@v1")
    assert (older["release"], older["uri"]) == ("v1", f"{answer['uri']}@v1")
    assert "API_URL" in older["text"]
    assert window.run("show", release="v1")["text"] == older["text"]
    window.place = tmp_path  # in no project at all
    assert window.run("show", uri=answer["uri"])["text"] == answer["text"]
    assert window.value("P", uri=answer["uri"]).reveal_text() == CANARY
    assert window.value("API_URL", uri=older["uri"]).reveal() == b"https://x.test"
    for uri, error in (
        (f"envlsp://{team}/shop/shop/none", NotFound),
        ("envlsp://tm1zzzz/shop/shop/dev", NotInitialised),
        ("envlsp://nothing", BadText),
    ):
        with pytest.raises(error):
            window.run("show", uri=uri)


# --- conflicts ---


def test_a_conflict_is_settled_by_label_or_by_picking(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    for actor in (alice, bob):
        actor.push(f"A={CANARY}-{actor.name}\nB={CANARY}-{actor.name}\n".encode())
    meet(alice, bob)
    window = Editor(alice)
    window.talk.wanted = "Bob"
    answer = window.run("resolve", name="A")
    assert answer["made"]
    assert window.talk.asked == ["take which side of A?"]
    *offered, (_, another, _) = window.talk.offered
    assert all(MASK in detail for _, _, detail in offered)
    assert another == "another value"
    assert CANARY not in f"{answer}{window.talk.offered}{window.talk.heard}"
    assert window.value("A").reveal_text() == f"{CANARY}-bob"
    assert window.run("status")["conflicts"] == ["B"]
    window.buffers[alice.file] = b"unsaved"
    with pytest.raises(Misuse, match="unsaved"):
        window.run("resolve", name="B")
    window.buffers.clear()
    window.run("resolve")  # the first that is left
    assert window.run("status")["conflicts"] == []
    with pytest.raises(NotFound):
        window.run("resolve")
    with pytest.raises(NotFound, match="not in conflict"):
        window.run("resolve", name="A", take="v1")


def test_several_names_are_settled_at_once(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    for actor in (alice, bob):
        actor.push(f"A=of-{actor.name}\nB=of-{actor.name}\n".encode())
    meet(alice, bob)
    window = Editor(alice)
    sides = {row["author"]: row["release"] for row in window.run("log")["releases"][:2]}
    window.run("resolve", takes={"A": sides["Alice"], "B": sides["Bob"]})
    assert window.run("status")["conflicts"] == []
    assert alice.file.read_bytes() == b"A=of-alice\nB=of-bob\n"


# --- files ---


def test_parse_shows_names_and_problems_of_the_buffer(cast: Cast) -> None:
    window = alone(cast)
    window.actor.file.write_bytes(b"ON_DISK=1\n")
    assert window.run("parse")["names"] == ["ON_DISK"]
    window.buffers[window.actor.file] = f"A={CANARY}\n{CANARY} no line\nB=$NONE\n{CANARY}/+=\n".encode()
    answer = window.run("parse")
    assert answer["names"] == ["A", "B"]
    assert {problem["code"] for problem in answer["problems"]} == {"broken-line", "undefined-reference"}
    assert CANARY not in f"{answer}"
    window.place = window.actor.root
    with pytest.raises(NotFound):
        window.run("parse")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def test_git_is_told_to_ignore_a_file(cast: Cast, tmp_path: Path) -> None:
    window = alone(cast)
    window.place = file = window.actor.root / "other.env"
    assert window.run("git.ignore") == {"file": str(file), "added": True}
    assert "/other.env\n" in (window.actor.root / ".gitignore").read_text()
    assert window.run("git.ignore")["added"] is False
    window.place = window.actor.root / "kept.env"
    window.place.write_bytes(b"")
    git(window.actor.root, "add", "-f", "kept.env")
    with pytest.raises(Misuse, match="tracks"):
        window.run("git.ignore")
    window.place = tmp_path / "outside.env"
    with pytest.raises(Misuse, match="no git repository"):
        window.run("git.ignore")
    window.place = window.actor.root
    with pytest.raises(Misuse, match="folder"):
        window.run("git.ignore")


# --- cancelled ---


@pytest.mark.parametrize("name", ("push", "pull", "rollback", "set", "access.rotate", "env.create", "sync"))
def test_whoever_cancels_while_asking_for_news_changes_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import time

    alice, _ = cast.team("bob")
    alice.environ["ENVLSP_SIGNALING"] = "ws://127.0.0.1:9"
    alice.restart()
    alice.file.write_bytes(FIRST_FILE + b"A=1\n")
    before, content = alice.raws(), alice.file.read_bytes()
    window = Editor(alice)
    monkeypatch.setattr(errands, "_ask_node", lambda *_: stall(window))
    given = {"rollback": {"release": "v1"}, "set": {"name": "A"}, "env.create": {"name": "staging"}}
    began = time.monotonic()
    with pytest.raises(Stopped):
        window.run(name, **given.get(name, {}))
    assert time.monotonic() - began < STALL_S - 2
    assert alice.raws() == before
    assert alice.file.read_bytes() == content


STALL_S = 12.0


def stall(window: Editor) -> SyncResult | None:
    """Change one's mind while the node says nothing for a while."""
    import time

    window.is_cancelled = True
    time.sleep(STALL_S)
    return None


def test_whoever_cancels_the_delivery_has_the_release(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:

    alice, _ = cast.team("bob")
    alice.environ["ENVLSP_SIGNALING"] = "ws://127.0.0.1:9"
    alice.restart()
    alice.file.write_bytes(FIRST_FILE + b"A=1\n")
    window = Editor(alice)
    answers = iter([SyncResult(1, 1, 0, 1)])
    monkeypatch.setattr(errands, "_ask_node", lambda *_: next(answers, None) or stall(window))
    answer = window.run("push")
    assert (answer["release"], answer["made"], answer["reached"]) == ("v2", True, 0)
    assert "nobody has confirmed it yet" in window.talk.heard[-1]
