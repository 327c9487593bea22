"""Releases: made, merged, in conflict, settled, and what is read of them."""

from __future__ import annotations

import pytest

from envlsp.domain.environment import Triple
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import AmbiguousName, BadText, ConflictedName, Misuse, NotFound
from envlsp.service import deriving
from envlsp.service.comparing import diff, log, status
from envlsp.service.deriving import read_environment
from envlsp.service.environments import create_environment, list_environments
from envlsp.service.local_values import read_with_local
from envlsp.service.pushing import push, rollback, set_value
from envlsp.service.reading import (
    Reading,
    demand_settled,
    demand_value,
    differs_on_disk,
    value_mark,
)
from tests.support.cast import FIRST_FILE, Actor, Cast, assert_in_step, give, meet


def read(actor: Actor) -> Reading:
    return read_environment(actor.team, actor.context.triple, "node")


def put(actor: Actor, name: str, value: str) -> None:
    set_value(actor.team, actor.context, name, SecretText(value.encode()))


def labels(actor: Actor) -> list[str]:
    return [release.label for release in log(actor.team, actor.context)]


# --- one after the other ---


def test_nothing_changed_makes_no_release(cast: Cast) -> None:
    (alice,) = cast.team()
    before = alice.replica.ledger.heads()
    made = alice.push()
    assert not made.made
    assert made.release.label == "v1"
    put(alice, "API_URL", "https://x.test")
    assert not rollback(alice.team, alice.context, "v1").made
    assert alice.replica.ledger.heads() == before


@pytest.mark.parametrize("text", ("", "# nothing but a comment\n", "\x00\x01binary\x00"))
def test_a_file_without_a_name_takes_all_away_only_by_force(cast: Cast, text: str) -> None:
    (alice,) = cast.team()
    alice.context.file.write_text(text)
    with pytest.raises(Misuse, match=r"no name is left in \.env"):
        push(alice.team, alice.context)
    assert labels(alice) == ["v1"]
    assert push(alice.team, alice.context, force=True).release.changed.removed


def test_a_comment_is_a_change(cast: Cast) -> None:
    (alice,) = cast.team()
    made = alice.push(FIRST_FILE + b"# a note\n")
    assert made.made
    assert made.release.changed.names() == ()


def test_set_keeps_the_file_as_it_looked(cast: Cast) -> None:
    (alice,) = cast.team()
    put(alice, "TOKEN", "new $x")
    put(alice, "NEW", "1")
    alice.file.unlink()
    alice.pull()
    data = alice.file.read_bytes()
    assert data.startswith(b"# the api\nAPI_URL=https://x.test\nexport TOKEN=")
    assert b" # c\n\nDB=${API_URL}/db\nNEW=" in data
    assert read(alice).values[SecretName("TOKEN")].reveal() == b"new $x"


@pytest.mark.parametrize("name", ("", "A B", "A=B", "é", "A\n", "x" * 129))
def test_an_impossible_name_is_not_set(cast: Cast, name: str) -> None:
    (alice,) = cast.team()
    with pytest.raises(BadText):
        put(alice, name, "1")


def test_a_value_that_no_line_can_hold_is_not_set(cast: Cast) -> None:
    (alice,) = cast.team()
    with pytest.raises(BadText) as refused:
        put(alice, "A", "sec\0ret")
    assert "ret" not in str(refused.value)
    assert labels(alice) == ["v1"]


def test_set_in_an_empty_environment_makes_its_first_release(cast: Cast) -> None:
    alice = cast.actor("alice").found(b"")
    alice.file.unlink()
    put(alice, "A", "1")
    assert labels(alice) == ["v1"]
    alice.pull()
    assert alice.file.read_bytes() == b"A=1\n"


def test_a_message_too_long_is_refused_before_anything_is_done(cast: Cast) -> None:
    (alice,) = cast.team()
    with pytest.raises(BadText, match="message"):
        alice.push(FIRST_FILE + b"A=1\n", "x" * 100_000)
    assert labels(alice) == ["v1"]


