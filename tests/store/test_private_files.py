"""Files and folders of a device: refused when others can use them, when they are not ours, or links."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from envlsp.errors import EnvlspError, LoosePermissions, StoreError
from envlsp.store.files import check_private
from envlsp.store.home import Home
from envlsp.store.keyfile import open_device_key, read_header
from envlsp.store.lock import FileLock
from envlsp.store.team import TeamStore
from tests.support.cast import Actor, Cast


@pytest.fixture
def alice(cast: Cast) -> Actor:
    """Alice, who has used her device for a while: every file is there."""
    alice = cast.actor("alice").found()
    alice.push(message="first")
    with FileLock(prepared(alice.service.home).node_lock) as lock:
        lock.acquire(timeout_s=1)
    alice.service.lock()
    return alice


def prepared(home: Home) -> Home:
    home.make_run_folder()
    return home


def use(actor: Actor) -> None:
    """Do what touches every file: open the team, write to it, take the locks, ask for the network."""
    service = actor.start()
    try:
        store = service.open(actor.root).team.store
        with store.authoring():
            store.records.count()
        prepared(service.home)
        with FileLock(service.home.node_lock) as lock:
            lock.try_acquire()
    finally:
        service.lock()


FOLDERS = (".", "teams/*", "run")
FILES = (
    "device.key",
    "device.key.lock",
    "teams/*/ledger.db",
    "teams/*/ledger.db.high",
    "teams/*/author.lock",
)


def one(actor: Actor, pattern: str) -> Path:
    if pattern == ".":
        return actor.home
    (found,) = actor.home.glob(pattern)
    return found


@pytest.mark.parametrize("place", FOLDERS)
def test_a_folder_that_others_may_enter_is_refused(alice: Actor, place: str) -> None:
    use(alice)
    folder = one(alice, place)
    folder.chmod(0o750)
    with pytest.raises(LoosePermissions) as caught:
        use(alice)
    assert caught.value.fix == f"chmod 700 {folder}"
    folder.chmod(0o700)
    use(alice)


@pytest.mark.parametrize("mode", (0o640, 0o604, 0o660, 0o601))
@pytest.mark.parametrize("place", [name for name in FILES if name != "device.key.lock"])
def test_a_file_that_others_may_use_is_refused(alice: Actor, place: str, mode: int) -> None:
    file = one(alice, place)
    file.chmod(mode)
    with pytest.raises(LoosePermissions) as caught:
        use(alice)
    assert caught.value.fix == f"chmod 600 {file}"
    file.chmod(0o600)
    use(alice)


def test_so_are_the_locks_and_what_sqlite_puts_beside(alice: Actor) -> None:
    lock = one(alice, "run/node.lock")
    lock.chmod(0o666)
    with pytest.raises(LoosePermissions):
        use(alice)
    lock.chmod(0o600)
    store = alice.start().open(alice.root).team.store
    wal = one(alice, "teams/*/ledger.db-wal")
    wal.chmod(0o644)
    with pytest.raises(LoosePermissions):
        TeamStore(store.folder, bytes(32))
    store.close()


@pytest.mark.parametrize("place", [name for name in FILES if not name.endswith("device.key.lock")])
def test_a_link_in_the_place_of_a_file_is_refused(alice: Actor, tmp_path: Path, place: str) -> None:
    file = one(alice, place)
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    with pytest.raises(StoreError):
        use(alice)
    assert file.is_symlink(), "and nothing was written through it, or in its place"


def test_the_whole_folder_may_be_a_link_that_a_person_made(alice: Actor, tmp_path: Path) -> None:
    alice.home.rename(tmp_path / "another disk")
    alice.home.symlink_to(tmp_path / "another disk")
    use(alice)
    (tmp_path / "another disk").chmod(0o755)
    with pytest.raises(LoosePermissions):
        use(alice)


def test_a_key_file_may_be_a_link_and_what_it_leads_to_is_looked_at(alice: Actor, tmp_path: Path) -> None:
    target = tmp_path / "mounted"
    alice.key_file.rename(target)
    alice.key_file.symlink_to(target)
    use(alice)
    target.chmod(0o644)
    with pytest.raises(LoosePermissions):
        use(alice)


def owned_by(uid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be another user from now on, as far as we can tell."""
    monkeypatch.setattr(os, "geteuid", lambda: uid)


def test_what_belongs_to_another_user_is_refused(alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    path, ours = alice.service.home.device_key, os.geteuid()
    owned_by(ours + 1, monkeypatch)
    with pytest.raises(LoosePermissions, match="belongs to another user") as caught:
        read_header(path)
    assert caught.value.fix == f"chown {ours + 1} {path}"
    for refused in (lambda: open_device_key(path), lambda: use(alice)):
        with pytest.raises(EnvlspError):
            refused()


def test_a_key_file_may_be_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So are the secrets that a container is given."""
    file = tmp_path / "key"
    file.touch(0o400)
    found = SimpleNamespace(st_mode=file.stat().st_mode, st_uid=0)
    monkeypatch.setattr(os, "stat", lambda _: found)
    owned_by(1000, monkeypatch)
    check_private(str(file), may_be_link=True)
    found.st_uid = 1001
    with pytest.raises(LoosePermissions):
        check_private(str(file), may_be_link=True)
