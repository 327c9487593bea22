"""A state that was found from the one before it is the state that is found from nothing."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import Role, Rotate
from envlsp.domain.ledger.resolve import resolve
from tests.support.ledger_builder import Book, actor, alice, an_admit, an_invite, bob, charlie
from tests.support.ledger_fuzz import Chaos


def assert_as_from_nothing(book: Book) -> None:
    dag = book.ledger._dag
    found = resolve(dag, (1 << len(dag.auth)) - 1)
    assert book.ledger.state == found.state
    assert book.ledger._now().resolution.ok == found.ok


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32), st.integers(5, 25))
def test_whatever_comes_next_the_state_is_as_from_nothing(seed: int, size: int) -> None:
    chaos = Chaos(Random(seed))
    for _ in range(size):
        chaos.grow(1)
        assert_as_from_nothing(chaos.book)


def test_a_record_that_is_void_on_arrival_is_void() -> None:
    book = Book()
    book.grant(alice, bob, Role.ADMIN)
    start = book.grant(alice, charlie)
    book.revoke(alice, bob, at=[start])
    late = book.grant(bob, actor("dave"), at=[start])
    assert not book.counts(late)
    assert_as_from_nothing(book)
    book.write(alice, Rotate((book.epoch(TEAM_SCOPE),)))
    assert late.id in book.state.void
    assert_as_from_nothing(book)


def test_an_invite_that_is_used_too_often_takes_its_first_use_along() -> None:
    book = Book()
    book.grant(alice, bob)
    invite = book.write(alice, an_invite("link"))
    first = book.write(bob, an_admit(invite, actor("dave")), at=[invite])
    assert book.counts(first)
    second = book.write(bob, an_admit(invite, actor("frank")), at=[invite])
    assert not book.counts(first)
    assert not book.counts(second)
    assert_as_from_nothing(book)
