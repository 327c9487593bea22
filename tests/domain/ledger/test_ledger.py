"""The ledger as its users see it."""

from __future__ import annotations

import pytest

from envlsp.domain.ids import RecordId, TeamId
from envlsp.domain.ledger.history import why
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import Role
from envlsp.domain.ledger.state import AlarmKind
from envlsp.errors import NotFound, RecordRefused
from tests.support.ledger_builder import (
    Believe,
    Book,
    a_revoke,
    actor,
    alice,
    an_invite,
    bob,
    charlie,
    dave,
    genesis,
)


def crowd(count: int) -> tuple[Book, list[RecordId]]:
    """A book with many heads: releases by as many developers who do not know of each other."""
    book = Book()
    people = [actor(f"member {n}") for n in range(count)]
    for one in people:
        book.grant(alice, one)
    top = book.ledger.records()[-1]
    return book, [book.release(one, at=[top]).id for one in people]


def test_an_empty_ledger_has_no_state() -> None:
    ledger = Ledger(TeamId(genesis().id), Believe())
    assert len(ledger) == 0
    assert ledger.heads() == ()
    with pytest.raises(NotFound):
        _ = ledger.state


def test_lookups() -> None:
    book = Book()
    one, two = book.grant(alice, bob), book.release(bob)
    ledger = book.ledger
    assert len(ledger) == 3
    assert one.id in ledger
    assert ledger.get(two.id) == two
    assert ledger.get(RecordId(b"none")) is None
    assert ledger.records() == [book.genesis, one, two]
    assert ledger.auth_records() == [book.genesis, one]
    assert ledger.heads() == (two.id,)
    assert ledger.is_ancestor(one.id, two.id)
    assert not ledger.is_ancestor(two.id, one.id)
    assert not ledger.is_ancestor(two.id, two.id)
    assert ledger.author_vector() == {alice.dpk: (2, one.id), bob.dpk: (1, two.id)}
    assert ledger.by_author(alice.dpk, after_seq=1) == [one]
    assert ledger.next_seq(charlie.dpk) == 1
    assert ledger.height_for([two.id]) == 4


def test_strange_ids_are_not_found() -> None:
    book, nowhere = Book(), RecordId(b"none")
    with pytest.raises(NotFound):
        book.ledger.is_ancestor(nowhere, book.genesis.id)
    with pytest.raises(NotFound):
        book.ledger.is_effective(nowhere)
    with pytest.raises(NotFound):
        book.ledger.height_for([nowhere])


def test_up_to_32_heads_are_all_parents() -> None:
    book, heads = crowd(32)
    assert book.ledger.parents_for(alice.dpk) == tuple(sorted(heads))


def test_of_more_heads_the_own_last_record_and_the_greatest() -> None:
    book, heads = crowd(40)
    first = min(heads)
    author = next(one for one in book.ledger.records() if one.id == first).header.author
    parents = book.ledger.parents_for(author)
    assert len(parents) == 32
    assert parents == tuple(sorted([first, *sorted(heads)[-31:]]))
    record = book.release(next(a for a in map(actor, names()) if a.dpk == author))
    assert record.header.parents == parents
    rest = book.ledger.parents_for(author)
    assert set(rest) == (set(heads) - set(parents)) | {record.id}
    assert book.ledger.next_seq(author) == 3


def names() -> list[str]:
    return [f"member {n}" for n in range(40)]


def test_contesting_starts_from_before_the_removal() -> None:
    book = Book()
    book.grant(alice, bob, Role.ADMIN)
    book.grant(alice, charlie, Role.ADMIN)
    before = book.ledger.heads()
    kill = book.revoke(bob, alice)
    book.release(charlie)
    parents = book.ledger.parents_without(alice.dpk, kill.id)
    assert parents == before
    at = [record for record in book.ledger.records() if record.id in parents]
    book.write(alice, a_revoke(bob), at=at)
    assert book.has(alice, charlie)
    assert not book.has(bob)


def test_restore_takes_any_order_and_tries_no_rule() -> None:
    book, _ = crowd(3)
    book.revoke(alice, actor("member 1"))
    again = Ledger(book.team, Believe(answer=False))
    again.restore(reversed(book.ledger.records()))
    again.restore(book.ledger.records())
    assert again.state == book.state
    assert again.heads() == book.ledger.heads()
    assert [again.is_effective(one.id) for one in again.records()] == [
        book.ledger.is_effective(one.id) for one in again.records()
    ]


def test_restore_notices_a_hole() -> None:
    book, _ = crowd(2)
    with pytest.raises(RecordRefused):
        Ledger(book.team, Believe()).restore(book.ledger.records()[2:])
    with pytest.raises(RecordRefused):
        Ledger(book.team, Believe()).restore([book.genesis, *book.ledger.records()[3:]])


def test_flood_of_concurrent_auth_records() -> None:
    book = Book()
    book.grant(alice, bob, Role.ADMIN)
    top = book.ledger.records()[-1]
    for n in range(65):
        book.write(bob, an_invite(f"link {n}"), at=[top])
    kinds = [alarm.kind for alarm in book.ledger.alarms()]
    assert kinds.count(AlarmKind.FLOOD) == 1
    assert kinds.count(AlarmKind.FORK) == 1


def test_why() -> None:
    start = Book()
    granted = start.grant(alice, bob, Role.ADMIN)
    start.grant(alice, dave)
    scope = start.create_scope(alice, {dave: Role.VIEWER})
    line = start.ledger.records()[-1]
    there = start.copy()
    kill = start.revoke(alice, bob)
    lowered = there.role(bob, dave, Role.VIEWER)
    start.hear(there)
    out = why(start.ledger, bob.user)
    assert (out.role, out.about, out.removed_by) == (None, (granted.id, kill.id), (kill.id,))
    stays = why(start.ledger, dave.user)
    assert stays.role == Role.DEVELOPER
    assert stays.void == {lowered.id: (kill.id,)}
    assert stays.scopes == {scope: (line.id,)}
    assert why(start.ledger, charlie.user).about == ()
