"""Attacks on who is in a scope: backdating out of it, keys across it, guests, used-up links.

Cases 46 to 53 and 55 of docs/protocol.md, "I. Adversarial tests". In the scope `prod`,
which covers shop/api/prod, Charlie is admin, Dave and Eve are developers; Alice and Bob
are admins of the team, and Eve is a guest in it.
"""

from __future__ import annotations

import pytest

from envlsp.crypto import envelope, signing
from envlsp.domain.ids import TEAM_SCOPE, RecordId
from envlsp.domain.ledger.policy import scope_of
from envlsp.domain.ledger.records import (
    EnvNote,
    InviteCancel,
    Keys,
    Link,
    Release,
    Role,
    Rotate,
    ScopeSet,
    SetRole,
)
from envlsp.domain.ledger.state import AlarmKind
from envlsp.errors import CannotOpen
from envlsp.service.access import rotation
from envlsp.service.history import Releases
from envlsp.service.people import People
from envlsp.wire.records import decode_record_untrusted
from tests.support.ledger_builder import (
    a_device,
    a_grant,
    a_revoke,
    a_seal,
    an_admit,
    an_epoch,
    line_up,
)
from tests.support.wire_book import (
    TRIPLE,
    Book,
    actor,
    alice,
    an_invite,
    bob,
    charlie,
    dave,
    eve,
    keys_of,
    merged,
    refused,
    root,
    says,
    second_device,
)

ADMIN, DEVELOPER, VIEWER, NONE = Role.ADMIN, Role.DEVELOPER, Role.VIEWER, Role.NONE


class Prod(Book):
    """Five people and a scope; what a partition hears is a plain `Book`."""

    def __init__(self) -> None:
        super().__init__()
        self.grant(alice, bob, ADMIN)
        self.grant(alice, charlie, DEVELOPER)
        self.grant(alice, dave, DEVELOPER)
        self.grant(alice, eve, NONE)
        self.prod = signing.scope_id(self.team, alice.dpk, self.ledger.next_seq(alice.dpk))
        inside = (charlie, dave, eve)
        epoch = an_epoch(self.prod, 1, {one.dpk for one in (alice, bob, root, *inside)})
        lines = line_up({charlie: ADMIN, dave: DEVELOPER, eve: DEVELOPER})
        self.write(alice, ScopeSet(self.prod, lines, (epoch,)), body=True)


@pytest.fixture
def book() -> Prod:
    return Prod()


# --- 46 to 48: in and out of a scope --------------------------------------------------------------


def test_case_46_scope_removed_member_backdates(book: Prod) -> None:
    fork = book.copy()
    kill = book.scope_set(charlie, book.prod, {dave: NONE})
    late = fork.release(dave, book.prod)
    rotated = fork.write(dave, Rotate((fork.epoch(book.prod),)))
    in_team = fork.release(dave)
    after = merged(book, fork)
    assert after.ledger.voided_by(late.id) == (kill.id,)
    assert not after.counts(rotated)
    assert after.counts(in_team)
    assert refused(after.offer(dave, Release(book.prod))) == "role-too-low"


def test_case_46_what_he_backdates_changes_no_value(book: Prod) -> None:
    book.release(alice, book.prod, content=says({"TOKEN": "good"}))
    fork = book.copy()
    epochs = (book.epoch(book.prod, without=[dave]),)
    book.scope_set(charlie, book.prod, {dave: NONE}, epochs)
    fork.push(dave, {"TOKEN": "evil"}, scope=book.prod)
    fork.push(eve, {"TOKEN": "good", "MORE": "from eve"}, scope=book.prod)
    after = merged(book, fork)
    assert after.view() == {"TOKEN": "good", "MORE": "from eve"}


def test_case_47_add_and_add(book: Prod) -> None:
    fork = book.copy()
    one, two = actor("one"), actor("two")
    for friend in (one, two):
        book.grant(alice, friend)
    fork.hear(book)
    book.scope_set(charlie, book.prod, {one: DEVELOPER})
    fork.scope_set(alice, book.prod, {two: VIEWER})
    roles = merged(book, fork).state.scopes[book.prod].roles
    assert (roles[one.user], roles[two.user]) == (DEVELOPER, VIEWER)


