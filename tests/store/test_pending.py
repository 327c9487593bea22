"""Keys that wait for an answer: on the disk, sealed, few, and gone when told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from envlsp.domain.ids import NO_TEAM, TeamId
from envlsp.errors import LoosePermissions, StoreCorrupt
from envlsp.store.keyfile import DeviceSeeds
from envlsp.store.pending import PENDING_MAX, Pending

LSK = b"l" * 32
SHOP, CAFE = TeamId(b"s" * 32), TeamId(b"c" * 32)


def seeds(number: int) -> DeviceSeeds:
    return DeviceSeeds(bytes([number]) * 32, bytes([number + 100]) * 32)


@pytest.fixture
def pending(tmp_path: Path) -> Pending:
    return Pending(str(tmp_path / "home" / "pending.key"), LSK)


def test_nothing_waits_on_a_new_device(pending: Pending) -> None:
    assert pending.all() == ()
    assert pending.of_team(SHOP) is None
    pending.drop(seeds(1))


def test_keys_are_found_by_their_team_in_another_process(pending: Pending, tmp_path: Path) -> None:
    pending.put(SHOP, seeds(1), 10)
    pending.put(CAFE, seeds(2), 20)
    again = Pending(str(tmp_path / "home" / "pending.key"), LSK)
    assert again.of_team(SHOP) == seeds(1)
    assert [waiting.made_s for waiting in again.all()] == [10, 20]


def test_a_known_team_has_one_pair_and_requests_may_be_several(pending: Pending) -> None:
    for number in (1, 2):
        pending.put(SHOP, seeds(number), number)
        pending.put(NO_TEAM, seeds(number + 10), number)
    assert [waiting.seeds for waiting in pending.all()] == [seeds(11), seeds(2), seeds(12)]


def test_dropped_keys_are_gone(pending: Pending) -> None:
    pending.put(NO_TEAM, seeds(1), 1)
    pending.put(NO_TEAM, seeds(2), 2)
    pending.drop(seeds(1))
    assert [waiting.seeds for waiting in pending.all()] == [seeds(2)]


def test_the_oldest_is_forgotten_where_too_many_wait(pending: Pending) -> None:
    for number in range(PENDING_MAX + 1):
        pending.put(NO_TEAM, seeds(number), number)
    assert [waiting.made_s for waiting in pending.all()] == list(range(1, PENDING_MAX + 1))


def test_the_file_is_private_and_says_nothing(pending: Pending, tmp_path: Path) -> None:
    pending.put(SHOP, seeds(1), 1)
    path = tmp_path / "home" / "pending.key"
    assert path.stat().st_mode & 0o077 == 0
    data = path.read_bytes()
    assert bytes(SHOP) not in data
    assert seeds(1).sign not in data
    path.chmod(0o644)
    with pytest.raises(LoosePermissions):
        pending.all()


@pytest.mark.parametrize("damage", ("cut", "flip", "noise", "flood", "other key"))
def test_a_damaged_file_is_told_and_never_read(pending: Pending, tmp_path: Path, damage: str) -> None:
    pending.put(SHOP, seeds(1), 1)
    path = tmp_path / "home" / "pending.key"
    data = path.read_bytes()
    changed = {
        "cut": data[:-1],
        "flip": data[:-1] + bytes([data[-1] ^ 1]),
        "noise": b"noise",
        "flood": bytes(2**20),
        "other key": data,
    }
    path.write_bytes(changed[damage])
    reader = Pending(str(path), b"m" * 32) if damage == "other key" else pending
    with pytest.raises(StoreCorrupt) as told:
        reader.all()
    assert seeds(1).sign.hex() not in str(told.value)
    assert "seed" not in repr(pending)
