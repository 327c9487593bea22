"""A ledger that begins with what was kept of it decides as the one that it was kept of."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.domain.ids import TEAM_SCOPE, RecordId
from envlsp.domain.ledger.admission import Accepted
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import Role
from envlsp.errors import NotFound
from envlsp.wire.prefix import decode_prefix, encode_prefix
from tests.support.ledger_builder import Believe, Book, alice, bob, charlie
from tests.support.ledger_fuzz import Chaos


def resumed(ledger: Ledger) -> Ledger:
    """The same ledger as another process begins with it."""
    prefix = decode_prefix(encode_prefix(ledger.prefix()))
    assert prefix is not None
    ids = list(prefix.all_ids())
    auth = [ledger.get(ids[index]) for index in prefix.auth_indices()]
    other = Ledger(ledger.team, Believe(), prefix)
    other.resume(prefix, [record for record in auth if record])
    return other


def assert_same(one: Ledger, other: Ledger) -> None:
    assert one.state == other.state
    assert one.heads() == other.heads()
    assert len(one) == len(other)
    assert one.author_vector() == other.author_vector()
    assert one.alarms() == other.alarms()
    assert one.removals() == other.removals()
    for author in one.author_vector():
        assert one.parents_for(author) == other.parents_for(author)
        assert one.next_seq(author) == other.next_seq(author)
        assert one.by_author(author) == other.by_author(author)
    assert one.records() == other.records()
    for record in one.records():
        assert one.voided_by(record.id) == other.voided_by(record.id)
        for older in one.records():
            assert one.is_ancestor(older.id, record.id) == other.is_ancestor(older.id, record.id)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(5, 60))
def test_a_random_history_goes_on_as_it_would_have(seed: int, size: int) -> None:
    chaos = Chaos(Random(seed)).grow(size)
    whole, kept = chaos.book.ledger, resumed(chaos.book.ledger)
    assert_same(whole, kept)
    known = {record.id for record in whole.records()}
    chaos.grow(20)
    for record in whole.records():
        if record.id not in known:
            assert kept.admit(record) == Accepted(new=True)
    assert_same(whole, kept)
    assert_same(whole, resumed(kept))


def test_a_quiet_history_goes_on_without_a_look_at_most_of_it() -> None:
    book = Book()
    book.grant(alice, bob, Role.ADMIN)
    book.grant(alice, charlie)
    for number in range(30):
        book.release((alice, bob, charlie)[number % 3])
    kept = resumed(book.ledger)
    record = book.release(bob)
    assert kept.admit(record) == Accepted(new=True)
    assert kept.state == book.state
    assert kept.is_effective(record.id)
    assert sum(node is not None for node in kept._dag._made) < 10
    removal = book.revoke(alice, charlie)
    assert kept.admit(removal) == Accepted(new=True)
    assert_same(book.ledger, kept)


def test_ids_that_are_not_there_are_not_found() -> None:
    kept = resumed(Book().ledger)
    nowhere = RecordId(b"n" * 32)
    assert nowhere not in kept
    assert kept.get(nowhere) is None
    with pytest.raises(NotFound):
        kept.is_effective(nowhere)


def test_an_id_is_found_where_it_stands_and_nowhere_between() -> None:
    book = Book()
    for _ in range(50):
        book.release(alice)
    prefix = book.ledger.prefix()
    ids = prefix.all_ids()
    assert [prefix.find(one) for one in ids] == list(range(51))
    assert prefix.find(prefix.ids[7:39]) is None
    assert prefix.find(ids[3][:31]) is None
    assert prefix.all_ids(48) == ids[48:]
    kept = resumed(book.ledger)
    assert all(kept.get(one) is not None for one in ids)  # more often than one by one


def test_bytes_that_are_no_prefix() -> None:
    book = Book()
    book.grant(alice, bob)
    book.release(bob, scope=TEAM_SCOPE)
    whole = encode_prefix(book.ledger.prefix())
    assert decode_prefix(whole) is not None
    assert decode_prefix(b"") is None
    assert decode_prefix(whole[:-1]) is None
    prefix = book.ledger.prefix()
    for odd in (
        replace(prefix, ids=prefix.ids[:-1]),
        replace(prefix, parents=prefix.parents[:-1]),
        replace(prefix, numbers=prefix.numbers[:-1]),
        replace(prefix, settled=(replace(prefix.settled[0], index=99),)),
    ):
        assert decode_prefix(encode_prefix(odd)) is None
