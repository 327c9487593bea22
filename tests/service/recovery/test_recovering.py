"""Coming back with the recovery words: a lost laptop, no admin left, a hostile senior."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from envlsp.crypto.recovery import from_words, root_key
from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import RecordType, Revoke, Role
from envlsp.domain.secret import SecretText
from envlsp.errors import BadText, Misuse, NotFound, RecordRefused, TransportError, TrustError, UsageError
from envlsp.service.access import roles
from envlsp.service.pushing import set_value
from envlsp.service.recovery.acting import RootReplica
from envlsp.service.recovery.backups import write_backup
from tests.support.cast import Actor, Cast, all_accepted, assert_in_step, give, meet
from tests.support.recovering import Writer, come_back, pairs, team_with_words


def backed_up(actor: Actor, name: str = "team.backup") -> Path:
    path = actor.folder / name
    write_backup(actor.replica, path, ("wss://meet.test",))
    return path


def clone(source: Actor, target: Actor) -> None:
    """Clone the project, as git would."""
    for name in ("ev.yaml", ".gitignore"):
        shutil.copyfile(source.root / name, target.root / name)


def value(actor: Actor, name: str) -> str:
    entries = actor.team.releases.of(actor.context.triple).view().entries
    return {str(key): text.reveal_text() for key, text in entries.items()}[name]


# --- a lost laptop ---


def test_the_only_laptop_is_lost_and_a_backup_brings_everything_back(cast: Cast) -> None:
    words, (alice,) = team_with_words(cast)
    backup = backed_up(alice)
    dave = cast.actor("dave")
    clone(alice, dave)
    found = come_back(dave, words, backup, remove=("alice",))
    assert (found.is_new, found.met, len(found.removed)) == (True, 0, 1)
    assert dave.replica.state.members.keys() == {dave.user}
    assert dave.replica.state.members[dave.user].role is Role.ADMIN
    assert value(dave, "TOKEN") == "one"
    dave.pull()
    assert dave.file.read_bytes() == b"# the api\nTOKEN=one\nURL=https://x.test\n"
    dave.push(b"TOKEN=two\n")
    assert all_accepted(alice.replica.receive(dave.raws()))
    assert not alice.replica.state.is_active(alice.replica.keys.dpk)
    assert value(alice, "TOKEN") == "one", "the lost laptop opens nothing new"


def test_everything_stays_as_it_was_where_nobody_is_removed(cast: Cast) -> None:
    words, (alice, bob) = team_with_words(cast, "bob")
    dave = cast.actor("dave")
    clone(alice, dave)
    come_back(dave, words, backed_up(bob))
    meet(alice, bob, dave)
    assert_in_step(alice, bob, dave)
    assert len(bob.replica.state.members) == 3
    set_value(dave.team, dave.context, "NEW", SecretText("3"))
    meet(alice, bob, dave)
    assert value(bob, "NEW") == "3"


def test_a_hostile_senior_admin_is_removed_for_good(cast: Cast) -> None:
    words, (alice, bob) = team_with_words(cast, "bob")
    backup = backed_up(bob)
    before = alice.raws()
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    dave = cast.actor("dave")
    clone(alice, dave)
    come_back(dave, words, backup, remove=("alice",))
    meet(alice, dave)
    give(dave, bob)
    give(alice, bob)
    assert_in_step(alice, bob, dave)
    assert bob.replica.state.members.keys() == {bob.user, dave.user}, "her removal of Bob is void"
    assert len(alice.raws()) > len(before)


def test_one_device_of_somebody_is_removed_and_the_person_stays(cast: Cast) -> None:
    words, (alice, bob) = team_with_words(cast, "bob")
    dave = cast.actor("dave")
    clone(alice, dave)
    lost = alice.replica.keys.dpk
    found = come_back(dave, words, backed_up(bob), remove=(lost.hex()[:8],))
    assert (found.removed, found.removed_devices) == ((), (lost,))
    state = dave.replica.state
    assert not state.is_active(lost)
    current = state.current_epoch(TEAM_SCOPE)
    assert current is not None
    assert lost not in state.epochs[current].recipients


def test_a_person_and_another_ones_device_at_once(cast: Cast) -> None:
    words, (alice, bob, carol) = team_with_words(cast, "bob", "carol")
    dave = cast.actor("dave")
    clone(alice, dave)
    meet(alice, bob, carol)
    lost = carol.replica.keys.dpk
    found = come_back(dave, words, backed_up(alice), remove=("bob", lost.hex()[:12]))
    assert (found.removed, found.removed_devices) == ((bob.user,), (lost,))
    state = dave.replica.state
    current = state.current_epoch(TEAM_SCOPE)
    assert current is not None
    assert state.epochs[current].recipients.isdisjoint({lost, bob.replica.keys.dpk})


def test_case_17_with_no_admin_left_the_words_let_somebody_in(cast: Cast) -> None:
    words, (alice, bob) = team_with_words(cast, "bob")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob)
    for actor in (alice, bob):
        roles.revoke(actor.replica, actor.team.releases, [actor.user])
    dave = cast.actor("dave")
    clone(alice, dave)
    meet(alice, bob)
    assert not alice.replica.state.members
    come_back(dave, words, backed_up(bob))
    assert dave.replica.state.members.keys() == {dave.user}
    dave.push(b"TOKEN=two\n", force=True)
    assert value(dave, "TOKEN") == "two"


def test_a_member_who_is_no_admin_becomes_one_on_the_same_device(cast: Cast) -> None:
    words, (alice, bob) = team_with_words(cast, "bob")
    before = bob.replica.keys.dpk
    found = come_back(bob, words, None, here=bob.team.id, remove=("alice",))
    assert not found.is_new
    assert bob.replica.keys.dpk == before
    assert bob.replica.state.members[bob.user].role is Role.ADMIN
    assert len(bob.replica.state.members) == 1
    bob.push(b"TOKEN=two\n", force=True)
    assert all_accepted(alice.replica.receive(bob.raws()))


def test_a_removed_device_comes_back_with_other_keys(cast: Cast) -> None:
    words, (alice, bob) = team_with_words(cast, "bob")
    before, user = bob.replica.keys.dpk, bob.user
    roles.revoke(alice.replica, alice.team.releases, [user])
    meet(alice, bob)
    come_back(bob, words, None, here=bob.team.id)
    assert bob.replica.keys.dpk != before
    assert bob.replica.state.is_active(bob.replica.keys.dpk)
    assert not bob.replica.state.is_active(before)
    assert value(bob, "TOKEN") == "one"


# --- what is refused, and leaves everything as it was ---


def test_words_of_another_team_open_nothing(cast: Cast, tmp_path: Path) -> None:
    _, (alice,) = team_with_words(cast)
    other = Cast(tmp_path / "other")
    words, _ = team_with_words(other)
    dave, backup = cast.actor("dave"), backed_up(alice)
    with pytest.raises(TrustError, match="do not open") as error:
        come_back(dave, words, backup)
    assert error.value.exit_code == 9
    assert not [pair for pair in pairs(words) if pair in str(error.value).encode()]
    with pytest.raises(TrustError, match="not the words of this team"):
        come_back(alice, words, None, here=alice.team.id)
    other.close()


def test_a_slip_in_the_words_is_told_and_not_repeated(cast: Cast) -> None:
    words, (alice,) = team_with_words(cast)
    typed = words.split()
    for slip in (typed[:23], [*typed, typed[0]], ["hunter", *typed[1:]], ["\u00ff"] * 24):
        with pytest.raises(BadText) as error:
            come_back(alice, " ".join(slip).encode("utf-8", "replace").decode(), None)
        said = f"{error.value}{error.value.fix}".encode()
        assert not [pair for pair in pairs(" ".join(slip)) if pair in said]
    assert alice.talk.asked


def test_a_team_that_the_sheet_does_not_name_is_not_joined(cast: Cast) -> None:
    """Anybody may found a team with our root key in it; only the person knows the right one."""
    words, (alice,) = team_with_words(cast)
    dave, backup = cast.actor("dave"), backed_up(alice)
    clone(alice, dave)
    pen = Writer()
    pen.agrees = False
    dave.talk = pen
    dave.restart()
    with pytest.raises(TrustError, match="you said no"):
        come_back(dave, words, backup)
    with pytest.raises(TrustError, match="another team"):
        come_back(dave, words, backup, team=type(alice.team.id)(b"x" * 32))
    with pytest.raises(UsageError, match="which team"):
        come_back(dave, words, None)
    assert dave.service.vault.open().teams() == ()
    assert come_back(dave, words, backup, team=alice.team.id).is_new, "the id from the sheet is enough"


def test_somebody_unknown_to_be_removed_stops_it_before_anything_is_written(cast: Cast) -> None:
    words, (alice, bob) = team_with_words(cast, "bob")
    dave = cast.actor("dave")
    clone(alice, dave)
    with pytest.raises(NotFound, match="nobody-here"):
        come_back(dave, words, backed_up(bob), remove=("nobody-here",))
    assert dave.service.vault.open().teams() == ()
    with pytest.raises(Misuse, match="own member"):
        come_back(bob, words, None, here=bob.team.id, remove=("bob",))
    own = bob.replica.keys.dpk
    with pytest.raises(Misuse, match="this device"):
        come_back(bob, words, None, here=bob.team.id, remove=(own.hex()[:10],))
    assert bob.replica.state.is_active(own)


def test_without_any_record_there_is_nothing_to_come_back_to(cast: Cast) -> None:
    words, (alice,) = team_with_words(cast)
    dave = cast.actor("dave")
    with pytest.raises(NotFound, match="no record"):
        come_back(dave, words, None, team=alice.team.id)


def test_who_is_to_be_removed_is_asked_where_nobody_said(cast: Cast) -> None:
    words, (alice, bob) = team_with_words(cast, "bob")
    dave = cast.actor("dave")
    clone(alice, dave)
    pen = Writer()
    pen.answers["remove whom"] = " alice , "
    dave.talk = pen
    dave.restart()
    found = come_back(dave, words, backed_up(bob), keep_all=False)
    assert found.removed == (alice.user,)
    assert any("Alice" in line and "alices-laptop" in line for line in pen.heard)


# --- other words ---


def test_case_24_new_words_count_and_the_old_ones_never_again(cast: Cast) -> None:
    old, (alice, bob) = team_with_words(cast, "bob")
    before = backed_up(bob)
    dave, eve = cast.actor("dave"), cast.actor("eve")
    for actor in (dave, eve):
        clone(alice, actor)
    come_back(dave, old, before, new_words=True)
    assert isinstance(dave.talk, Writer)
    new = dave.talk.words()
    assert new != old
    meet(alice, bob, dave)
    assert_in_step(alice, bob, dave)
    state = bob.replica.state
    current = state.current_epoch(TEAM_SCOPE)
    assert current is not None
    assert state.root.root_sign in state.epochs[current].recipients
    assert current not in state.exposed
    # The old words, after it:
    with pytest.raises(TrustError, match="other words count since"):
        come_back(bob, old, None, here=bob.team.id)
    # ... and concurrently with it, from an older backup: all they do is void.
    come_back(eve, old, before, remove=("alice", "bob"))
    meet(bob, eve)
    assert bob.replica.state.members.keys() == {alice.user, bob.user, dave.user}
    assert not eve.replica.state.is_active(eve.replica.keys.dpk)
    # The new ones:
    carol, backup = cast.actor("carol"), backed_up(bob, "newer.backup")
    clone(alice, carol)
    come_back(carol, new, backup)
    assert value(carol, "TOKEN") == "one"


def test_old_words_after_the_replacement_are_refused_by_every_peer(cast: Cast) -> None:
    """Somebody whose program does not ask first writes as the old root, upon the replacement."""
    old, (alice, bob) = team_with_words(cast, "bob")
    come_back(alice, old, None, here=alice.team.id, new_words=True)
    meet(alice, bob)
    eve = RootReplica(bob.team.id, root_key(from_words(old)).keys, bob.team.store, bob.service.clock)
    with pytest.raises(RecordRefused), eve.writing():
        eve.append(Revoke((alice.user,), ()))
    assert len(bob.replica.state.members) == 2


def test_who_came_back_with_the_old_words_comes_back_with_the_new_ones(cast: Cast) -> None:
    old, (alice, bob) = team_with_words(cast, "bob")
    before = backed_up(bob)
    dave, eve = cast.actor("dave"), cast.actor("eve")
    for actor in (dave, eve):
        clone(alice, actor)
    come_back(dave, old, before, new_words=True)
    assert isinstance(dave.talk, Writer)
    new, newer = dave.talk.words(), backed_up(dave, "newer.backup")
    assert come_back(eve, old, before).is_new  # she has not heard of the other words
    first = eve.replica.keys.dpk
    found = come_back(eve, new, newer)
    assert found.is_new
    assert eve.replica.keys.dpk != first
    assert eve.replica.state.members.keys() == {alice.user, bob.user, dave.user, eve.user}
    assert value(eve, "TOKEN") == "one"


def test_a_backup_that_is_not_there_is_told_before_24_words_are_typed(cast: Cast) -> None:
    words, (alice,) = team_with_words(cast)
    dave = cast.actor("dave")
    with pytest.raises(NotFound, match=r"no\.backup"):
        come_back(dave, words, alice.root / "no.backup")
    assert isinstance(dave.talk, Writer)
    assert dave.talk.asked == []


@pytest.mark.parametrize(
    ("offline", "servers", "fix"),
    ((True, (), "--offline"), (False, (), "--server URL"), (False, ("ws://127.0.0.1:9",), "signaling")),
)
def test_without_records_it_is_told_where_some_are(
    cast: Cast, offline: bool, servers: tuple[str, ...], fix: str
) -> None:
    words, (alice,) = team_with_words(cast)
    dave = cast.actor("dave")
    with pytest.raises((NotFound, TransportError)) as told:
        come_back(dave, words, None, team=alice.team.id, offline=offline, servers=servers)
    assert fix in str(told.value.fix)


def test_words_that_are_not_typed_back_change_nothing(cast: Cast) -> None:
    old, (alice,) = team_with_words(cast)

    class Hasty(Writer):
        def words(self, sheet: int = -1) -> str:
            return " ".join(["abandon"] * 24)

    alice.talk = Hasty()
    alice.restart()
    before = alice.raws()
    with pytest.raises(BadText, match="the old words still count"):
        come_back(alice, old, None, here=alice.team.id, new_words=True)
    assert alice.raws() == before


def test_the_root_key_writes_only_what_it_may(cast: Cast) -> None:
    words, (alice, bob) = team_with_words(cast, "bob")
    dave = cast.actor("dave")
    clone(alice, dave)
    come_back(dave, words, backed_up(bob), remove=("alice",), new_words=True)
    root = root_key(from_words(words)).keys.dpk
    kinds = [r.header.type for r in dave.replica.ledger.records() if r.header.author == root]
    assert kinds == [RecordType.REVOKE, RecordType.GRANT, RecordType.ROOT_REPLACE]


def test_the_words_are_in_no_log_no_file_and_nothing_that_is_said(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    words, (alice, bob) = team_with_words(cast, "bob")
    dave = cast.actor("dave")
    clone(alice, dave)
    come_back(dave, words, backed_up(bob), remove=("alice",), new_words=True)
    assert isinstance(dave.talk, Writer)
    secrets = [words.encode(), dave.talk.words().encode()]
    secrets += [bytes(from_words(text.decode())) for text in secrets[:2]]
    secrets += [text.hex().encode() for text in secrets[2:]]
    said = "\n".join([*dave.talk.heard, *dave.talk.asked, *alice.talk.heard, caplog.text]).encode()
    paths = [path for actor in (alice, bob, dave) for path in actor.folder.rglob("*")]
    files = b"".join(path.read_bytes() for path in paths if path.is_file())
    assert len(files) > 10_000
    assert not [secret for secret in secrets if secret in said or secret in files]
    two = [*pairs(words), *pairs(dave.talk.words())]
    assert not [pair for pair in two if pair in said or pair in files]
