"""Why somebody is what he is, told record by record."""

from __future__ import annotations

from envlsp.domain.ids import UserId
from envlsp.domain.ledger.exposure import readable_epochs
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.history import devices_of, why
from envlsp.domain.ledger.records import DeviceRevoke, InviteCancel, Role, Rotate
from envlsp.domain.ledger.rulings import Ground
from tests.support.ledger_builder import (
    Actor,
    Book,
    a_device,
    a_grant,
    a_revoke,
    a_seal,
    actor,
    alice,
    an_admit,
    an_invite,
    bob,
    charlie,
    dave,
    eve,
    root,
    second_device,
)

ADMIN, DEVELOPER, VIEWER = Role.ADMIN, Role.DEVELOPER, Role.VIEWER
NAMES = {one.user: one.name for one in (alice, bob, charlie, dave, eve)} | {ROOT: "root"}


def name(user: UserId) -> str:
    return NAMES[user]


def told(book: Book, who: Actor) -> list[str]:
    """Return the steps as lines: `alice granted DEVELOPER: decides`."""
    lines = []
    for step in why(book.ledger, who.user).steps:
        role = f" {step.role.name}" if step.role is not None else ""
        lines.append(f"{name(step.author)} {step.act}{role}: {step.outcome}")
        lines += [f"  {name(book.ledger.author_of(r.by))} {r.ground} {name(r.over)}" for r in step.rulings]
    return lines


def admins() -> Book:
    """Alice, then Bob, then Charlie: in order of seniority."""
    book = Book()
    book.grant(alice, bob, ADMIN)
    book.grant(alice, charlie, ADMIN)
    return book


def apart(book: Book) -> tuple[Book, Book]:
    return book, book.copy()


def test_a_founder_and_whoever_they_let_in() -> None:
    book = admins()
    assert told(book, alice) == ["alice founded ADMIN: decides"]
    assert told(book, bob) == ["alice granted ADMIN: decides"]
    assert told(book, dave) == []


def test_a_later_role_replaces_an_earlier_one() -> None:
    book = admins()
    book.role(alice, charlie, DEVELOPER)
    book.role(bob, charlie, VIEWER)
    assert told(book, charlie) == [
        "alice granted ADMIN: replaced",
        "alice role DEVELOPER: replaced",
        "bob role VIEWER: decides",
    ]


def test_of_two_roles_given_at_once_the_lower_one_counts() -> None:
    start = Book()
    start.grant(alice, bob, ADMIN)
    start.grant(alice, charlie, VIEWER)
    here, there = apart(start)
    here.role(alice, charlie, ADMIN)
    there.role(bob, charlie, DEVELOPER)
    here.hear(there)
    assert told(here, charlie)[0] == "alice granted VIEWER: replaced"
    assert set(told(here, charlie)[1:]) == {"alice role ADMIN: lower", "bob role DEVELOPER: decides"}


def test_of_two_who_remove_each_other_the_senior_stays() -> None:
    here, there = apart(admins())
    stands = here.revoke(alice, bob)
    lost = there.revoke(bob, alice)
    here.hear(there)
    assert told(here, alice) == ["alice founded ADMIN: decides", "bob removed: void", "  alice longer bob"]
    assert told(here, bob) == ["alice granted ADMIN: ended", "alice removed: decides"]
    (ruling,) = here.ledger.rulings(lost.id)
    granted = why(here.ledger, bob.user).about[0]
    assert ruling.by == stands.id
    assert (ruling.hit, ruling.senior_since, ruling.junior_since) == (lost.id, here.genesis.id, granted)
    assert here.ledger.rulings(stands.id) == ()


def test_two_removals_of_one_person_both_stand() -> None:
    here, there = apart(admins())
    here.revoke(alice, charlie)
    there.revoke(bob, charlie)
    here.hear(there)
    assert set(told(here, charlie)[1:]) == {"alice removed: decides", "bob removed: decides"}


def test_the_recovery_words_decide_over_the_founder() -> None:
    here, there = apart(admins())
    here.revoke(root, alice)
    there.revoke(alice, bob)
    there.role(alice, charlie, DEVELOPER)
    here.hear(there)
    assert told(here, alice) == ["alice founded ADMIN: ended", "root removed: decides"]
    assert told(here, bob)[1:] == ["alice removed: void", "  root root alice"]
    assert told(here, charlie)[1:] == ["alice role DEVELOPER: void", "  root root alice"]


