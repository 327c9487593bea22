"""Case 59: a CI bundle for another key, one that has ended, an older one, an altered one."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from envlsp.crypto.bundle import Export, seal_bundle
from envlsp.crypto.device import generate
from envlsp.crypto.primitives import BoxKey
from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.records import EnvNote, Role
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import (
    BadText,
    ConflictedName,
    EnvlspError,
    KeyFileError,
    LoosePermissions,
    Misuse,
    NoAccess,
    NotFound,
    StoreCorrupt,
    StoreError,
    TrustError,
    UsageError,
)
from envlsp.service.access import rotation
from envlsp.service.ci import keys
from envlsp.service.ci.applying import Applied, apply
from envlsp.service.ci.exporting import Exported, export, life_seconds
from envlsp.service.ci.notes import ExportNote, day, from_note, to_note
from envlsp.service.pushing import set_value
from envlsp.store.home import Home
from envlsp.wire.bodies import EnvBody
from envlsp.wire.text import to_text
from tests.support.cast import Actor, Cast, meet

CANARY = "c4n4ry-in-a-bundle"
FILE = f"# the api\nAPI_URL=https://x.test\nTOKEN='{CANARY}'\nDB=${{API_URL}}/db\n".encode()
DAYS_30 = 30 * 86_400


class Runner:
    """A CI machine: a key, a folder, a clock, and no team."""

    def __init__(self, folder: Path) -> None:
        self.secret = keys.new_secret()
        self.key: BoxKey = keys.from_secret(self.secret)
        self.home = Home(str(folder))

    def apply(self, made: Exported | bytes, *, signers: tuple[str, ...] = (), later_s: int = 0) -> Applied:
        text = made if isinstance(made, bytes) else made.text.encode()
        allowed = tuple(map(keys.from_signer_text, signers))
        return apply(text, self.key, self.home, now=time.time() + later_s, signers=allowed)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path / "runner")


def exported(actor: Actor, runner: Runner, life_s: int = DAYS_30) -> Exported:
    return export(actor.team, actor.context.triple, runner.key.public, life_s)


def alice_of(cast: Cast) -> Actor:
    (alice,) = cast.team()
    alice.push(FILE)
    return alice


def refused(words: str, what: Callable[[], object], kind: type[EnvlspError] = TrustError) -> EnvlspError:
    with pytest.raises(kind) as error:
        what()
    assert words in str(error.value)
    assert CANARY not in f"{error.value}{error.value.fix}"
    return error.value


# --- what it is for ---


def test_a_machine_in_no_team_reads_the_values_of_one_environment(cast: Cast, runner: Runner) -> None:
    made = exported(alice_of(cast), runner)
    applied = runner.apply(made)
    assert applied.file() == FILE
    assert {name: value.reveal_text() for name, value in applied.values().items()} == {
        "API_URL": "https://x.test",
        "TOKEN": CANARY,
        "DB": "https://x.test/db",
    }
    assert (applied.n, applied.id, applied.signer) == (2, made.id, made.signer)
    assert (made.release, made.names, str(made.triple)) == ("v2", 3, "shop/shop/dev")


def test_nothing_of_it_can_be_read_without_the_key(cast: Cast, runner: Runner) -> None:
    data = b64decode(exported(alice_of(cast), runner).text)
    for hidden in (CANARY, "TOKEN", "API_URL", "x.test", "the api"):
        assert hidden.encode() not in data


def test_the_machine_keeps_no_value_and_nobody_else_reads_what_it_keeps(cast: Cast, runner: Runner) -> None:
    runner.apply(exported(alice_of(cast), runner))
    files = [path for path in Path(runner.home.root).rglob("*") if path.is_file()]
    assert [path.parent.name for path in files] == ["ci"]
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert not any(word in files[0].read_bytes() for word in (CANARY.encode(), b"TOKEN"))


# --- case 59 ---


def test_case_59_wrong_key(cast: Cast, runner: Runner, tmp_path: Path) -> None:
    made = exported(alice_of(cast), runner)
    other = Runner(tmp_path / "other")
    error = refused("another key", lambda: other.apply(made))
    assert error.exit_code == 9
    assert not Path(other.home.root).exists(), "what was not used is not remembered"


def test_case_59_expired(cast: Cast, runner: Runner) -> None:
    made = exported(alice_of(cast), runner, life_s=3600)
    runner.apply(made, later_s=3500)
    assert refused("ended on", lambda: runner.apply(made, later_s=3700)).exit_code == 9


def test_case_59_older_n(cast: Cast, runner: Runner) -> None:
    alice = alice_of(cast)
    older = exported(alice, runner)
    alice.push(FILE + b"NEW=1\n")
    newer = exported(alice, runner)
    runner.apply(older)
    runner.apply(newer)
    runner.apply(newer)
    assert refused("v3 was used here before", lambda: runner.apply(older)).exit_code == 9
    refused("v3 was used", lambda: runner.apply(older, signers=(older.signer,)))


def test_case_59_altered(cast: Cast, runner: Runner) -> None:
    data = bytearray(b64decode(exported(alice_of(cast), runner).text))
    for place in (12, 60, len(data) // 2, len(data) - 1):
        data[place] ^= 1
        assert refused("", lambda: runner.apply(b64encode(bytes(data)))).exit_code == 9
        data[place] ^= 1
    runner.apply(b64encode(bytes(data)))
    for text in (b"", b"nonsense", b64encode(bytes(data[:-3])), b64encode(bytes(data) + b"\0")):
        refused("no bundle", lambda text=text: runner.apply(text))  # type: ignore[misc]


# --- whose bundles ---


def test_the_first_signer_is_pinned_for_every_environment(cast: Cast, runner: Runner) -> None:
    (alice, bob) = cast.team("bob")
    first = runner.apply(exported(alice, runner))
    assert first.is_first
    assert not runner.apply(exported(alice, runner)).is_first
    error = refused("another device signed", lambda: runner.apply(exported(bob, runner)))
    assert error.exit_code == 9


def test_a_signer_that_was_named_takes_the_place_of_the_pinned_one(cast: Cast, runner: Runner) -> None:
    (alice, bob) = cast.team("bob")
    hers, his = exported(alice, runner), exported(bob, runner)
    runner.apply(hers)
    runner.apply(his, signers=(his.signer,))
    refused("another device", lambda: runner.apply(hers))
    runner.apply(hers, signers=(his.signer, hers.signer))


def test_eve_who_knows_the_public_key_is_not_believed(cast: Cast, runner: Runner) -> None:
    made, eve = exported(alice_of(cast), runner), generate()
    facts = Export(RecordId(bytes(32)), 99, made.triple, 0, 2**40)
    poison = Snapshot({SecretName("API_URL"): SecretText("https://eve.test")})
    forged = b64encode(seal_bundle(facts, poison, eve.sign, runner.key.public))
    refused("another device", lambda: runner.apply(forged, signers=(made.signer,)))
    runner.apply(made)
    refused("another device", lambda: runner.apply(forged))


def test_a_machine_that_can_keep_nothing_needs_to_be_told_the_signer(cast: Cast, runner: Runner) -> None:
    made = exported(alice_of(cast), runner)
    Path(runner.home.root).write_bytes(b"a file where the folder would be")
    refused("", lambda: runner.apply(made), StoreError)
    assert not runner.apply(made, signers=(made.signer,)).is_remembered


def test_what_is_remembered_is_private_and_whole_or_not_believed(cast: Cast, runner: Runner) -> None:
    made = exported(alice_of(cast), runner)
    runner.apply(made)
    (file,) = [path for path in Path(runner.home.root).rglob("*") if path.is_file()]
    file.chmod(0o644)
    refused("", lambda: runner.apply(made, signers=(made.signer,)), LoosePermissions)
    file.chmod(0o600)
    for wreck in (b"", b"\x90", b"x" * 300_000, file.read_bytes()[:-1]):
        file.write_bytes(wreck)
        refused("", lambda: runner.apply(made), StoreCorrupt)


# --- who may, and what teammates see ---


def test_a_viewer_cannot_export(cast: Cast, runner: Runner) -> None:
    (_, bob) = cast.team("bob", role=Role.VIEWER)
    before = bob.raws()
    refused("viewer", lambda: exported(bob, runner), NoAccess)
    assert bob.raws() == before


def test_nothing_is_exported_in_a_conflict_or_before_the_first_release(cast: Cast, runner: Runner) -> None:
    (alice, bob) = cast.team("bob")
    for actor, value in ((alice, "1"), (bob, "2")):
        set_value(actor.team, actor.context, "TOKEN", SecretText(value))
    meet(alice, bob)
    refused("TOKEN", lambda: exported(alice, runner), ConflictedName)
    empty = alice.service.open(alice.root, env="empty")
    refused("no release", lambda: export(empty.team, empty.context.triple, runner.key.public, 60), NotFound)


def test_two_newest_releases_that_agree_are_exported_as_one(cast: Cast, runner: Runner) -> None:
    (alice, bob) = cast.team("bob")
    for actor, name in ((alice, "HERS"), (bob, "HIS")):
        set_value(actor.team, actor.context, name, SecretText("1"))
    meet(alice, bob)
    made = exported(alice, runner)
    assert made.release.count("+") == 1
    assert {"HERS", "HIS"} <= set(runner.apply(made).values())
    note = newest_note(alice)
    assert len(note.releases) == 2


def newest_note(actor: Actor) -> ExportNote:
    notes = [
        note
        for record in actor.replica.ledger.records()
        if isinstance(record.header.pub, EnvNote)
        and isinstance(body := actor.replica.body(record), EnvBody)
        and (note := from_note(body.note))
    ]
    return notes[-1]


def test_everybody_sees_the_key_and_the_day(cast: Cast, runner: Runner) -> None:
    (alice, bob) = cast.team("bob")
    made = exported(alice, runner)
    meet(alice, bob)
    note = newest_note(bob)
    assert note.key == runner.key.public
    assert note.until == day(made.not_after)
    assert [release.hex() for release in note.releases] == [made.id]


def test_an_export_after_a_new_key_holds_the_newest_release(cast: Cast, runner: Runner) -> None:
    alice = alice_of(cast)
    rotation.rotate(alice.replica, alice.team.releases)
    made = exported(alice, runner)
    assert made.n == 2
    assert runner.apply(made).file() == FILE


def test_a_note_is_read_back_and_other_notes_are_no_exports() -> None:
    note = ExportNote(generate().xpk, "2026-12-22", (RecordId(b"\x07" * 32), RecordId(b"\xff" * 32)))
    text = to_note(note)
    assert from_note(text) == note
    for other in ("", "ci export", text[:-1], text + "x", text.replace("ci1", "ci1b"), text.upper()):
        assert from_note(other) is None
    assert from_note(to_note(note).replace("until 2026", "until someday")) is None
    assert day(2**52) == "9999-12-31"


# --- keys ---


def test_keys_as_text_and_slips() -> None:
    secret = keys.new_secret()
    pair = keys.from_secret(f"  {secret}\n")
    assert keys.from_key_text(keys.key_text(pair.public)) == pair.public
    slip = secret[:-1] + ("q" if secret[-1] != "q" else "p")
    for text in ("", slip, keys.key_text(pair.public), "hunter2"):
        error = refused("secret key", lambda text=text: keys.from_secret(text), BadText)  # type: ignore[misc]
        assert not text or text not in f"{error}{error.fix}"
    error = refused("that is the secret key", lambda: keys.from_key_text(secret), BadText)
    assert secret not in f"{error}{error.fix}"
    refused("no CI key", lambda: keys.from_key_text("ci1qqqq"), BadText)
    refused("sealed to", lambda: keys.from_key_text(to_text("ci", bytes(32))), BadText)
    refused("dv1", lambda: keys.from_signer_text("alice"), BadText)


def test_a_secret_key_is_found_in_a_private_file_or_in_the_variable(tmp_path: Path) -> None:
    secret, path = keys.new_secret(), tmp_path / "key"
    keys.keep_secret(path, secret)
    assert path.stat().st_mode & 0o777 == 0o600
    pair = keys.from_secret(secret)
    assert keys.find_secret({}, path) == pair
    assert keys.find_secret({keys.KEY_VARIABLE: secret}, None) == pair
    refused("exists", lambda: keys.keep_secret(path, secret), Misuse)
    refused("no key", lambda: keys.find_secret({}, None), UsageError)
    refused("", lambda: keys.find_secret({}, tmp_path / "none"), KeyFileError)
    path.chmod(0o640)
    refused("", lambda: keys.find_secret({}, path), LoosePermissions)


@pytest.mark.parametrize(("text", "seconds"), (("30d", DAYS_30), ("12h", 43_200), ("4w", 2_419_200)))
def test_for_how_long(text: str, seconds: int) -> None:
    assert life_seconds(text) == seconds


@pytest.mark.parametrize("text", ("", "0d", "30", "d", "-1d", "367d", "999999h", "1y", "٣d"))
def test_no_time_that_a_bundle_could_live(text: str) -> None:
    refused("30d", lambda: life_seconds(text), BadText)
