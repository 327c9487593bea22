"""Backup files: whole, sealed, tested by members, and refused when anything of them was touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from envlsp.crypto.recovery import from_words, root_key
from envlsp.errors import Misuse, NotFound, StoreError, TrustError
from envlsp.service.access import roles
from envlsp.service.recovery.backups import Backup, Verified, open_backup, verify_backup, write_backup
from envlsp.wire import backup as form
from envlsp.wire.backup import First, RecordsPart
from tests.support.cast import Actor, Cast, meet
from tests.support.recovering import come_back, forged_backup, pairs, team_with_words

CANARY = b"c4n4ry-in-a-backup"
SERVERS = ("wss://meet.test", "x" * 300)


def made(actor: Actor, name: str = "team.backup") -> Backup:
    return write_backup(actor.replica, actor.folder / name, SERVERS)


def checked(actor: Actor, path: Path) -> Verified:
    return verify_backup(actor.replica, path)


def secrets_pushed(cast: Cast, *others: str) -> tuple[str, tuple[Actor, ...]]:
    words, everybody = team_with_words(cast, *others)
    everybody[0].push(b"# c4n4ry comment\nTOKEN=" + CANARY + b"\n")
    meet(*everybody)
    return words, everybody


def test_the_words_give_back_every_record(cast: Cast) -> None:
    words, (alice, bob) = secrets_pushed(cast, "bob")
    backup = made(bob)
    root = root_key(from_words(words))
    with open_backup(backup.path) as file:
        first, *parts = file.parts(file.open_with_words(root.keys.box))
        assert isinstance(first, First)
        assert (first.team, first.servers) == (alice.team.id, SERVERS[:1])
        raws = [raw for part in parts if isinstance(part, RecordsPart) for raw in part.records]
    assert raws == bob.raws()
    assert first.count == backup.records == len(raws)


def test_nothing_in_it_is_in_the_clear(cast: Cast) -> None:
    """Not values and names, nor what a ledger shows to a replica: keys, roles, who did what."""
    words, (alice, bob) = secrets_pushed(cast, "bob")
    data = made(alice).path.read_bytes()
    state = alice.replica.state
    hidden = [CANARY, b"TOKEN", b"c4n4ry", b"alice", b"Bob", b"shop", b"meet.test", alice.team.id]
    hidden += [bytes(dpk) for dpk in state.devices] + [bytes(d.xpk) for d in state.devices.values()]
    hidden += [bytes(user) for user in state.members] + [
        record.id for record in alice.replica.ledger.records()
    ]
    hidden += [state.root.root_sign, state.root.root_box, root_key(from_words(words)).room]
    hidden += pairs(words)
    assert [secret for secret in hidden if secret in data] == []
    assert alice.folder.joinpath("team.backup").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in alice.folder.glob("team.backup*")] == ["team.backup"]
    assert bob.raws()


def test_a_member_tests_it_without_the_words(cast: Cast) -> None:
    _, (alice, bob) = secrets_pushed(cast, "bob")
    backup = made(bob)
    found = checked(alice, backup.path)
    assert (found.records, found.newer, found.unknown, found.has_root) == (backup.records, 0, 0, True)
    alice.push(b"TOKEN=newer\n")
    assert checked(alice, backup.path).newer == 1
    newer = made(alice, "newer.backup")
    assert checked(bob, newer.path).unknown == 1


def test_a_member_is_told_that_other_words_count_since(cast: Cast) -> None:
    words, (alice,) = secrets_pushed(cast)
    backup = made(alice)
    come_back(alice, words, None, here=alice.team.id, new_words=True)
    assert not checked(alice, backup.path).has_root
    assert checked(alice, made(alice).path).has_root


def test_who_was_removed_or_is_of_another_team_cannot_test_it(cast: Cast, tmp_path: Path) -> None:
    _, (alice, bob) = secrets_pushed(cast, "bob")
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    backup = made(alice)
    with pytest.raises(NotFound, match="cannot be tested"):
        checked(bob, backup.path)  # he has not even heard of the key
    other = Cast(tmp_path / "other")
    _, (stranger,) = team_with_words(other)
    with pytest.raises(NotFound, match="cannot be tested"):
        checked(stranger, backup.path)
    other.close()


def test_a_touched_or_shortened_file_is_noticed(cast: Cast) -> None:
    _, (alice,) = secrets_pushed(cast)
    path = made(alice).path
    data = path.read_bytes()
    places = [0, 20, 60, 110, 140, 200, 260, 400, len(data) // 2, len(data) - 1]
    wrecks = [data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :] for at in places]
    wrecks += [data[:size] for size in (0, 5, 15, 100, 250, len(data) - 1, len(data) - 30)]
    wrecks += [data + b"\0", data + data[-30:], b"\xff" * 40, data[:15] + b"\xff" * 400]
    for wreck in wrecks:
        path.write_bytes(wreck)
        with pytest.raises((TrustError, NotFound)) as error:
            checked(alice, path)
        assert CANARY.decode() not in str(error.value)
    path.write_bytes(data)
    checked(alice, path)


def test_parts_in_another_order_do_not_open(cast: Cast) -> None:
    _, (alice,) = secrets_pushed(cast)
    path = made(alice).path
    data = path.read_bytes()
    head = 14 + 4 + int.from_bytes(data[14:18], "big") + 24
    sizes, at = [], head
    while at < len(data):
        size = 4 + int.from_bytes(data[at : at + 4], "big")
        sizes.append(data[at : at + size])
        at += size
    assert len(sizes) == 3
    for order in ((0, 2), (1, 0, 2), (0, 1), (0, 1, 1, 2), ()):
        path.write_bytes(data[:head] + b"".join(sizes[place] for place in order))
        with pytest.raises(TrustError):
            checked(alice, path)


def test_an_older_backup_is_replaced_and_nothing_else_is(cast: Cast) -> None:
    _, (alice,) = secrets_pushed(cast)
    first = made(alice).path.read_bytes()
    assert made(alice).path.read_bytes() != first, "other keys, other bytes"
    alice.file.write_bytes(b"TOKEN=mine\n")
    with pytest.raises(Misuse, match="no backup"):
        write_backup(alice.replica, alice.file, ())
    assert alice.file.read_bytes() == b"TOKEN=mine\n"
    with pytest.raises(StoreError):
        write_backup(alice.replica, alice.folder / "none" / "x.backup", ())
    with pytest.raises(NotFound):
        checked(alice, alice.folder / "none")


def test_a_backup_with_a_record_that_nobody_may_store_is_refused(cast: Cast, tmp_path: Path) -> None:
    """Eve, a member, makes a backup with records of her own making in it."""
    words, (alice, bob) = secrets_pushed(cast, "bob")
    raws = bob.raws()
    altered = raws[-1][:-1] + bytes((raws[-1][-1] ^ 1,))
    bads = ([*raws[:-1], altered], raws[1:], [b"\x90"], [raws[0], *raws[2:]])
    for number, bad in enumerate(bads):
        path = tmp_path / "forged"
        forged_backup(bob, path, bad)
        dave = cast.actor(f"dave{number}")
        with pytest.raises(TrustError, match="not admissible"):
            come_back(dave, words, path, team=alice.team.id)
        assert dave.service.vault.open().teams() == ()
        dave.close()


def test_many_records_go_through_in_parts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    words, (alice, bob) = secrets_pushed(cast, "bob")
    monkeypatch.setattr(form, "_PART_FULL_BYTES", 1)
    backup = made(alice)
    root = root_key(from_words(words))
    with open_backup(backup.path) as file:
        parts = [*file.parts(file.open_with_words(root.keys.box))]
    assert len(parts) == backup.records + 1
    assert checked(bob, backup.path).newer == 0