def test_case_47_add_and_remove(book: Prod) -> None:
    fork = book.copy()
    book.scope_set(charlie, book.prod, {dave: NONE})
    fork.scope_set(alice, book.prod, {dave: ADMIN})
    after = merged(book, fork)
    assert dave.user not in after.state.scopes[book.prod].roles


def test_case_48_removal_and_rotation(book: Prod) -> None:
    fork = book.copy()
    epochs = (book.epoch(book.prod, without=[dave]),)
    safe = book.scope_set(charlie, book.prod, {dave: NONE}, epochs).epoch_ids[0]
    seen = fork.rotate(eve, book.prod)
    after = merged(book, fork)
    assert after.state.current_epoch(book.prod) == safe
    assert seen in after.state.exposed
    assert after.state.current_epoch(TEAM_SCOPE) is not None
    assert after.ring(dave).key_of(safe) is None
    assert after.ring(dave).key_of(seen) is not None


# --- 49 to 51: across the border ------------------------------------------------------------------


def test_case_49_keys_do_not_cross_scopes(book: Prod) -> None:
    team, prod = book.state.current[TEAM_SCOPE], book.state.current[book.prod]
    across = Rotate((book.epoch(book.prod, links=[team]),))
    assert refused(book.offer(alice, across)) == "bad-link"
    new = book.rotate(charlie, book.prod)
    assert refused(book.offer(alice, Keys((), (Link(team, new, b"box"),)))) == "bad-link"
    outsider = actor("outsider")
    book.grant(alice, outsider)
    assert refused(book.offer(alice, Keys((a_seal(prod, outsider),), ()))) == "ghost-recipient"
    ghost = Rotate((book.epoch(book.prod, plus=[outsider]),))
    assert refused(book.offer(charlie, ghost)) == "ghost-recipient"
    assert refused(book.offer(outsider, Keys((a_seal(prod, dave),), ()))) == "bad-seal"


def test_case_49_a_new_device_is_no_way_in(book: Prod) -> None:
    """Eve is a guest: her own second device gets the scope's key from her, and no other."""
    phone = second_device(eve, "phone")
    team = a_device(phone, (a_seal(book.state.current[TEAM_SCOPE], phone),))
    assert refused(book.offer(eve, team)) == "bad-seal"
    book.write(eve, a_device(phone, (a_seal(book.state.current[book.prod], phone),)))
    ring = book.ring(phone)
    assert ring.key_of(book.state.current[book.prod]) is not None
    assert ring.key_of(book.state.current[TEAM_SCOPE]) is None


def test_case_50_a_scope_admin_is_nobody_elsewhere(book: Prod) -> None:
    other = book.create_scope(alice, {dave: DEVELOPER})
    assert refused(book.offer(charlie, a_grant(actor("friend")))) == "role-too-low"
    assert refused(book.offer(charlie, ScopeSet(other, line_up({eve: VIEWER}), ()))) == "role-too-low"
    assert refused(book.offer(charlie, Release(other))) == "role-too-low"
    assert refused(book.offer(charlie, Rotate((an_epoch(other, 1, {root.dpk}),)))) == "role-too-low"
    assert refused(book.offer(charlie, SetRole(dave.user, VIEWER, ()))) == "role-too-low"
    book.scope_set(charlie, book.prod, {dave: VIEWER, eve: NONE})


def test_case_50_a_scope_admin_makes_no_other_and_no_scope(book: Prod) -> None:
    assert refused(book.offer(charlie, ScopeSet(book.prod, line_up({dave: ADMIN}), ()))) == "role-too-low"
    assert refused(book.offer(charlie, a_revoke(eve))) == "role-too-low"
    mine = signing.scope_id(book.team, charlie.dpk, book.ledger.next_seq(charlie.dpk))
    assert refused(book.offer(charlie, ScopeSet(mine, (), ()))) == "role-too-low"
    theirs = signing.scope_id(book.team, alice.dpk, 99)
    assert refused(book.offer(alice, ScopeSet(theirs, line_up({dave: VIEWER}), ()))) == "unknown-scope"


