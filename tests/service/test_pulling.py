"""The working copy follows the releases, and nothing of a person's own is lost."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from envlsp.domain.layout import snapshot_of
from envlsp.domain.secret import SecretText
from envlsp.errors import BadText, EnvlspError, LocalChanges, Misuse, NotFound, Stale, StoreError
from envlsp.service import working_copy
from envlsp.service.comparing import status
from envlsp.service.pulling import FileState
from envlsp.service.pushing import rollback, set_value
from envlsp.store import files
from tests.support.cast import FIRST_FILE, Cast, file_facts, give, meet
from tests.support.dotenv_files import files_with_entries

EDITED = FIRST_FILE.replace(b"x.test", b"y.test")
BOM = b"\xef\xbb\xbf"


# --- the same bytes ---


@pytest.mark.parametrize(
    "data",
    (
        FIRST_FILE,
        b"",
        b"A=1",
        b"# only a comment\n",
        BOM + b"A=1\r\nB='x\r\ny'\r\n",
        b"A=1\rB=2\r",
        b"A=1\nA=2\n# A=3\nexport A = 4\n",
        b"A='\xff\xfe'\n",
        b"  \n\n\t# x\n A = 1 # y\n\n\n",
        b"A=\nB=\n",
    ),
)
def test_a_pull_restores_the_bytes_on_a_fresh_clone(cast: Cast, data: bytes) -> None:
    alice, bob = cast.team("bob")
    alice.push(data, force=True)  # also one without a name
    meet(alice, bob)
    result = bob.pull()
    assert bob.file.read_bytes() == data
    assert result.written
    assert not result.layout_dropped
    assert not bob.pull().written
    assert not bob.push().made


@pytest.mark.slow
def test_any_file_that_is_not_refused_comes_out_as_it_went_in(cast: Cast) -> None:
    alice, bob = cast.team("bob")

    @given(data=files_with_entries)
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def check(data: bytes) -> None:
        alice.file.write_bytes(data)
        try:
            made = alice.push()
        except BadText:
            assert snapshot_of(data, "node").refusals
            return
        give(alice, bob)
        bob.file.unlink(missing_ok=True)
        bob.pull()
        assert bob.file.read_bytes() == data
        assert not bob.push().made
        assert made.release.id == bob.pull().release.id

    check()


def test_the_file_is_for_its_owner_only_and_git_is_told_to_leave_it(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    (bob.root / ".gitignore").unlink()
    bob.pull()
    assert stat.S_IMODE(bob.file.stat().st_mode) == 0o600
    ask = ["git", "status", "--porcelain", "--untracked-files=all"]
    seen = subprocess.run(ask, cwd=bob.root, capture_output=True, check=True, text=True).stdout
    assert ".env" not in seen
    leftover = bob.root / f".env.77{working_copy.TEMPORARY}"
    leftover.write_bytes(b"A=half")
    seen = subprocess.run(ask, cwd=bob.root, capture_output=True, check=True, text=True).stdout
    assert ".env" not in seen
    alice.push(EDITED)
    give(alice, bob)
    bob.pull()
    assert not leftover.exists()
    assert [path.name for path in sorted(bob.root.glob(".env*"))] == [".env"]


def test_a_file_that_git_keeps_is_not_written(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.file.write_bytes(FIRST_FILE)
    subprocess.run(["git", "add", "-f", ".env"], cwd=bob.root, check=True)
    alice.push(EDITED)
    give(alice, bob)
    before = file_facts(bob.file)
    with pytest.raises(Misuse, match="git tracks") as refused:
        bob.pull(force=True)
    assert refused.value.fix == "git rm --cached .env"
    assert file_facts(bob.file) == before


def test_a_link_is_not_replaced_by_a_file(cast: Cast, tmp_path: Path) -> None:
    alice, bob = cast.team("bob")
    target = bob.root / "shared.env"
    target.write_bytes(FIRST_FILE)
    bob.file.symlink_to(target)
    alice.push(EDITED)
    give(alice, bob)
    with pytest.raises(Misuse, match="symbolic link"):
        bob.pull(force=True)
    assert bob.file.is_symlink()
    assert target.read_bytes() == FIRST_FILE


def test_a_link_out_of_the_project_is_not_pushed(cast: Cast, tmp_path: Path) -> None:
    _, bob = cast.team("bob")
    outside = tmp_path / "credentials"
    outside.write_bytes(b"aws_secret_access_key = AKIA\n")
    bob.file.symlink_to(outside)
    with pytest.raises(Misuse, match="out of the project"):
        bob.push(force=True)


def test_a_full_disk_leaves_the_old_file(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    alice.push(EDITED)
    give(alice, bob)
    before = file_facts(bob.file)

    def fail(path: str, data: bytes, *, durable: bool) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "_write_new", fail)
        with pytest.raises(StoreError, match="No space left"):
            bob.pull()
    assert file_facts(bob.file) == before
    assert status(bob.team, bob.context).behind == 1
    assert bob.pull().written


# --- local edits ---


def test_local_edits_are_kept_where_the_release_changed_other_names(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.file.write_bytes(FIRST_FILE + b"# mine\nMINE=1\n")
    alice.push(EDITED)
    give(alice, bob)
    result = bob.pull()
    assert bob.file.read_bytes() == EDITED + b"# mine\nMINE=1\n"
    assert result.change.names() == ("API_URL",)
    assert result.kept_edits.names() == ("MINE",)
    made = bob.push()
    assert made.release.label == "v3"
    assert made.release.changed.names() == ("MINE",)


def test_what_both_changed_stops_the_pull_with_nothing_written(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.file.write_bytes(FIRST_FILE.replace(b"x.test", b"mine.test"))
    alice.push(EDITED)
    give(alice, bob)
    before = file_facts(bob.file)
    based_on = status(bob.team, bob.context).based_on
    with pytest.raises(LocalChanges, match="API_URL") as stopped:
        bob.pull()
    assert stopped.value.exit_code == 6
    assert "mine" not in str(stopped.value)
    assert file_facts(bob.file) == before
    assert status(bob.team, bob.context).based_on == based_on == "v1"
    with pytest.raises(Stale):
        bob.push()
    bob.pull(force=True)
    assert bob.file.read_bytes() == EDITED


def test_the_same_edit_on_both_sides_is_no_conflict(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.file.write_bytes(EDITED)
    alice.push(EDITED)
    give(alice, bob)
    before = file_facts(bob.file)
    assert not bob.pull().written
    assert file_facts(bob.file) == before
    assert not bob.push().made


def test_a_name_deleted_here_and_changed_there_stops(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.file.write_bytes(b"".join(line for line in FIRST_FILE.splitlines(True) if b"API_URL=" not in line))
    alice.push(EDITED)
    give(alice, bob)
    with pytest.raises(LocalChanges):
        bob.pull()


def test_a_file_of_unknown_origin_is_not_overwritten(cast: Cast) -> None:
    _, bob = cast.team("bob")
    bob.file.write_bytes(b"API_URL=mine\n")
    before = file_facts(bob.file)
    with pytest.raises(LocalChanges):
        bob.pull()
    assert file_facts(bob.file) == before
    bob.file.write_bytes(b"MINE=1\n")
    bob.pull()
    assert bob.file.read_bytes().startswith(b"MINE=1\n")
    assert set(snapshot_of(bob.file.read_bytes(), "node").snapshot.entries) == {
        "MINE",
        "API_URL",
        "TOKEN",
        "DB",
    }


def test_comments_of_ones_own_survive_a_pull(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.file.write_bytes(b"# note to self\n" + FIRST_FILE)
    alice.push(EDITED)
    give(alice, bob)
    bob.pull()
    assert bob.file.read_bytes() == b"# note to self\n" + EDITED


def test_an_unparsable_file_is_kept(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.file.write_bytes(FIRST_FILE + b"\xff not a line\n")
    alice.push(EDITED)
    give(alice, bob)
    bob.pull()
    assert b"\xff not a line\n" in bob.file.read_bytes()
    assert b"y.test" in bob.file.read_bytes()


# --- stale ---


def test_a_stale_push_is_refused_until_a_pull(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    alice.push(EDITED, "moved")
    give(alice, bob)
    bob.file.write_bytes(FIRST_FILE + b"B=1\n")
    before = bob.replica.ledger.heads()
    with pytest.raises(Stale, match="v2 by Alice") as stale:
        bob.push()
    assert (stale.value.exit_code, stale.value.fix) == (8, "envlsp pull")
    assert bob.replica.ledger.heads() == before
    bob.pull()
    assert bob.push().release.label == "v3"
    give(bob, alice)
    alice.pull()
    assert alice.file.read_bytes() == EDITED + b"B=1\n"


def test_a_first_push_of_a_file_that_was_never_pulled_is_stale(cast: Cast) -> None:
    _, bob = cast.team("bob")
    with pytest.raises(Stale):
        bob.push(b"B=1\n")


# --- files that follow ---


def test_set_and_rollback_bring_a_clean_file_along(cast: Cast) -> None:
    (alice,) = cast.team()
    made = set_value(alice.team, alice.context, "NEW", SecretText(b"a b"))
    assert made.file is FileState.UPDATED
    assert alice.file.read_bytes().startswith(FIRST_FILE)
    assert stat.S_IMODE(alice.file.stat().st_mode) == 0o600
    back = rollback(alice.team, alice.context, "v1")
    assert (back.release.label, back.file) == ("v3", FileState.UPDATED)
    assert alice.file.read_bytes() == FIRST_FILE
    assert not alice.push().made


def test_set_and_rollback_leave_a_dirty_file_alone(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(EDITED)
    alice.file.write_bytes(EDITED + b"DRAFT=1\n")
    before = file_facts(alice.file)
    assert set_value(alice.team, alice.context, "NEW", SecretText(b"1")).file is FileState.DIFFERS
    assert rollback(alice.team, alice.context, "v1").file is FileState.DIFFERS
    assert file_facts(alice.file) == before
    with pytest.raises(Stale):
        alice.push()


def test_set_and_rollback_make_no_file(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.file.unlink()
    assert set_value(alice.team, alice.context, "NEW", SecretText(b"1")).file is FileState.ABSENT
    assert rollback(alice.team, alice.context, "v1").file is FileState.ABSENT
    assert not alice.file.exists()


def test_a_release_stands_where_its_file_cannot_follow(cast: Cast) -> None:
    (alice,) = cast.team()
    subprocess.run(["git", "add", "-f", ".env"], cwd=alice.root, check=True)
    made = set_value(alice.team, alice.context, "NEW", SecretText(b"1"))
    assert made.made
    assert made.file is FileState.DIFFERS
    assert alice.file.read_bytes() == FIRST_FILE


# --- what is read ---


def test_a_file_that_cannot_be_read_is_named(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.file.unlink()
    with pytest.raises(NotFound, match=r"\.env"):
        alice.push()
    alice.file.mkdir()
    for attempt in (alice.push, alice.pull):
        with pytest.raises(StoreError, match=r"\.env"):
            attempt()
    alice.file.rmdir()
    alice.file.write_bytes(b"A=1\n" * 300_000)
    with pytest.raises(BadText, match="larger"):
        alice.push()


def test_a_line_that_no_release_can_carry_is_named_without_its_value(cast: Cast) -> None:
    (alice,) = cast.team()
    with pytest.raises(BadText, match="line 2") as refused:
        alice.push(b"A=1\nB=sec\0ret\n")
    assert "ret" not in refused.value.detail.replace("correct", "")
    assert len(alice.replica.ledger.records()) == 3


def test_a_release_with_a_box_that_does_not_open_says_nothing(cast: Cast) -> None:
    _, bob, eve = cast.team("bob", "eve")
    from envlsp.crypto import envelope

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(envelope, "seal_value", lambda *_: bytes(60))
        try:
            eve.push(b"A=1\n", force=True)
        except EnvlspError:
            pytest.fail("the record itself is in order")
        except KeyError:
            pass  # her own client cannot show it
    give(eve, bob)
    assert bob.pull().release.label == "v1"
    assert bob.file.read_bytes() == FIRST_FILE
    assert bob.push(EDITED).made
