"""After a flood: honest records leave a removed device's void ones behind, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from envlsp.domain.ids import TEAM_SCOPE, RecordId
from envlsp.domain.ledger.records import CheckedRecord, Invite, Release, Rotate
from tests.support.ledger_builder import Book, alice, bob, checked, eve, fake_hash

FLOOD = 90


def flooded(pub: object, *, at: Sequence[CheckedRecord] | None = None, count: int = FLOOD) -> Book:
    """A team of three in which Eve has written many records after the same parents."""
    book = Book()
    book.grant(alice, bob)
    book.grant(alice, eve)
    flood(book, pub, count, at)
    return book


def flood(book: Book, pub: object, count: int = FLOOD, at: Sequence[CheckedRecord] | None = None) -> None:
    first = book.build(eve, pub, at=at)  # type: ignore[arg-type]
    for number in range(count):
        book.ledger.admit(checked(replace(first.header, body_hash=fake_hash(number)), first.body_size))


def heads_by(book: Book, author: bytes) -> set[RecordId]:
    records = [book.ledger.get(head) for head in book.ledger.heads()]
    return {record.id for record in records if record and record.header.author == author}


def test_what_a_removed_device_left_is_no_parent() -> None:
    book = flooded(Release(TEAM_SCOPE))
    assert len(book.ledger.parents_for(alice.dpk)) == 32
    book.revoke(alice, eve)
    last = book.release(alice)
    parents = book.ledger.parents_for(bob.dpk)
    assert last.id in parents
    assert not heads_by(book, eve.dpk) & set(parents)
    assert len(book.ledger.heads()) > 50


def test_the_flood_stays_behind_record_after_record() -> None:
    book = flooded(Release(TEAM_SCOPE))
    book.revoke(alice, eve)
    left = heads_by(book, eve.dpk)
    for author in (alice, bob, alice, bob):
        record = book.release(author)
        assert book.ledger.is_effective(record.id)
        assert not left & set(record.header.parents)
    assert heads_by(book, eve.dpk) == left


def test_what_counts_and_lies_below_a_void_head_is_followed_itself() -> None:
    book = Book()
    book.grant(alice, bob)
    book.grant(alice, eve)
    before = [book.ledger.get(head) for head in book.ledger.heads()]
    honest = book.release(bob)
    flood(book, Release(TEAM_SCOPE), at=[honest])
    removal = book.revoke(alice, eve, at=[record for record in before if record])
    assert honest.id not in book.ledger.heads()
    assert book.ledger.parents_for(alice.dpk) == tuple(sorted((honest.id, removal.id)))
    assert book.ledger.parents_for(bob.dpk) == tuple(sorted((honest.id, removal.id)))


def test_void_records_with_keys_are_followed_as_far_as_there_is_room() -> None:
    book = Book()
    book.grant(alice, bob)
    book.grant(alice, eve)
    flood(book, Rotate((book.epoch(),)))
    book.revoke(alice, eve)
    parents = book.ledger.parents_for(bob.dpk)
    assert len(parents) == 32
    assert len(heads_by(book, eve.dpk) & set(parents)) >= 30


def test_a_flood_that_comes_after_the_removal_is_judged_as_well() -> None:
    book = Book()
    book.grant(alice, bob)
    grant = book.grant(alice, eve)
    book.revoke(alice, eve)
    book.ledger.parents_for(alice.dpk)
    flood(book, Release(TEAM_SCOPE), at=[grant])
    assert not heads_by(book, eve.dpk) & set(book.ledger.parents_for(alice.dpk))
    book.release(bob)
    flood(book, Invite(eve.dpk, 1, 1), 3, at=[grant])  # type: ignore[arg-type]
    assert not heads_by(book, eve.dpk) & set(book.ledger.parents_for(alice.dpk))


def test_as_long_as_nobody_is_removed_all_heads_are_taken_in_turn() -> None:
    book = flooded(Release(TEAM_SCOPE), count=40)
    first = book.release(alice)
    assert len(first.header.parents) == 32
    second = book.release(alice)
    assert first.id in second.header.parents
    assert len(book.ledger.heads()) == 1
