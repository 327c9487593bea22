"""The engine against real stores: what it publishes of teams, and how it stays alive."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from envlsp.crypto.epochs import Keyring
from envlsp.errors import StoreBusy
from envlsp.ide.positions import Encoding
from envlsp.ide.snapshot import Facts, Snapshot, Standing
from envlsp.service.access import roles, rotation
from envlsp.service.engine import CLOSE_S, Engine
from envlsp.service.looking import Looking
from envlsp.service.pushing import push
from envlsp.service.reading import value_mark
from envlsp.service.replica import Replica
from envlsp.service.vault import Vault
from envlsp.store.keyfile import open_device_key, with_passphrase
from tests.support.cast import FIRST_FILE, Actor, Cast, give, meet
from tests.support.engines import watching, watching_folder

pytestmark = pytest.mark.slow  # real threads, and waits for them

SECRET = b"hunter2-the-planted-value"


def dev(facts: Facts) -> tuple[str, str]:
    return next(iter(facts.projects[0].environments))


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, envlsp.service.engine; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"sqlite3", "nacl", "msgpack", "yaml", "aiortc", "asyncio", "websockets", "subprocess"}
    assert heavy.isdisjoint(done.stdout.split())


def test_a_workspace_without_a_project_opens_nothing_of_the_device(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\n")
    code = """
