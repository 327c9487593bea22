"""device.key: what opens it, what does not, and that nothing half happens."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from envlsp.crypto.memory import SecretBuffer
from envlsp.domain.ids import TeamId
from envlsp.errors import KeyFileError, Locked, LoosePermissions, NotInitialised, StoreError
from envlsp.store import protection
from envlsp.store.keyfile import (
    DeviceKey,
    DeviceSeeds,
    Header,
    KeptSeeds,
    Protection,
    Wrapping,
    create_device_key,
    open_device_key,
    read_header,
    with_key_file,
    with_passphrase,
)
from envlsp.wire.canonical import encode

TEAM = TeamId(b"T" * 32)
SEEDS = DeviceSeeds(b"s" * 32, b"b" * 32)
KEPT = KeptSeeds(SecretBuffer(SEEDS.sign), SecretBuffer(SEEDS.box))
WORD = b"correct horse"


def fast(passphrase: bytes = WORD) -> Wrapping:
    return with_passphrase(passphrase, operations=1, memory_kib=8)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "home" / "device.key")


def test_a_passphrase_opens_what_it_protects(path: str) -> None:
    made = create_device_key(path, fast())
    made.add_team(TEAM, SEEDS)
    key = open_device_key(path, passphrase=WORD)
    assert (key.lsk, key.teams(), key.seeds(TEAM)) == (made.lsk, (TEAM,), KEPT)
    assert key.seeds(TeamId(bytes(32))) is None
    assert len(key.lsk) == 32
    assert read_header(path)[:3] == (Protection.PASSPHRASE, 1, 8)


@pytest.mark.slow
def test_the_default_is_three_passes_over_256_mib(path: str) -> None:
    create_device_key(path, with_passphrase(WORD))
    assert read_header(path)[:3] == (Protection.PASSPHRASE, 3, 262_144)
    assert open_device_key(path, passphrase=WORD).protection is Protection.PASSPHRASE


def test_a_wrong_passphrase_is_one_error_with_a_fix(path: str) -> None:
    create_device_key(path, fast())
    with pytest.raises(Locked, match="that passphrase does not open") as caught:
        open_device_key(path, passphrase=b"hunter2")
    assert caught.value.fix == "try the passphrase again"
    assert "hunter2" not in str(caught.value)


def test_without_a_passphrase_it_is_locked(path: str) -> None:
    create_device_key(path, fast())
    with pytest.raises(Locked):
        open_device_key(path)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(Locked, match="empty passphrase"):
        fast(b"")


def test_the_handed_over_key_opens_it(path: str) -> None:
    made = create_device_key(path, fast())
    assert open_device_key(path, kek=made.kek).lsk == made.lsk
    with pytest.raises(Locked):
        open_device_key(path, kek=bytes(32))


def test_a_key_file_is_made_once_and_remembered(path: str, tmp_path: Path) -> None:
    place = tmp_path / "key"
    made = create_device_key(path, with_key_file(str(place), create=True))
    assert (place.stat().st_size, stat.S_IMODE(place.stat().st_mode)) == (32, 0o600)
    before = place.read_bytes()
    with_key_file(str(place), create=True)
    assert place.read_bytes() == before
    assert open_device_key(path).lsk == made.lsk
    place.rename(tmp_path / "moved")
    with pytest.raises(KeyFileError) as caught:
        open_device_key(path)
    assert caught.value.fix == "give its place: --key-file PATH"
    assert open_device_key(path, key_file=str(tmp_path / "moved")).lsk == made.lsk


def test_a_key_file_may_have_any_name(path: str, tmp_path: Path) -> None:
    made = create_device_key(path, with_key_file(os.fsdecode(bytes(tmp_path) + b"/k\xff y"), create=True))
    assert open_device_key(path).lsk == made.lsk


def test_a_missing_key_file_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        with_key_file(str(tmp_path / "key"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", (0, 31, 33))
def test_a_key_file_holds_32_bytes(tmp_path: Path, size: int) -> None:
    place = tmp_path / "key"
    place.write_bytes(bytes(size))
    place.chmod(0o600)
    with pytest.raises(KeyFileError, match="does not hold 32 bytes"):
        with_key_file(str(place))


def test_another_key_file_does_not_open_it(path: str, tmp_path: Path) -> None:
    create_device_key(path, with_key_file(str(tmp_path / "key"), create=True))
    with_key_file(str(tmp_path / "other"), create=True)
    with pytest.raises(Locked, match="that key file does not open"):
        open_device_key(path, key_file=str(tmp_path / "other"))


def test_changing_the_protection_wraps_the_same_secrets(path: str, tmp_path: Path) -> None:
    key = create_device_key(path, fast())
    key.add_team(TEAM, SEEDS)
    key.protect(with_key_file(str(tmp_path / "key"), create=True))
    again = open_device_key(path)
    assert (again.lsk, again.seeds(TEAM), again.protection) == (key.lsk, KEPT, Protection.KEY_FILE)
    again.protect(fast(b"other words"))
    assert open_device_key(path, passphrase=b"other words").lsk == key.lsk
    with pytest.raises(Locked):
        open_device_key(path, passphrase=WORD)


def test_keys_in_a_team_are_never_replaced(path: str) -> None:
    key = create_device_key(path, fast())
    key.add_team(TEAM, SEEDS)
    key.add_team(TEAM, SEEDS)
    with pytest.raises(KeyFileError, match="already has keys"):
        key.add_team(TEAM, DeviceSeeds(b"x" * 32, b"y" * 32))
    assert open_device_key(path, kek=key.kek).seeds(TEAM) == KEPT
    key.remove_team(TEAM)
    assert open_device_key(path, kek=key.kek).teams() == ()


def test_two_holders_both_keep_what_they_add(path: str) -> None:
    one = create_device_key(path, fast())
    two = open_device_key(path, kek=one.kek)
    teams = [TeamId(bytes([n]) * 32) for n in range(4)]
    for key, team in zip((one, two, two, one), teams, strict=True):
        key.add_team(team, SEEDS)
    assert sorted(open_device_key(path, kek=one.kek).teams()) == teams


def test_a_second_device_key_is_not_made(path: str) -> None:
    made = create_device_key(path, fast())
    with pytest.raises(KeyFileError, match="exists already"):
        create_device_key(path, fast())
    assert open_device_key(path, passphrase=WORD).lsk == made.lsk


def test_a_missing_file_means_not_initialised(path: str) -> None:
    with pytest.raises(NotInitialised):
        open_device_key(path)


def test_loose_modes_are_refused_with_the_fix(path: str, tmp_path: Path) -> None:
    create_device_key(path, with_key_file(str(tmp_path / "key"), create=True))
    Path(path).chmod(0o644)
    with pytest.raises(LoosePermissions, match="mode 644") as caught:
        open_device_key(path)
    assert caught.value.fix == f"chmod 600 {path}"
    Path(path).chmod(0o600)
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(LoosePermissions):
        open_device_key(path)


def test_the_folder_and_the_file_are_private(path: str) -> None:
    create_device_key(path, fast())
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("place", (0, 1, 5, 20, 40, 60, 100, -1))
def test_a_flipped_bit_is_an_error_and_changes_nothing(path: str, place: int) -> None:
    create_device_key(path, fast()).add_team(TEAM, SEEDS)
    data = bytearray(Path(path).read_bytes())
    data[place] ^= 1
    Path(path).write_bytes(data)
    with pytest.raises((KeyFileError, Locked)):
        open_device_key(path, passphrase=WORD)
    assert Path(path).read_bytes() == data


def test_every_truncation_is_an_error(path: str) -> None:
    create_device_key(path, fast())
    data = Path(path).read_bytes()
    for size in range(len(data)):
        Path(path).write_bytes(data[:size])
        with pytest.raises(KeyFileError):
            open_device_key(path, passphrase=WORD)


@pytest.mark.parametrize(
    "header",
    (
        ("envlsp-key", 1, 1, 3, 2**40, bytes(16), b""),
        ("envlsp-key", 1, 1, 2**40, 8, bytes(16), b""),
        ("envlsp-key", 1, 1, 0, 8, bytes(16), b""),
        ("envlsp-key", 1, 1, 1, 8, bytes(15), b""),
        ("envlsp-key", 1, 3, 0, 0, bytes(15), b""),
        ("envlsp-key", 1, 3, 0, 0, bytes(16), b"/a/path"),
        ("envlsp-key", 1, 4, 0, 0, bytes(16), b""),
        ("something", 1, 2, 0, 0, bytes(16), b""),
        ("envlsp-key", 1),
        7,
    ),
)
def test_a_header_that_asks_for_nonsense_is_refused(path: str, header: tuple[int | str | bytes, ...]) -> None:
    Path(path).parent.mkdir(mode=0o700)
    Path(path).write_bytes(encode((encode(header), bytes(100))))
    Path(path).chmod(0o600)
    with pytest.raises(KeyFileError, match=r"damaged or no device\.key"):
        open_device_key(path, passphrase=WORD)


def test_a_newer_file_asks_for_an_upgrade(path: str) -> None:
    Path(path).parent.mkdir(mode=0o700)
    Path(path).write_bytes(encode((encode(("envlsp-key", 2, "new")), bytes(100))))
    Path(path).chmod(0o600)
    with pytest.raises(KeyFileError, match="newer envlsp"):
        read_header(path)


def test_a_failing_write_leaves_the_old_file(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = create_device_key(path, fast())
    before = Path(path).read_bytes()

    def refuse(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StoreError, match="No space left"):
        key.add_team(TEAM, SEEDS)
    assert Path(path).read_bytes() == before
    assert key.teams() == ()


def test_too_little_memory_is_said_plainly(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    create_device_key(path, fast())

    def refuse(*_args: object, **_named: object) -> bytes:
        raise RuntimeError

    monkeypatch.setattr(protection, "stretch", refuse)
    with pytest.raises(KeyFileError, match="MiB of free memory"):
        open_device_key(path, passphrase=WORD)


def test_a_copied_folder_is_noticed(path: str) -> None:
    key = create_device_key(path, fast(), machine="one")
    key = open_device_key(path, kek=key.kek)
    assert [key.machine_matches(hint) for hint in ("one", "two", "")] == [True, False, True]
    key.bind_machine("two")
    key = open_device_key(path, kek=key.kek)
    assert [key.machine_matches(hint) for hint in ("one", "two")] == [False, True]


def test_a_key_made_where_nobody_could_say_matches_everywhere(path: str) -> None:
    assert create_device_key(path, fast()).machine_matches("two")


def test_nothing_secret_shows(path: str) -> None:
    key = create_device_key(path, fast(), machine="one")
    key.add_team(TEAM, SEEDS)
    shown = f"{key!r} {SEEDS!r} {fast()!r}"
    assert "ssss" not in shown
    assert repr(key.kek.reveal())[2:10] not in shown
    data = Path(path).read_bytes()
    assert not any(
        secret in data for secret in (SEEDS.sign, SEEDS.box, key.lsk.reveal(), key.kek.reveal(), TEAM)
    )


def test_a_device_can_be_in_many_teams(path: str) -> None:
    key = create_device_key(path, fast())
    assert isinstance(key, DeviceKey)
    assert isinstance(read_header(path), Header)
    many = {TeamId(n.to_bytes(32, "big")): KEPT for n in range(1_000)}
    key._teams = dict(many)
    with pytest.raises(KeyFileError, match="no room for another team"):
        key._save()
    key._teams = dict(list(many.items())[:500])
    key._save()
    assert len(open_device_key(path, kek=key.kek).teams()) == 500
