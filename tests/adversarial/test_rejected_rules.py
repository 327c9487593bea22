"""Rule sets that were tried and failed, each with the history that sinks it.

Docs: docs/protocol.md, "C.7 Rule sets that were tried and failed". The real rules pass
the same histories.
"""

from __future__ import annotations

from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.records import DeviceRevoke, Revoke, Role
from tests.support.ledger_builder import (
    Actor,
    Book,
    a_device,
    alice,
    bob,
    charlie,
    dave,
    eve,
    second_device,
)
from tests.support.ledger_naive import ROOT, Ids, Naive

ADMIN = Role.ADMIN


class RemovalsAlwaysVoid(Naive):
    """Concurrency with a removal is enough, whoever removes; a circle removes everybody in it."""

    def strong(self, k: RecordId, c: RecordId) -> bool:
        return True

    def effective(self, s: Ids, dead: set[RecordId]) -> list[RecordId]:
        return [r for r in s if self.is_kill(r)]


class LeavingAlwaysVoids(Naive):
    """A user's own removal reaches back like a senior's."""

    def strong(self, k: RecordId, c: RecordId) -> bool:
        pub = self.pub(k)
        own = isinstance(pub, Revoke) and self.facts[k].user == self.facts[c].user
        return own or super().strong(k, c)


class LinksByTheirOwnRank(Naive):
    """A link of the chain is measured by its author's rank at that time."""

    def find_via(self, k: RecordId, c: RecordId) -> set[bytes]:
        links = self.facts[c].chain
        hit = (x for x in links if self.conc(k, x) and self.hits(k, x) and self.strong(k, x))
        return {self.facts[x].user for x in hit}


class LinksByTheLastRank(Naive):
    """A link by the record's own user is measured by the record's rank, whatever it was then."""

    def find_via(self, k: RecordId, c: RecordId) -> set[bytes]:
        found = set()
        for x in self.facts[c].chain:
            if self.conc(k, x) and self.hits(k, x):
                kill, link, record = self.facts[k], self.facts[x], self.facts[c]
                own = link.user == record.user != ROOT
                reaches = kill.rank < record.rank if own and kill.user != ROOT else self.strong(k, x)
                if reaches:
                    found.add(link.user)
        return found


def members(book: Book, rules: type[Naive]) -> set[bytes]:
    return set(rules(book.ledger.records()).everything().roles)


def users(*actors: Actor) -> set[bytes]:
    return {one.user for one in actors}


def test_removals_that_always_void_let_the_fired_empty_the_team() -> None:
    start = Book()
    start.grant(alice, eve, ADMIN)
    early = start.copy()
    for friend in (bob, charlie, dave):
        start.grant(alice, friend)
    start.revoke(alice, eve)
    early.revoke(eve, alice)
    start.hear(early)
    assert members(start, Naive) == users(alice, bob, charlie, dave)
    assert members(start, RemovalsAlwaysVoid) == set()


def test_leaving_that_always_voids_undoes_ones_own_promotions() -> None:
    start = Book()
    start.grant(alice, eve, ADMIN)
    early = start.copy()
    start.grant(eve, bob, ADMIN)
    start.revoke(bob, eve)
    early.revoke(eve, eve)
    start.hear(early)
    assert members(start, Naive) == users(alice, bob)
    assert members(start, LeavingAlwaysVoids) == users(alice)


def early_device() -> Book:
    """A junior admin's weak removal, concurrent with a device of Bob's that he added as a developer."""
    start = Book()
    start.grant(alice, bob)
    early = start.copy()
    phone = second_device(bob, "phone")
    start.write(bob, a_device(phone))
    start.role(alice, bob, ADMIN)
    start.grant(phone, dave)
    start.release(dave)
    for _ in range(3):
        early.release(bob)
    early.grant(alice, charlie, ADMIN)
    early.revoke(charlie, bob)
    start.hear(early)
    return start


def test_links_by_their_own_rank_undo_senior_acts() -> None:
    book = early_device()
    assert dave.user in members(book, Naive)
    assert dave.user not in members(book, LinksByTheirOwnRank)


def test_links_by_their_own_rank_undo_senior_releases() -> None:
    """What Bob pushes as an admin stands, also from the phone that he added as a developer."""
    book = early_device()
    phone = second_device(bob, "phone")
    (granted,) = (one for one in book.ledger.records() if one.introduces == dave.user)
    push = book.release(phone, at=[granted])
    assert book.counts(push)
    rejected = LinksByTheirOwnRank(book.ledger.records()).everything()
    assert push.id not in rejected.ok


def test_links_by_the_last_rank_forget_whom_one_brought_in() -> None:
    """Dave stays a member, but nothing he ever does counts."""
    book = early_device()
    push = next(one for one in book.ledger.records() if one.header.author == dave.dpk)
    rejected = LinksByTheLastRank(book.ledger.records()).everything()
    assert dave.user in rejected.roles
    assert push.id not in rejected.ok
    assert book.counts(push)


def test_links_by_the_last_rank_void_a_record_in_its_authors_own_eyes() -> None:
    """The phone is an active device whose every record is void when it is written."""
    start = Book()
    start.grant(alice, bob)
    pad, phone = second_device(bob, "pad"), second_device(bob, "phone")
    start.write(bob, a_device(pad))
    there = start.copy()
    start.write(bob, a_device(phone))
    there.write(pad, DeviceRevoke((bob.dpk,), ()))
    start.hear(there)
    push = start.release(phone)
    rejected = LinksByTheLastRank(start.ledger.records()).everything()
    assert rejected.devices[phone.dpk] == (bob.user, True)
    assert push.id not in rejected.ok
    assert start.counts(push)