import sys, threading
from envlsp.ide.positions import Encoding
from envlsp.service.engine import Engine
asked = threading.Event()
engine = Engine(lambda facts: facts.git and asked.set(), Encoding.UTF8)
engine.start([sys.argv[1]])
engine.join_network()
asked.wait(20)
engine.close()
print(*sys.modules)
"""
    words = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert {"sqlite3", "nacl", "yaml", "aiortc", "asyncio"}.isdisjoint(done.stdout.split())
    assert "envlsp.service.git_facts" in done.stdout


def test_a_folder_without_a_team_has_its_files(tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "plain"
    (folder / "sub").mkdir(parents=True)
    (folder / ".env").write_text("A=1\n")
    (folder / "sub" / ".env").write_text("A=2\n")
    with watching_folder(folder, tmp_path / "home") as watcher:
        facts = watcher.until(lambda facts: len(facts.disk) == 2)
        assert watcher.published[0].disk.keys() == {str(folder / ".env")}, "the near ones come first"
    assert facts.projects[0].standing is Standing.NO_PROJECT
    assert facts.fingerprint is None
    assert not (tmp_path / "home").exists(), "looking makes nothing"


def test_releases_of_two_people_say_who_gave_each_name_its_value(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.push(FIRST_FILE.replace(b"x.test", b"y.test") + b"NEW=\n", "new api")
    meet(alice, bob)
    with watching(alice) as watcher:
        project = watcher.until_stands(Standing.READY)
    assert (project.name, project.role, project.members) == ("shop", "admin", ("Alice", "Bob"))
    assert project.team == alice.context.project.config.team
    (found,) = project.environments.values()
    assert found.triple == alice.context.triple
    assert found.file == str(alice.file.resolve())
    assert found.heads == ("v2",)
    assert {name: (facts.author, facts.release) for name, facts in found.names.items()} == {
        "API_URL": ("Bob", "v2"),
        "TOKEN": ("Alice", "v1"),
        "DB": ("Alice", "v1"),
        "NEW": ("Bob", "v2"),
    }
    assert [facts.is_empty for facts in found.names.values()].count(True) == 1
    assert found.names["NEW"].is_empty
    assert [
        (r.label, r.author, r.message, r.kind, r.added, r.changed, r.removed) for r in found.releases
    ] == [("v2", "Bob", "new api", "push", 1, 1, 0), ("v1", "Alice", "first", "push", 3, 0, 0)]
    assert all(len(release.id) == 64 and release.ts > 0 for release in found.releases)
    assert (found.base_label, found.behind) == ("v1", 1)
    assert found.base is not None
    assert found.base["TOKEN"] == found.names["TOKEN"].literal
    assert found.base["API_URL"] != found.names["API_URL"].literal
    assert "NEW" not in found.base


def test_fingerprints_are_of_literals_and_values_and_those_of_the_command_line(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(b"ONE=same\nTWO='same'\nREF=${ONE}\nAPI=other\n")
    with watching(alice) as watcher:
        project, facts = watcher.until_stands(Standing.READY), watcher.facts
    names = next(iter(project.environments.values())).names
    assert names["ONE"].literal != names["TWO"].literal
    assert names["ONE"].value == names["TWO"].value == names["REF"].value != names["API"].value
    assert facts.fingerprint is not None
    assert facts.fingerprint(b"'same'") == names["TWO"].literal
    reading = alice.team.releases.of(alice.context.triple).view().entries
    literal = next(value for name, value in reading.items() if name == "ONE")
    assert value_mark(alice.team, literal) == names["ONE"].literal.hex()[:4]
    assert repr(facts.fingerprint) == "Marks()"


def test_no_value_is_in_what_the_ledger_says(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(b"TOKEN=" + SECRET + b"\n")
    with watching(alice) as watcher:
        watcher.until_release("v2")
    assert SECRET.decode() not in repr(watcher.facts.projects)
    assert SECRET.decode() not in repr(watcher.facts)


def test_a_conflict_names_both_sides(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    alice.push(FIRST_FILE + b"PORT=1\n")
    bob.push(FIRST_FILE.replace(b'export TOKEN="a b#c" # c\n', b"") + b"PORT=2\nREF=${PORT}\n")
    meet(alice, bob)
    with watching(alice) as watcher:
        facts = watcher.until_stands(Standing.READY)
    (found,) = facts.environments.values()
    assert len(found.heads) == 2
    assert all(head.startswith("v2-") for head in found.heads)
    sides = found.conflicts["PORT"]
    assert {side.author for side in sides} == {"Alice", "Bob"}
    assert {side.release for side in sides} == set(found.heads)
    mark = watcher.facts.fingerprint
    assert mark is not None
    assert {side.literal for side in sides} == {mark(b"1"), mark(b"2")}
    assert "PORT" not in found.names
    assert found.names["REF"].value == b"", "it refers to what nobody has settled"
    assert found.names["API_URL"].value


def test_taking_a_name_away_is_a_side_too(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    alice.push(FIRST_FILE.replace(b"x.test", b"y.test"))
    bob.push(b"DB=1\n")
    meet(alice, bob)
    with watching(bob) as watcher:
        (found,) = watcher.until_stands(Standing.READY).environments.values()
    assert {side.author: side.literal is None for side in found.conflicts["API_URL"]} == {
        "Alice": False,
        "Bob": True,
    }


def test_a_rekey_changes_no_author_and_is_no_release(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    rotation.rotate(alice.replica, alice.team.releases)
    meet(alice, bob)
    with watching(bob) as watcher:
        (found,) = watcher.until_stands(Standing.READY).environments.values()
    assert [release.label for release in found.releases] == ["v1"]
    assert {facts.author for facts in found.names.values()} == {"Alice"}


def test_a_file_that_says_the_newest_release_is_in_step_whatever_was_noted(cast: Cast) -> None:
    _, bob = cast.team("bob")
    bob.file.write_bytes(FIRST_FILE)
    with watching(bob) as watcher:
        (found,) = watcher.until_stands(Standing.READY).environments.values()
        assert (found.base_label, found.behind) == ("v1", 0)
        bob.file.write_bytes(b"OTHER=1\n")
        watcher.engine.look_again([str(bob.file.resolve())])
        watcher.until(lambda facts: facts.projects[0].environments[dev(facts)].behind == 1)


def test_environments_in_the_ledger_have_files_here(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    (alice.root / ".env.staging").write_bytes(b"A=1\n")
    opened = alice.service.open(alice.root, ":staging")
    push(opened.team, opened.context, "")
    meet(alice, bob)
    with watching(bob) as watcher:
        project = watcher.until_stands(Standing.READY)
    assert set(project.apps[0].files.values()) == {
        str(bob.root.resolve() / ".env"),
        str(bob.root.resolve() / ".env.staging"),
    }
    where = Snapshot(facts=watcher.facts).where(str(bob.root.resolve() / ".env.staging"))
    assert where is not None
    assert where.facts is not None
    assert where.facts.heads == ("v1",)


# --- how this device stands to the team ---


def test_who_is_in_no_team_is_told_how_to_join(cast: Cast) -> None:
    alice, eve = cast.team("bob")[0], cast.actor("eve")
    (eve.root / "ev.yaml").write_bytes((alice.root / "ev.yaml").read_bytes())
    with watching(eve) as watcher:
        project = watcher.until_stands(Standing.NOT_JOINED)
    assert "envlsp join" in project.detail


def test_joining_shows_without_a_new_start(cast: Cast) -> None:
    alice, eve = cast.team()[0], cast.actor("eve")
    (eve.root / "ev.yaml").write_bytes((alice.root / "ev.yaml").read_bytes())
    with watching(eve) as watcher:
        watcher.until_stands(Standing.NOT_JOINED)
        cast.join(alice, eve)
        watcher.until_stands(Standing.READY)


def test_a_device_without_the_key_of_now_waits(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    _, bob = cast.team("bob")
    monkeypatch.setattr(Keyring, "key_of", lambda *_: None)
    with watching(bob) as watcher:
        project = watcher.until_stands(Standing.WAITING)
    assert project.environments == {}
    assert "fix: " in project.detail


def test_a_removed_device_is_told_so(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    with watching(bob) as watcher:
        watcher.until_stands(Standing.READY)
        roles.revoke(alice.replica, alice.team.releases, [bob.user])
        give(alice, bob)
        project = watcher.until_stands(Standing.REMOVED)
    assert "ask an admin" in project.detail


def test_who_comes_back_with_new_keys_is_read_with_them(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    with watching(bob) as watcher:
        watcher.until_stands(Standing.READY)
        roles.revoke(alice.replica, alice.team.releases, [bob.user])
        give(alice, bob)
        watcher.until_stands(Standing.REMOVED)
        bob.restart()
        bob.service.vault.open().remove_team(alice.replica.team)
        cast.join(alice, bob)
        project = watcher.until_stands(Standing.READY)
    assert project.members == ("Alice", "Bob")
    assert project.environments


def test_a_failing_step_takes_no_other_along(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    (alice,) = cast.team()
    place = str(alice.file.resolve())
    with watching(alice) as watcher:
        watcher.until_release("v1")
        watcher.settle()
        alice.push(b"A=1\n")

        def fail(*_: object) -> None:
            raise OSError("no luck")

        monkeypatch.setattr(Looking, "set_beside", fail)
        watcher.engine.set_beside(["/nowhere"])
        watcher.engine.look_again([place])
        watcher.until_release("v2")
        assert list(watcher.facts.disk[place].names) == ["A"]


def locked(alice: Actor) -> tuple[Actor, bytes]:
    """Give the device a passphrase in place of its key file."""
    device = alice.service.vault.open()
    device.protect(with_passphrase(b"a passphrase"))
    kek = open_device_key(device.path, passphrase=b"a passphrase").kek.reveal()
    alice.service.close()
    return alice, kek


def test_a_locked_device_asks_nobody_and_opens_with_the_key_somebody_else_has(cast: Cast) -> None:
    (alice,) = cast.team()
    alice, kek = locked(alice)
    with watching(alice) as watcher:
        project = watcher.until_stands(Standing.LOCKED)
        assert "envlsp unlock" in project.detail
        assert watcher.facts.fingerprint is None
        watcher.unlocked(kek)
        watcher.until_stands(Standing.READY)
    assert watcher.facts.fingerprint is not None


@pytest.mark.parametrize("harm", ("damaged", "open to others", "without its key file"))
def test_a_key_that_cannot_be_opened_is_told_with_the_fix(cast: Cast, harm: str) -> None:
    (alice,) = cast.team()
    device = alice.service.vault.open()
    alice.service.close()
    if harm == "damaged":
        Path(device.path).write_bytes(b"no key at all" * 9)
    elif harm == "open to others":
        Path(device.path).chmod(0o644)
    else:
        alice.key_file.unlink()
    with watching(alice) as watcher:
        project = watcher.until_stands(Standing.UNOPENABLE)
    assert "fix: " in project.detail


def test_a_folder_that_ev_yaml_names_and_nobody_made_is_known(cast: Cast) -> None:
    (alice,) = cast.team()
    config = alice.root / "ev.yaml"
    config.write_text(config.read_text().replace("\nsignaling:", "\n  other: { path: nowhere }\nsignaling:"))
    with watching(alice) as watcher:
        project = watcher.until_stands(Standing.READY)
        assert [app.name for app in project.apps if app.is_missing] == ["other"]


def test_a_broken_ev_yaml_leaves_the_files_and_mends_by_itself(cast: Cast) -> None:
    (alice,) = cast.team()
    good = (alice.root / "ev.yaml").read_text()
    (alice.root / "ev.yaml").write_text(good + "nonsense: 1\n")
    with watching(alice) as watcher:
        project = watcher.until_stands(Standing.BAD_CONFIG)
        assert "nonsense" in project.detail
        assert watcher.facts.disk
        (alice.root / "ev.yaml").write_text(good)
        watcher.engine.look_again([str(alice.root.resolve() / "ev.yaml")])
        watcher.until_stands(Standing.READY)


def test_a_damaged_store_is_told_and_stops_nothing(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.service.close()
    store = next((alice.home / "teams").iterdir()) / "ledger.db"
    store.write_bytes(b"no database at all" * 100)
    with watching(alice) as watcher:
        facts = watcher.until(lambda facts: bool(facts.projects[0].detail))
    assert facts.projects[0].standing is Standing.LOADING
    assert facts.disk


def test_a_store_that_is_busy_for_a_while_takes_nothing_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alice,) = cast.team()
    with watching(alice) as watcher:
        watcher.until_release("v1")
        watcher.settle()

        def busy(_: Replica) -> object:
            raise StoreBusy("ledger.db")

        whole = Replica.refresh
        monkeypatch.setattr(Replica, "refresh", busy)
        watcher.engine.look_again()
        facts = watcher.until(lambda facts: "ledger.db" in facts.projects[0].detail)
        assert facts.projects[0].standing is Standing.READY
        assert facts.projects[0].environments
        monkeypatch.setattr(Replica, "refresh", whole)
        watcher.engine.look_again()
        watcher.until(lambda facts: not facts.projects[0].detail)


# --- git ---


def test_git_is_asked_about_every_file(cast: Cast) -> None:
    (alice,) = cast.team()
    (alice.root / ".gitignore").write_text("")
    (alice.root / ".env.prod").write_text("A=1\n")
    subprocess.run(["git", "add", "-f", ".env.prod"], cwd=alice.root, check=True)
    root = alice.root.resolve()
    with watching(alice) as watcher:
        facts = watcher.until(lambda facts: len(facts.git) == 2)
        assert facts.git[str(root / ".env")].is_exposed
        assert facts.git[str(root / ".env.prod")].is_tracked
        (alice.root / ".gitignore").write_text(".env\n")
        watcher.engine.look_again([str(root / ".gitignore")])
        watcher.until(lambda facts: not facts.git[str(root / ".env")].is_exposed)


# --- the thread ---


def test_nothing_is_published_where_nothing_changed(cast: Cast) -> None:
    (alice,) = cast.team()
    with watching(alice) as watcher:
        watcher.until_release("v1")
        watcher.settle()
        count = len(watcher.published)
        for _ in range(5):
            watcher.engine.look_again()
        watcher.engine.look_again([str(alice.file.resolve())])
        watcher.settle()
        assert len(watcher.published) == count


def test_a_file_that_changed_is_shown_by_its_name_or_by_a_whole_look(cast: Cast) -> None:
    (alice,) = cast.team()
    place = str(alice.file.resolve())
    with watching(alice) as watcher:
        watcher.until_release("v1")
        alice.file.write_text("A=1\n")
        watcher.engine.look_again([place])
        watcher.until(lambda facts: list(facts.disk[place].names) == ["A"])
        alice.file.write_text("A=1\nB=1\n")
        watcher.engine.look_again()
        watcher.until(lambda facts: list(facts.disk[place].names) == ["A", "B"])
        alice.file.unlink()
        watcher.engine.look_again([place])
        watcher.until(lambda facts: place not in facts.disk)


def test_what_did_not_change_stays_the_same_object(cast: Cast) -> None:
    (alice,) = cast.team()
    place = str(alice.file.resolve())
    with watching(alice) as watcher:
        watcher.until_release("v1")
        before = watcher.settle()
        (alice.root / ".env.prod").write_text("A=1\n")
        watcher.engine.look_again([place, f"{place}.prod"])
        now = watcher.until(lambda facts: f"{place}.prod" in facts.disk)
        assert now.disk[place] is before.disk[place]
        assert now.projects[0].environments[dev(now)] is before.projects[0].environments[dev(before)]
        alice.file.write_text("A=1\n")
        watcher.settle()
        before = watcher.facts
        watcher.engine.look_again([place])
        now = watcher.until(lambda facts: list(facts.disk[place].names) == ["A"])
        assert now.git is before.git


def test_folders_come_and_go(cast: Cast, tmp_path: Path) -> None:
    (alice,) = cast.team()
    other = tmp_path.resolve() / "other"
    other.mkdir()
    with watching(alice) as watcher:
        watcher.until_release("v1")
        watcher.engine.set_folders([str(alice.root), str(other)])
        watcher.until(
            lambda facts: {p.root for p in facts.projects} == {str(other), str(alice.root.resolve())}
        )
        watcher.engine.set_folders([])
        watcher.until(lambda facts: facts.projects == ())


def test_a_file_that_is_open_by_itself_brings_its_project(cast: Cast, tmp_path: Path) -> None:
    (alice,) = cast.team()
    below = alice.root / "src" / "deep"
    below.mkdir(parents=True)
    with watching(alice, tmp_path / "empty") as watcher:
        watcher.engine.set_beside([str(below.resolve()), str(tmp_path / "loose")])
        root = str(alice.root.resolve())
        watcher.until(lambda facts: any(p.root == root and p.environments for p in facts.projects))
        assert {p.root for p in watcher.facts.projects} == {root, str((tmp_path / "empty").resolve())}
        watcher.engine.set_beside([])
        watcher.until(lambda facts: root not in {p.root for p in facts.projects})


def test_a_failure_ends_no_engine(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    (alice,) = cast.team()
    fails = [True]
    whole = Vault.open

    def broken(self: Vault) -> object:
        if fails[0]:
            raise RuntimeError(SECRET.decode())
        return whole(self)

    monkeypatch.setattr(Vault, "open", broken)
    with watching(alice) as watcher:
        watcher.until_stands(Standing.LOADING)
        watcher.settle()
        fails[0] = False
        watcher.engine.look_again()
        watcher.until_stands(Standing.READY)


def test_a_failure_is_logged_by_its_kind_only(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (alice,) = cast.team()

    def broken(_: Vault) -> object:
        raise RuntimeError(SECRET.decode())

    monkeypatch.setattr(Vault, "open", broken)
    with watching(alice) as watcher:
        watcher.until_stands(Standing.LOADING)
        watcher.settle()
    assert "RuntimeError" in caplog.text
    assert SECRET.decode() not in caplog.text


def test_it_closes_soon_and_as_often_as_one_likes(cast: Cast) -> None:
    (alice,) = cast.team()
    before = set(threading.enumerate())
    with watching(alice) as watcher:
        watcher.until_release("v1")
        watcher.settle()
        start = time.monotonic()
        watcher.engine.close()
        watcher.engine.close()
        assert time.monotonic() - start < CLOSE_S
        count = len(watcher.published)
        watcher.engine.look_again()
        time.sleep(0.1)
        assert len(watcher.published) == count
    assert {thread for thread in threading.enumerate() if "envlsp" in thread.name} <= before


def test_one_that_was_never_started_closes(tmp_path: Path) -> None:
    Engine(lambda _: None, Encoding.UTF8, environ={"ENVLSP_HOME": str(tmp_path)}).close()
