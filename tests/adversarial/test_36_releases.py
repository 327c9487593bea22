"""Attacks on what is read: values that disagree, orphans, and lines smuggled into a file.

Cases 36 to 38, 54 and 57 of docs/protocol.md, "I. Adversarial tests". The people here have
stores and files; what Eve says in a release she says with records of her own making.
"""

from __future__ import annotations

import pytest

from envlsp.domain.ids import TEAM_SCOPE, RecordId
from envlsp.domain.ledger.records import Release
from envlsp.domain.release import Layout, ReleaseContent, ReleaseKind, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.domain.versions import id_text
from envlsp.errors import AmbiguousName, BadText, ConflictedName
from envlsp.service.access import roles
from envlsp.service.adopting import adopt
from envlsp.service.comparing import log
from envlsp.service.deriving import read_environment
from envlsp.service.history import EnvironmentHistory, Releases
from envlsp.service.people import People
from envlsp.service.pushing import rollback
from envlsp.service.reading import Reading, demand_settled, demand_value
from tests.support.cast import FIRST_FILE, Actor, Cast, file_facts, give, meet
from tests.support.desks import Desk, carry, new_desk, second_desk
from tests.support.ledger_builder import a_revoke
from tests.support.wire_book import TRIPLE, Book, alice, bob, charlie, dave, eve, merged, says

NAME = SecretName("A")


def slow(case: object) -> object:
    """Leave a case to the long run."""
    return pytest.param(case, marks=pytest.mark.slow)


def read(actor: Actor) -> Reading:
    return read_environment(actor.team, actor.context.triple, "node")


def found_by(book: Book) -> EnvironmentHistory:
    replica = book.seen_by(alice)
    return Releases(replica, People(replica)).of(TRIPLE)


def developers() -> Book:
    book = Book()
    for whom in (bob, charlie, dave, eve):
        book.grant(alice, whom)
    return book


# --- 36: two values at once -----------------------------------------------------------------------


def apart(cast: Cast, of_alice: bytes, of_bob: bytes) -> tuple[Actor, Actor]:
    """Return two people who each pushed over v1 what the other had not seen."""
    one, two = cast.team("bob")
    two.pull()
    one.push(of_alice)
    two.push(of_bob)
    meet(one, two)
    return one, two


@pytest.mark.slow
def test_case_36_edits_of_different_names_merge(cast: Cast) -> None:
    for actor in apart(cast, FIRST_FILE.replace(b"x.test", b"y.test"), FIRST_FILE + b"NEW=1\n"):
        actor.pull()
        assert actor.file.read_bytes() == FIRST_FILE.replace(b"x.test", b"y.test") + b"NEW=1\n"


def test_case_36_edits_of_one_name_fail_closed_and_nothing_is_written(cast: Cast) -> None:
    edits = [FIRST_FILE.replace(b"x.test", host) for host in (b"alice.test", b"bob.test")]
    for actor in apart(cast, *edits):
        before = file_facts(actor.file)
        with pytest.raises(ConflictedName, match="API_URL") as stopped:
            actor.pull()
        assert stopped.value.exit_code == 6
        assert "alice.test" not in str(stopped.value)
        assert file_facts(actor.file) == before
        with pytest.raises(ConflictedName):
            demand_settled(read(actor))
        with pytest.raises(ConflictedName):
            demand_value(read(actor), "API_URL")
        assert demand_value(read(actor), "TOKEN").reveal() == b"a b#c"


@pytest.mark.slow
def test_case_36_equal_values_are_no_conflict(cast: Cast) -> None:
    same = FIRST_FILE.replace(b"x.test", b"same.test")
    one, two = apart(cast, same, same)
    assert read(one).conflicts == read(two).conflicts == ()
    assert read(one).values == read(two).values


@pytest.mark.slow
def test_case_36_a_deletion_against_a_change_is_a_conflict(cast: Cast) -> None:
    gone, changed = FIRST_FILE.replace(b"DB=${API_URL}/db\n", b""), FIRST_FILE.replace(b"/db", b"/other")
    for actor in apart(cast, gone, changed):
        assert read(actor).conflicts == ("DB",)


