"""Random adversarial histories, as in `ledger_fuzz`, in real bytes."""

from __future__ import annotations

from random import Random

from envlsp.crypto import signing
from envlsp.domain.ids import RecordId, ScopeId
from envlsp.domain.ledger.records import Pub, Role
from tests.support import wire_book
from tests.support.ledger_builder import Actor
from tests.support.ledger_fuzz import Chaos


class WireChaos(Chaos):
    """Everybody's keys in one hand; each record is written at the book that is looked at."""

    book: wire_book.Book

    def __init__(self, rnd: Random, book: wire_book.Book) -> None:
        super().__init__(rnd, peers=1, book=book)

    def staff(self) -> None:
        """Begin with whom the book has: its people were let in by name."""
        self.tips: list[set[RecordId]] = [set()]

    def first_people(self) -> tuple[Actor, Actor]:
        return wire_book.alice, wire_book.root

    def actor(self, name: str) -> Actor:
        return wire_book.actor(name)

    def scope_of(self, who: Actor, seq: int) -> ScopeId:
        return signing.scope_id(self.book.team, who.dpk, seq)

    def link(self, name: str, role: Role, max_uses: int) -> Pub:
        return wire_book.an_invite(name, role, max_uses)