def test_whom_a_removed_admin_let_in_at_the_same_time_never_came() -> None:
    here, there = apart(admins())
    here.revoke(alice, bob)
    there.grant(bob, dave, ADMIN)
    there.grant(dave, eve)
    here.hear(there)
    assert told(here, dave) == ["bob granted ADMIN: void", "  alice longer bob"]
    assert told(here, eve) == ["dave granted DEVELOPER: void", "  alice longer bob"]
    assert why(here.ledger, eve.user).role is None


def test_whom_a_senior_let_in_stays_though_a_junior_removed_them() -> None:
    here, there = apart(admins())
    here.revoke(charlie, bob)
    there.grant(bob, dave)
    here.hear(there)
    assert told(here, bob)[-1] == "charlie removed: decides"
    assert told(here, dave) == ["bob granted DEVELOPER: decides"]


def test_leaving_is_told_apart() -> None:
    book = admins()
    book.revoke(bob, bob)
    assert told(book, bob) == ["alice granted ADMIN: ended", "bob left: decides"]


def test_an_older_device_decides_over_a_newer_one() -> None:
    start = admins()
    phone = second_device(bob, "phone")
    start.write(bob, a_device(phone))
    here, there = apart(start)
    here.write(bob, DeviceRevoke((phone.dpk,), ()))
    there.write(phone, a_grant(dave))
    here.hear(there)
    assert told(here, dave) == ["bob granted DEVELOPER: void", "  bob older-device bob"]
    (ruling,) = here.ledger.rulings(why(here.ledger, dave.user).about[0])
    assert ruling.senior_since != ruling.junior_since


def test_links_cancelled_or_used_too_often() -> None:
    start = admins()
    first, second = start.write(alice, an_invite("one")), start.write(alice, an_invite("two"))
    here, there = apart(start)
    here.write(bob, an_admit(first, dave))
    here.write(bob, an_admit(second, eve))
    there.write(alice, InviteCancel(second.id))
    there.write(charlie, an_admit(first, actor("fred")))
    here.hear(there)
    assert told(here, dave) == ["alice admitted DEVELOPER: void", "  alice invite-overused bob"]
    assert told(here, eve) == ["alice admitted DEVELOPER: void", "  alice invite-cancelled bob"]


def test_lines_of_a_scope_are_told_with_it() -> None:
    book = admins()
    book.grant(alice, dave)
    scope = book.create_scope(alice, {dave: VIEWER})
    book.scope_set(alice, scope, {dave: DEVELOPER})
    steps = why(book.ledger, dave.user).steps
    assert [(step.scope == scope, step.outcome) for step in steps] == [
        (False, "decides"),
        (True, "replaced"),
        (True, "decides"),
    ]


def test_every_device_that_somebody_ever_had() -> None:
    book = admins()
    phone = second_device(bob, "phone")
    book.write(bob, a_device(phone))
    book.write(bob, DeviceRevoke((phone.dpk,), ()))
    assert devices_of(book.ledger, bob.user) == {bob.dpk, phone.dpk}
    assert devices_of(book.ledger, alice.user) == {alice.dpk}


def test_what_somebody_can_open_and_could_before_a_removal() -> None:
    book = admins()
    first = book.state.current_epoch(book.epoch().scope)
    assert first is not None
    second = book.write(alice, Rotate((book.epoch(links=[first]),))).epoch_ids[0]
    book.write(alice, a_revoke(bob, epochs=(book.epoch(without=[bob], links=[second]),)))
    third = book.state.current_epoch(book.epoch().scope)
    assert third is not None
    assert readable_epochs(book.state, bob.user, {bob.dpk}) == {first, second}
    assert readable_epochs(book.state, alice.user, {alice.dpk}) == {first, second, third}
    assert readable_epochs(book.state, dave.user, {dave.dpk}) == set()


def test_a_key_sealed_by_a_void_record_was_read_all_the_same() -> None:
    here, there = apart(admins())
    here.revoke(alice, bob)
    first = there.state.current_epoch(there.epoch().scope)
    assert first is not None
    there.write(bob, a_grant(dave, DEVELOPER, (a_seal(first, dave),)))
    here.hear(there)
    devices = devices_of(here.ledger, dave.user)
    assert devices == {dave.dpk}
    assert readable_epochs(here.state, dave.user, devices) == {first}


def test_what_a_developer_did_falls_to_any_admin_who_removed_them() -> None:
    start = admins()
    start.grant(alice, dave)
    phone = second_device(dave, "phone")
    here, there = apart(start)
    here.revoke(charlie, dave)
    device = there.write(dave, a_device(phone))
    here.hear(there)
    (ruling,) = here.ledger.rulings(device.id)
    assert ruling.ground is Ground.ADMIN