def test_case_51_a_release_belongs_to_the_scope_it_names(book: Prod) -> None:
    """The same names pushed in the team are another record of the team, for the reader to shadow."""
    record = book.release(dave, TEAM_SCOPE, body=True)
    assert record.header.epoch == book.state.current[TEAM_SCOPE]
    prod = book.state.current[book.prod]
    assert refused(book.offer(dave, Release(TEAM_SCOPE), body=True, epoch=prod)) == "body-epoch"
    assert refused(book.offer(dave, Release(book.prod), body=True, epoch=record.header.epoch)) == "body-epoch"


def test_case_51_the_same_names_in_the_team_are_shadowed(book: Prod) -> None:
    """Whoever is not let into prod pushes its names in the team: nobody's `run` reads that."""
    outsider = actor("outsider")
    book.grant(alice, outsider)
    book.release(dave, book.prod, content=says({"TOKEN": "of prod"}))
    decoy = book.release(outsider, content=says({"TOKEN": "decoy"}))
    for reader in (alice, charlie, dave, eve):
        assert book.view(reader) == {"TOKEN": "of prod"}
    replica = book.seen_by(dave)
    releases = Releases(replica, People(replica))
    assert decoy.id not in releases.of(TRIPLE).history.nodes
    assert [set(other.opened) for other in releases.shadowed(TRIPLE)] == [{decoy.id}]


# --- 52 and 53: guests, and admins that were ------------------------------------------------------


def test_case_52_a_guest_in_its_scope(book: Prod) -> None:
    book.release(eve, book.prod, body=True)
    book.write(eve, EnvNote(book.prod), body=True)
    book.rotate(eve, book.prod)
    assert refused(book.offer(eve, Release(TEAM_SCOPE))) == "role-too-low"
    assert refused(book.offer(eve, Rotate((book.epoch(TEAM_SCOPE),)))) == "role-too-low"


def test_case_52_a_guest_opens_no_body_of_the_team(book: Prod) -> None:
    book.release(alice, TEAM_SCOPE, content=says({"TEAM_TOKEN": "t"}))
    book.write(bob, Rotate((book.epoch(TEAM_SCOPE, links=[book.state.current[TEAM_SCOPE]]),)), body=True)
    book.write(alice, a_grant(actor("newcomer")), body=True)
    book.push(eve, {"TOKEN": "by a guest"}, scope=book.prod)
    guest = book.seen_by(eve)
    bodies = [record for record in guest.ledger.records() if record.body_size]
    open_to_her = {scope_of(record) for record in bodies if guest.can_open(record)}
    assert {scope_of(record) for record in bodies} == {TEAM_SCOPE, book.prod}
    assert open_to_her == {book.prod}
    keys = guest.ring.all_keys()
    assert all(book.state.epochs[identity].scope == book.prod for identity in keys)
    for record in bodies:
        if scope_of(record) == TEAM_SCOPE:
            place = envelope.place_of(record.header)
            raw = envelope_body(book, record.id)
            for key in keys.values():
                with pytest.raises(CannotOpen):
                    envelope.open_plain(raw, key, place)
    assert book.view(charlie) == {"TOKEN": "by a guest"}


def envelope_body(book: Book, identity: RecordId) -> bytes:
    return decode_record_untrusted(book.safe.raws[identity]).body


def test_case_53_demoted_team_admin_exposes_every_scope(book: Prod) -> None:
    assert book.state.current_epoch(book.prod) is not None
    epochs = (book.epoch(TEAM_SCOPE), book.epoch(book.prod, without=[bob]))
    record = book.write(alice, SetRole(bob.user, DEVELOPER, epochs))
    assert book.state.current[book.prod] == record.epoch_ids[1]
    assert len([one for one in book.state.exposed if book.state.epochs[one].scope == book.prod]) == 1
    assert not book.state.access(bob.dpk, book.prod)
    assert book.ring(bob).key_of(record.epoch_ids[1]) is None