def test_rollback_finds_releases_by_label_distance_and_id(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(FIRST_FILE + b"A=1\n")
    alice.push(FIRST_FILE + b"A=2\n")
    assert rollback(alice.team, alice.context, "~1").release.changed.names() == ("A",)
    assert read(alice).values[SecretName("A")].reveal() == b"1"
    first = log(alice.team, alice.context)[-1]
    assert rollback(alice.team, alice.context, "v1").made
    assert "A" not in read(alice).values
    assert first.label == "v1"
    for words in ("v9", "~9", "latest please"):
        with pytest.raises((NotFound, BadText)):
            rollback(alice.team, alice.context, words)


def test_a_rollback_is_a_release_and_can_be_rolled_back(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(FIRST_FILE + b"A=1\n")
    rollback(alice.team, alice.context, "v1")
    rollback(alice.team, alice.context, "v2")
    assert read(alice).values[SecretName("A")].reveal() == b"1"
    assert labels(alice) == ["v4", "v3", "v2", "v1"]
    kinds = [release.kind for release in log(alice.team, alice.context)]
    assert kinds == ["rollback", "rollback", "push", "push"]


# --- at the same time ---


def test_different_names_merge_with_comments_and_order(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    alice.push(FIRST_FILE.replace(b"export", b"# of alice\nA=1\nexport"))
    bob.push(FIRST_FILE + b"\n# of bob\nB=2\n")
    meet(alice, bob)
    for actor in (alice, bob):
        actor.pull()
        assert (
            actor.file.read_bytes()
            == (
                b"# the api\nAPI_URL=https://x.test\n# of alice\nA=1\n"
                b'export TOKEN="a b#c" # c\n\nDB=${API_URL}/db\n# of bob\nB=2\n'
            )
            or b"# of bob\nB=2\n" in actor.file.read_bytes()
        )
    assert alice.file.read_bytes() == bob.file.read_bytes()
    found = status(alice.team, alice.context)
    assert found.behind == 0
    assert len(set(labels(alice))) == 3
    assert alice.push(bob.file.read_bytes() + b"C=3\n").release.label == "v3"
    meet(alice, bob)
    assert_in_step(alice, bob)
    assert read(bob).release == "v3"


def conflict(cast: Cast) -> tuple[Actor, Actor]:
    """Return two people who gave API_URL different values at the same time."""
    alice, bob = cast.team("bob")
    bob.pull()
    alice.push(FIRST_FILE.replace(b"x.test", b"alice.test"))
    bob.push(FIRST_FILE.replace(b"x.test", b"bob.test"))
    meet(alice, bob)
    return alice, bob


def test_a_conflict_fails_closed_and_leaves_the_other_names(cast: Cast) -> None:
    for actor in conflict(cast):
        before = actor.file.read_bytes()
        with pytest.raises(ConflictedName, match="API_URL") as stopped:
            actor.pull()
        assert stopped.value.exit_code == 6
        assert "test" not in str(stopped.value)
        assert actor.file.read_bytes() == before
        reading = read(actor)
        with pytest.raises(ConflictedName):
            demand_value(reading, "API_URL")
        with pytest.raises(ConflictedName):
            demand_settled(reading)
        assert demand_value(reading, "TOKEN").reveal() == b"a b#c"
        assert status(actor.team, actor.context).conflicts == ("API_URL",)
        with pytest.raises(ConflictedName):
            diff(actor.team, actor.context)


def test_a_value_that_refers_to_a_conflicted_name_is_not_given_out(cast: Cast) -> None:
    alice, _ = conflict(cast)
    with pytest.raises(ConflictedName):
        demand_value(read(alice), "DB")  # ${API_URL}/db: empty would be wrong, silently


def test_setting_the_conflicted_name_settles_it(cast: Cast) -> None:
    alice, bob = conflict(cast)
    with pytest.raises(ConflictedName, match="API_URL"):
        put(bob, "OTHER", "1")
    put(bob, "API_URL", "https://settled.test")
    give(bob, alice)
    for actor in (alice, bob):
        assert read(actor).conflicts == ()
        assert read(actor).values[SecretName("DB")].reveal() == b"https://settled.test/db"
        actor.pull(force=True)
        assert actor.file.read_bytes() == FIRST_FILE.replace(b"x.test", b"settled.test")
    assert read(alice).release == "v3"


def test_rolling_back_settles_a_conflict(cast: Cast) -> None:
    alice, _ = conflict(cast)
    rollback(alice.team, alice.context, "v1")
    assert read(alice).values[SecretName("API_URL")].reveal() == b"https://x.test"


def test_a_forced_push_settles_a_conflict(cast: Cast) -> None:
    alice, _ = conflict(cast)
    assert alice.push(force=True).release.label == "v3"
    assert read(alice).values[SecretName("API_URL")].reveal() == b"https://alice.test"


def test_equal_values_are_no_conflict(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    for actor in (alice, bob):
        actor.push(FIRST_FILE.replace(b"x.test", b"same.test"))
    meet(alice, bob)
    assert read(alice).values == read(bob).values
    assert read(alice).conflicts == ()


def test_delete_against_set_is_a_conflict(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    alice.push(FIRST_FILE.replace(b"DB=${API_URL}/db\n", b""))
    bob.push(FIRST_FILE.replace(b"/db", b"/other"))
    meet(alice, bob)
    assert read(alice).conflicts == ("DB",)


def test_a_number_given_out_twice_is_ambiguous(cast: Cast) -> None:
    alice, _ = conflict(cast)
    assert sorted(label.split("-")[0] for label in labels(alice)) == ["v1", "v2", "v2"]
    with pytest.raises(AmbiguousName, match="v2-"):
        rollback(alice.team, alice.context, "v2")
    assert rollback(alice.team, alice.context, labels(alice)[0]).made


def test_a_conflict_survives_a_rotation(cast: Cast) -> None:
    from envlsp.service.access import rotation

    alice, bob = conflict(cast)
    assert rotation.rotate(alice.replica, alice.team.releases) == 2
    meet(alice, bob)
    for actor in (alice, bob):
        assert read(actor).conflicts == ("API_URL", "DB")


# --- reading ---


def test_a_cached_row_is_used_until_any_record_comes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob")
    derived = []
    real = deriving.derive

    def derive(*args: object) -> Reading:
        derived.append(args)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(deriving, "derive", derive)
    read(alice)
    first = read(alice)
    assert len(derived) == 1
    assert read_environment(alice.another().team, alice.context.triple, "node") == first
    assert len(derived) == 1
    bob.push(FIRST_FILE + b"B=1\n", force=True)
    give(bob, alice)
    assert read(alice).values[SecretName("B")].reveal() == b"1"
    create_environment(alice.team, Triple("shop", "shop", "prod"))
    read(alice)
    assert len(derived) == 3
    read_environment(alice.team, alice.context.triple, "python")
    assert len(derived) == 4


def test_a_row_holds_all_that_was_derived(cast: Cast) -> None:
    (alice,) = cast.team()
    assert read(alice) == read(alice)
    assert read(alice).values[SecretName("DB")].reveal() == b"https://x.test/db"
    assert read(alice).literals[SecretName("TOKEN")].reveal() == b'"a b#c"'


def test_a_name_that_is_not_there_is_named(cast: Cast) -> None:
    (alice,) = cast.team()
    with pytest.raises(NotFound, match="NOPE"):
        demand_value(read(alice), "NOPE")


def test_an_environment_without_a_release_says_so(cast: Cast) -> None:
    alice = cast.actor("alice").found()
    for attempt in (lambda: read(alice), alice.pull, lambda: rollback(alice.team, alice.context, "v1")):
        with pytest.raises(NotFound, match="no release"):
            attempt()


def test_the_file_differs_when_its_bytes_do(cast: Cast) -> None:
    (alice,) = cast.team()
    assert not differs_on_disk(alice.service.vault.open().lsk, read(alice), alice.file)
    alice.file.write_bytes(FIRST_FILE + b"#\n")
    assert differs_on_disk(alice.service.vault.open().lsk, read(alice), alice.file)
    alice.file.unlink()
    assert not differs_on_disk(alice.service.vault.open().lsk, read(alice), alice.file)


def test_local_values_lie_over_the_newest(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.file.write_bytes(b"API_URL=https://local.test\nMINE=1\n")
    local = read_with_local(alice.team, alice.context)
    assert local.values[SecretName("API_URL")].reveal() == b"https://local.test"
    assert local.values[SecretName("MINE")].reveal() == b"1"
    assert local.values[SecretName("TOKEN")].reveal() == b"a b#c"


def test_a_file_that_has_the_conflicted_name_settles_it_locally(cast: Cast) -> None:
    alice, _ = conflict(cast)
    local = read_with_local(alice.team, alice.context)
    demand_settled(local)
    assert local.values[SecretName("API_URL")].reveal() == b"https://alice.test"
    assert local.values[SecretName("DB")].reveal() == b"https://alice.test/db"


def test_marks_tell_equal_values_and_no_more(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    one = value_mark(alice.team, SecretText(b"1"))
    assert one == value_mark(alice.team, SecretText(b"1"))
    assert one != value_mark(bob.team, SecretText(b"1"))


# --- looking ---


def test_a_diff_shows_names_and_masks_values(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(FIRST_FILE.replace(b"x.test", b"y.test") + b"NEW=1\n")
    found = diff(alice.team, alice.context, "v1..v2")
    assert [line.name for line in found.lines] == ["API_URL", "NEW"]
    assert "test" not in repr(found)
    assert found.lines[1].old is None
    assert not diff(alice.team, alice.context).lines
    alice.file.write_bytes(FIRST_FILE)
    assert [line.name for line in diff(alice.team, alice.context).lines] == ["API_URL", "NEW"]
    assert not diff(alice.team, alice.context, "v1").lines


def test_a_diff_of_what_is_not_there_says_so(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.file.unlink()
    with pytest.raises(NotFound):
        diff(alice.team, alice.context)
    for words in ("v1..v9", "v7"):
        with pytest.raises(NotFound):
            diff(alice.team, alice.context, words)


def test_status_of_a_clean_a_dirty_and_a_missing_file(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    found = status(alice.team, alice.context)
    assert (found.based_on, found.behind, bool(found.change), found.exists) == ("v1", 0, False, True)
    alice.file.write_bytes(FIRST_FILE + b"A=1\n")
    assert status(alice.team, alice.context).change.added == (SecretName("A"),)
    fresh = status(bob.team, bob.context)
    assert (fresh.exists, fresh.based_on, fresh.behind, bool(fresh.change)) == (False, None, 1, False)


# --- environments ---


def test_an_environment_is_created_once_and_seen_by_everybody(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = Triple("shop", "shop", "prod")
    create_environment(alice.team, prod, "careful")
    with pytest.raises(Misuse, match="already"):
        create_environment(alice.team, prod)
    give(alice, bob)
    names = [info.triple.env for info in list_environments(bob.team, bob.context.project)]
    assert names == ["dev", "prod"]


def test_environments_do_not_mix(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = alice.service.open(alice.root, env="prod")
    (alice.root / ".env.prod").write_bytes(b"P=1\n")
    assert push(prod.team, prod.context).release.label == "v1"
    give(alice, bob)
    assert set(read(bob).values) == {"API_URL", "TOKEN", "DB"}
    theirs = read_environment(bob.team, prod.context.triple, "node")
    assert {name: value.reveal() for name, value in theirs.values.items()} == {"P": b"1"}
    assert labels(bob) == ["v1"]


def test_a_second_rollback_to_the_same_release_is_nothing_new(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(FIRST_FILE + b"A=1\n")
    assert rollback(alice.team, alice.context, "v1").made
    assert not rollback(alice.team, alice.context, "v1").made


def test_only_some_names_are_shared_and_the_file_stays_as_it_is(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(b"A=1\nB=2\nC=3\n")
    edited = b"A=9\nB=8\n# about D\nD=4\nE=5\n"
    alice.file.write_bytes(edited)
    made = push(alice.team, alice.context, only=["A", "C", "D"])
    changed = made.release.changed
    assert (changed.added, changed.changed, changed.removed) == (("D",), ("A",), ("C",))
    assert alice.file.read_bytes() == edited
    again = push(alice.team, alice.context)
    assert (again.release.changed.added, again.release.changed.changed) == (("E",), ("B",))


def test_the_comment_of_a_new_name_goes_along(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(b"A=1\nB=2\n")
    alice.file.write_bytes(b"A=9\n# about D\nD=4\nB=2\n")
    push(alice.team, alice.context, only=["D"])
    alice.file.unlink()
    alice.pull()
    assert alice.file.read_bytes() == b"A=1\n# about D\nD=4\nB=2\n"


def test_a_name_that_is_nowhere_cannot_be_shared(cast: Cast) -> None:
    (alice,) = cast.team()
    with pytest.raises(NotFound, match="there is no NOPE"):
        push(alice.team, alice.context, only=["NOPE"])