@pytest.mark.slow
def test_case_36_run_starts_nothing_while_a_name_is_in_conflict(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    one = new_desk(tmp_path_factory.mktemp("desks"))
    one.env_file.write_bytes(b"A=0\nB=0\n")
    one.ok("push", "--offline")
    two = second_desk(one)
    two.ok("pull", "--offline")
    for desk, value in ((one, b"1"), (two, b"2")):
        desk.env_file.write_bytes(b"A=" + value + b"\nB=0\n")
        desk.ok("push", "--offline")
    carry(one, two)
    carry(two, one)
    for desk in (one, two):
        assert_runs_nothing(desk)


def assert_runs_nothing(desk: Desk) -> None:
    before = file_facts(desk.env_file)
    stopped = desk("run", "--", "true")
    assert stopped.code == 6
    assert "A" in stopped.talk
    assert file_facts(desk.env_file) == before
    assert desk("pull", "--offline").code == 6
    assert file_facts(desk.env_file) == before


# --- 37: going back -------------------------------------------------------------------------------


def test_case_37_a_rollback_concurrent_with_a_push_merges_or_conflicts() -> None:
    start = developers()
    first = start.push(alice, {"TOKEN": "1", "HOST": "h"})
    start.push(alice, {"TOKEN": "2", "HOST": "h"})
    head = start.ledger.get(found_by(start).history.heads()[0])
    assert head is not None
    back = says({"TOKEN": "1", "HOST": "h"}, base=[head], kind=ReleaseKind.ROLLBACK, of=first)
    here, there = start.copy(), start.copy()
    here.release(alice, content=back)
    there.push(bob, {"TOKEN": "2", "HOST": "other"})
    assert merged(here, there).view() == {"TOKEN": "1", "HOST": "other"}
    third = start.copy()
    third.push(charlie, {"TOKEN": "3", "HOST": "h"})
    found = found_by(merged(here, third))
    assert set(found.view().conflicts) == {"TOKEN"}
    assert {str(name) for name in found.view().entries} == {"HOST"}


def test_case_37_numbers_stay_as_records_arrive_and_after_a_merge() -> None:
    here = developers()
    here.push(alice, {"TOKEN": "1"})
    there = here.copy()
    one, two = here.push(alice, {"TOKEN": "2"}), there.push(bob, {"TOKEN": "2", "B": "2"})
    before = found_by(here).versions.number(one.id)
    after = merged(here, there)
    found = found_by(after)
    assert before == found.versions.number(one.id) == found.versions.number(two.id) == 2
    joint = after.push(charlie, {"TOKEN": "3"})
    again = found_by(after)
    assert [again.versions.number(record.id) for record in (one, two, joint)] == [2, 2, 3]


@pytest.mark.slow
def test_case_37_a_number_given_out_twice_lists_both(cast: Cast) -> None:
    edits = [FIRST_FILE.replace(b"x.test", host) for host in (b"alice.test", b"bob.test")]
    one, _ = apart(cast, *edits)
    labels = [release.label for release in log(one.team, one.context)]
    doubles = sorted(label for label in labels if label.startswith("v2"))
    assert len(doubles) == 2
    with pytest.raises(AmbiguousName) as asked:
        rollback(one.team, one.context, "v2")
    assert all(label in str(asked.value) for label in doubles)
    assert rollback(one.team, one.context, doubles[0]).made


def test_case_37_void_releases_make_no_number_ambiguous() -> None:
    """Somebody who was removed backdates releases with everybody's numbers."""
    start = developers()
    start.push(alice, {"TOKEN": "1"})
    fork = start.copy()
    good = start.push(alice, {"TOKEN": "2"})
    start.write(alice, a_revoke(eve, epochs=(start.epoch(without=[eve]),)))
    late = [fork.push(eve, {"TOKEN": f"evil {number}"}) for number in range(4)]
    found = found_by(merged(start, fork))
    assert found.versions.find("v2") == good.id
    assert found.versions.label(good.id) == "v2"
    assert all(found.history.nodes[record.id].void for record in late)


# --- 38: orphans ----------------------------------------------------------------------------------


def orphaned() -> tuple[Book, RecordId]:
    """Return a team and a release of Dave's that fell with his removal."""
    start = developers()
    start.push(alice, {"TOKEN": "1"})
    here, there = start.copy(), start.copy()
    links = [start.state.current[TEAM_SCOPE]]
    here.write(alice, a_revoke(dave, epochs=(here.epoch(without=[dave], links=links),)))
    orphan = there.push(dave, {"TOKEN": "1", "USEFUL": "work"})
    return merged(here, there), orphan.id


def test_case_38_an_orphaned_release_is_adopted_under_the_adopters_name() -> None:
    book, orphan = orphaned()
    assert book.view() == {"TOKEN": "1"}
    found = found_by(book)
    assert found.history.nodes[orphan].void
    record = book.ledger.get(orphan)
    heads = [one for head in found.history.heads() if (one := book.ledger.get(head)) is not None]
    content = says({"TOKEN": "1", "USEFUL": "work"}, base=heads, kind=ReleaseKind.ADOPT, of=record)
    adopted = book.release(bob, content=content)
    for reader in (alice, bob, charlie):
        assert book.view(reader) == {"TOKEN": "1", "USEFUL": "work"}
    after = found_by(book)
    assert after.history.heads() == (adopted.id,)
    assert after.history.nodes[adopted.id].author == bob.dpk
    assert after.history.nodes[orphan].void, "what fell stays down"


def test_case_38_an_adoption_that_alters_counts_as_a_push_of_the_adopter() -> None:
    book, orphan = orphaned()
    heads = [one for head in found_by(book).history.heads() if (one := book.ledger.get(head)) is not None]
    lie = says({"TOKEN": "other"}, base=heads, kind=ReleaseKind.ADOPT, of=book.ledger.get(orphan))
    adopted = book.release(eve, content=lie)
    found = found_by(book)
    assert book.view() == {"TOKEN": "other"}
    assert found.history.nodes[adopted.id].author == eve.dpk


def test_case_38_what_somebody_removed_wrote_over_an_adoption_stays_void() -> None:
    book, orphan = orphaned()
    late = book.build(
        dave, Release(TEAM_SCOPE), at=[record for record in [book.ledger.get(orphan)] if record]
    )
    book.judge(late)
    assert not book.ledger.is_effective(late.id)


@pytest.mark.slow
def test_case_38_the_program_adopts_what_somebody_pushed_before_they_heard_of_their_removal(
    cast: Cast,
) -> None:
    admin, reader, gone = cast.team("bob", "eve")
    gone.pull()
    reader.pull()
    gone.push(FIRST_FILE + b"USEFUL=work\n")
    (orphan,) = gone.team.releases.of(gone.context.triple).history.heads()
    roles.revoke(admin.replica, admin.team.releases, [gone.user])
    give(gone, admin)
    meet(admin, reader)
    assert "USEFUL" not in read(reader).values
    adopted = adopt(reader.team, reader.context, id_text(orphan)[:8])
    assert (adopted.release.author, adopted.release.kind) == ("Bob", "adopt")
    meet(admin, reader)
    for actor in (admin, reader):
        actor.pull()
        assert actor.file.read_bytes() == FIRST_FILE + b"USEFUL=work\n"


# --- 54: lines smuggled into a file ---------------------------------------------------------------


def evil_push(cast: Cast, snapshot: Snapshot) -> tuple[bytes, bool]:
    """Return what Bob's file holds after Eve has pushed a snapshot of her own making."""
    _, reader, mallory = cast.team("bob", "eve")
    heads = mallory.team.releases.of(mallory.context.triple).history.heads()
    content = ReleaseContent(1, ReleaseKind.PUSH, "", mallory.context.triple, tuple(heads), None, snapshot)
    mallory.replica.append(Release(TEAM_SCOPE), content)
    give(mallory, reader)
    result = reader.pull()
    return reader.file.read_bytes(), result.layout_dropped


@pytest.mark.parametrize(
    "parts",
    (
        (b"LD_PRELOAD=/tmp/evil.so\nA=", NAME, b"\n"),
        slow((b"A=", NAME, b"\nexport LD_PRELOAD=/tmp/evil.so\n")),
        slow((b"# c\nLD_PRELOAD='", NAME, b"'\nA=1\n")),
        slow((b"# nothing here\n",)),
    ),
)
def test_case_54_an_assignment_smuggled_into_a_layout_is_not_written(
    cast: Cast, parts: tuple[bytes | SecretName, ...]
) -> None:
    layout = Layout("node", parts)
    assert evil_push(cast, Snapshot({NAME: SecretText(b"1")}, layout)) == (b"A=1\n", True)


@pytest.mark.parametrize("literal", (b"1\nLD_PRELOAD=/tmp/evil.so", slow(b"1 # x"), slow(b"'1\nB='2")))
def test_case_54_an_assignment_smuggled_into_a_literal_is_not_written_and_named(
    cast: Cast, literal: bytes
) -> None:
    with pytest.raises(BadText, match="A") as refused:
        evil_push(cast, Snapshot({NAME: SecretText(literal)}, Layout("node", (b"A=", NAME, b"\n"))))
    assert "evil" not in str(refused.value)
    assert not cast.actor("bob").file.exists()


# --- 57: quotes -----------------------------------------------------------------------------------


def test_case_57_other_quotes_against_another_value_are_a_conflict(cast: Cast) -> None:
    quotes = FIRST_FILE.replace(b'"a b#c"', b"'a b#c'")
    value = FIRST_FILE.replace(b'"a b#c"', b'"new"')
    for actor in apart(cast, quotes, value):
        assert read(actor).conflicts == ("TOKEN",)
        with pytest.raises(ConflictedName):
            actor.pull()


@pytest.mark.slow
def test_case_57_equal_values_in_other_quotes_are_a_conflict_too(cast: Cast) -> None:
    """Literals are compared, and not what a loader makes of them: that depends on the dialect."""
    single, double = (FIRST_FILE + b"Q=" + quoted + b"\n" for quoted in (b"'x'", b'"x"'))
    for actor in apart(cast, single, double):
        assert read(actor).conflicts == ("Q",)