def test_case_53_what_he_did_in_a_scope_meanwhile_is_void(book: Prod) -> None:
    """He did it as an admin of the team; what a developer may do in the team stands."""
    fork = book.copy()
    book.role(alice, bob, DEVELOPER)
    push = fork.release(bob, book.prod)
    line = fork.scope_set(bob, book.prod, {dave: ADMIN})
    team = fork.release(bob)
    after = merged(book, fork)
    assert not after.counts(push)
    assert not after.counts(line)
    assert after.counts(team)


def test_case_53_without_epochs_nobody_writes(book: Prod) -> None:
    book.role(alice, bob, DEVELOPER)
    assert book.state.current_epoch(book.prod) is None
    assert book.state.current_epoch(TEAM_SCOPE) is not None


def test_case_53_every_scope_he_read_as_an_admin_rotates(book: Prod) -> None:
    """Whoever may write there opens the next epoch when they come by, and Bob holds none of them."""
    other = book.create_scope(alice, {dave: DEVELOPER})
    book.rotate(alice, other)
    book.role(alice, bob, VIEWER)
    assert [book.state.current_epoch(scope) for scope in (book.prod, other)] == [None, None]
    developer = book.seen_by(dave)
    assert rotation.mend(developer, Releases(developer, People(developer)))
    book.take_from(developer)
    for scope in (book.prod, other):
        epoch = book.state.current_epoch(scope)
        assert epoch is not None
        assert book.ring(bob).key_of(epoch) is None
        assert book.ring(dave).key_of(epoch) is not None


# --- 55: used links -------------------------------------------------------------------------------


def test_case_55_late_admit_on_a_used_link() -> None:
    start = Book()
    start.grant(alice, bob, ADMIN)
    start.grant(alice, charlie, ADMIN)
    invite = start.write(alice, an_invite("link"))
    fork = start.copy()
    start.write(bob, an_admit(invite, dave))
    start.write(alice, InviteCancel(invite.id))
    late = fork.write(charlie, an_admit(invite, eve))
    after = merged(start, fork)
    assert after.has(dave)
    assert not after.has(eve)
    assert not after.counts(late)
    assert AlarmKind.INVITE_OVERUSED not in [alarm.kind for alarm in after.ledger.alarms()]


def test_case_55_a_junior_cannot_cancel_whom_a_seniors_link_brought_in() -> None:
    start = Book()
    start.grant(alice, bob, ADMIN)
    start.grant(alice, charlie, ADMIN)
    invite = start.write(alice, an_invite("link"))
    here, there = start, start.copy()
    here.write(bob, InviteCancel(invite.id))
    there.write(charlie, an_admit(invite, dave))
    assert merged(here, there).has(dave)


def test_case_55_the_late_one_reads_nothing_and_writes_nothing_that_counts() -> None:
    """The courier gave the latecomer a key; so that key is left, and the next one is not hers."""
    start = Book()
    start.grant(alice, bob, ADMIN)
    start.grant(alice, charlie, ADMIN)
    invite = start.write(alice, an_invite("link"))
    fork = start.copy()
    first = start.state.current[TEAM_SCOPE]
    start.write(bob, an_admit(invite, dave, (a_seal(first, dave),)))
    start.write(alice, InviteCancel(invite.id))
    fork.write(charlie, an_admit(invite, eve, (a_seal(first, eve),)))
    fork.push(eve, {"TOKEN": "evil"})
    after = merged(start, fork)
    assert after.view() == {}
    assert first in after.state.exposed
    fresh = after.rotate(alice)
    assert after.ring(eve).key_of(fresh) is None
    assert after.ring(dave).key_of(fresh) is not None
    assert keys_of(eve).dpk not in after.state.epochs[fresh].recipients
