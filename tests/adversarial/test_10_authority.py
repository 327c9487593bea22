"""Attacks on who may do what: removed admins, backdated records, stolen devices, forks.

Cases 10 to 27 of docs/protocol.md, "I. Adversarial tests". Every record is real bytes,
judged by a member and by a replica without keys; both must say the same (`Book`).
Alice founded the team; Bob, then Charlie were made admins, in this order of seniority.
"""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import (
    DeviceRevoke,
    EnvNote,
    InviteCancel,
    Pub,
    Release,
    Revoke,
    Role,
    RootReplace,
    Rotate,
    SetRole,
)
from envlsp.domain.ledger.state import AlarmKind
from tests.support.ledger_builder import Actor, a_device, a_grant, a_revoke, an_admit, an_epoch
from tests.support.wire_book import (
    Book,
    actor,
    alice,
    an_invite,
    bob,
    charlie,
    dave,
    eve,
    merged,
    refused,
    root,
    second_device,
)

ADMIN, DEVELOPER, VIEWER, GUEST = Role.ADMIN, Role.DEVELOPER, Role.VIEWER, Role.NONE
HERE = Release(TEAM_SCOPE)


def team_of_admins() -> Book:
    """Alice, then Bob, then Charlie: in order of seniority."""
    book = Book()
    book.grant(alice, bob, ADMIN)
    book.grant(alice, charlie, ADMIN)
    return book


def team_of_ranks() -> Book:
    """Alice and Bob are admins, Charlie is a developer, Dave a viewer, Eve a guest."""
    book = Book()
    book.grant(alice, bob, ADMIN)
    book.grant(alice, charlie, DEVELOPER)
    book.grant(alice, dave, VIEWER)
    book.grant(alice, eve, GUEST)
    return book


def kinds(book: Book) -> list[AlarmKind]:
    return [alarm.kind for alarm in book.ledger.alarms()]


# --- 10: the role of the author -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "pub"),
    (
        (dave, HERE),
        (eve, HERE),
        (dave, EnvNote(TEAM_SCOPE)),
        (charlie, a_grant(actor("friend"), VIEWER)),
        (charlie, SetRole(dave.user, DEVELOPER, ())),
        (charlie, a_revoke(dave)),
        (charlie, a_revoke(charlie, dave)),
        (charlie, DeviceRevoke((dave.dpk,), ())),
        (charlie, an_invite("link")),
        (charlie, InviteCancel(HERE.scope * 2)),  # type: ignore[arg-type]
        (dave, Rotate((an_epoch(TEAM_SCOPE, 2, {root.dpk}),))),
        (eve, Rotate((an_epoch(TEAM_SCOPE, 2, {root.dpk}),))),
        (dave, Revoke((dave.user,), (an_epoch(TEAM_SCOPE, 2, {root.dpk}),))),
    ),
)
def test_case_10_role_too_low(who: Actor, pub: Pub) -> None:
    book = team_of_ranks()
    before = book.state
    assert refused(book.offer(who, pub)) == "role-too-low"
    assert book.state == before


def test_case_10_a_viewers_push_is_refused_with_the_right_key_and_a_sound_body() -> None:
    """Dave holds the team key, since he must read: the signature is what stops him."""
    book = team_of_ranks()
    first = book.state.current[TEAM_SCOPE]
    assert book.ring(dave).key_of(first) is not None
    assert refused(book.offer(dave, HERE, body=True)) == "role-too-low"
    assert refused(book.offer(charlie, a_grant(actor("friend")), body=True)) == "role-too-low"
    book.push(charlie, {"TOKEN": "from a developer"})
    assert book.view(dave) == {"TOKEN": "from a developer"}


# --- 11 to 16: removals that cross ----------------------------------------------------------------


def test_case_11_revoked_junior_admin_grants_concurrently() -> None:
    here, there = (start := team_of_admins()), start.copy()
    here.revoke(alice, bob)
    grant = there.grant(bob, eve)
    void = there.release(eve)
    after = merged(here, there)
    assert not after.has(bob)
    assert not after.has(eve)
    assert not after.counts(grant)
    assert not after.counts(void)


def test_case_11_what_the_remover_had_seen_stays() -> None:
    book = team_of_admins()
    granted, pushed = book.grant(bob, dave), book.release(bob)
    book.revoke(alice, bob)
    assert book.has(dave)
    assert book.counts(granted)
    assert book.counts(pushed)
    assert not book.has(bob)


def test_case_12_mutual_revoke() -> None:
    here, there = (start := team_of_admins()), start.copy()
    here.revoke(alice, bob)
    lost = there.revoke(bob, alice)
    after = merged(here, there)
    assert after.has(alice)
    assert not after.has(bob)
    assert not after.counts(lost)


def test_case_13_three_admin_cycle() -> None:
    start = team_of_admins()
    one, two, three = start.copy(), start.copy(), start.copy()
    one.revoke(alice, bob)
    two.revoke(bob, charlie)
    three.revoke(charlie, alice)
    after = merged(one, two, three)
    assert not after.has(bob)
    assert not after.has(alice)
    assert after.has(charlie)


def test_case_14_junior_revokes_silent_founder() -> None:
    here, there = (start := team_of_admins()), start.copy()
    here.revoke(charlie, alice)
    assert not here.has(alice)
    there.revoke(alice, charlie)
    after = merged(here, there)
    assert after.has(alice)
    assert not after.has(charlie)


def test_case_14_a_juniors_removal_voids_nothing_that_the_founder_did_meanwhile() -> None:
    here, there = (start := team_of_admins()), start.copy()
    here.revoke(charlie, alice)
    granted, pushed = there.grant(alice, dave), there.release(alice)
    after = merged(here, there)
    assert not after.has(alice)
    assert after.has(dave)
    assert after.counts(granted)
    assert after.counts(pushed)


def test_case_15_demoted_admin() -> None:
    here, there = (start := team_of_admins()), start.copy()
    here.role(alice, bob, DEVELOPER)
    grant = there.grant(bob, dave)
    release = there.release(bob)
    after = merged(here, there)
    assert not after.counts(grant)
    assert not after.has(dave)
    assert after.counts(release)


def test_case_15_demoted_to_viewer_loses_the_release_too() -> None:
    here, there = (start := team_of_admins()), start.copy()
    here.role(alice, bob, VIEWER)
    release = there.release(bob)
    assert not merged(here, there).counts(release)


def test_case_16_promote_and_demote() -> None:
    start = team_of_admins()
    start.grant(alice, dave, DEVELOPER)
    here, there = start, start.copy()
    here.role(alice, dave, ADMIN)
    there.role(bob, dave, VIEWER)
    assert merged(here, there).roles()[dave.user] == VIEWER


# --- 17: somebody must be left --------------------------------------------------------------------


def test_case_17_last_admin_stays() -> None:
    book = Book()
    book.grant(alice, dave)
    assert refused(book.offer(alice, a_revoke(alice))) == "last-admin"
    assert refused(book.offer(alice, DeviceRevoke((alice.dpk,), ()))) == "last-admin"


def test_case_17_someone_must_be_left() -> None:
    book = team_of_ranks()
    book.role(alice, bob, DEVELOPER)
    assert refused(book.offer(alice, a_revoke(alice))) == "last-admin"
    assert refused(book.offer(alice, SetRole(alice.user, DEVELOPER, ()))) == "last-admin"
    assert refused(book.offer(alice, DeviceRevoke((alice.dpk,), ()))) == "last-admin"
    book.revoke(root, alice)
    assert book.has(bob)


def test_case_17_two_admins_leave_concurrently() -> None:
    start = Book()
    start.grant(alice, bob, ADMIN)
    start.grant(alice, dave)
    here, there = start, start.copy()
    here.revoke(alice, alice)
    there.revoke(bob, bob)
    after = merged(here, there)
    assert list(after.roles().values()) == [DEVELOPER]
    assert after.counts(after.release(dave))
    after.revoke(dave, dave)  # nobody is kept because there is no admin to keep
    after.grant(root, charlie, ADMIN)
    assert after.has(charlie)


# --- 18 to 22: records that pretend to be older than they are -------------------------------------


def test_case_18_backdated_releases_are_void() -> None:
    start = team_of_admins()
    start.grant(alice, dave)
    kept = start.push(alice, {"TOKEN": "good"})
    fork = start.copy()
    start.write(alice, a_revoke(dave, epochs=(start.epoch(without=[dave]),)))
    view = start.state
    late = [fork.push(dave, {"TOKEN": f"evil {number}"}) for number in range(5)]
    late += [fork.release(dave) for _ in range(95)]
    start.hear(fork)
    assert not any(start.counts(record) for record in late)
    assert start.state == view
    assert start.counts(kept)
    assert start.view() == {"TOKEN": "good"}


def test_case_18_a_hundred_void_releases_cost_as_much_as_a_hundred_good_ones() -> None:
    """What is worked out again is the team's state, and releases are no part of it."""
    start = team_of_admins()
    start.grant(alice, dave)
    fork = start.copy()
    start.revoke(alice, dave)
    good = [start.safe.raws[start.release(alice).id] for _ in range(100)]
    late = [fork.safe.raws[fork.release(dave).id] for _ in range(100)]
    listener = team_of_listeners(start, good)
    views = len(listener.ledger._views._views)
    costs = [cost(listener, raws) for raws in (good, late)]
    assert len(listener.ledger._views._views) <= views + 2, "one state for all that know the same"
    assert costs[1] < 5 * costs[0] + 0.2


def team_of_listeners(book: Book, without: list[bytes]) -> Book:
    listener = Book(book.genesis, book.safe)
    for raw in book.raw_records():
        if raw not in without:
            listener.hear_bytes(raw)
    return listener


def cost(book: Book, raws: list[bytes]) -> float:
    """Return how many seconds of work it is to hear of some records and read the view."""
    began = time.process_time()
    for raw in raws:
        book.hear_bytes(raw)
    assert book.state.members
    return time.process_time() - began


def test_case_19_fired_junior_backdates() -> None:
    start = team_of_admins()
    start.grant(alice, dave)
    fork = start.copy()
    start.revoke(alice, charlie)
    before = start.state
    fork.revoke(charlie, alice)
    fork.revoke(charlie, bob, dave)
    fork.grant(charlie, eve, ADMIN)
    fork.grant(eve, actor("puppet"), ADMIN)
    after = merged(start, fork)
    assert after.state.members == before.members
    assert after.state.current == before.current


def test_case_19_puppets_that_make_puppets() -> None:
    """Each puppet is an admin in its maker's eyes, and promotes, removes and rotates at will."""
    start = team_of_admins()
    start.grant(alice, dave)
    fork = start.copy()
    start.write(alice, a_revoke(charlie, epochs=(start.epoch(without=[charlie]),)))
    before = start.state
    maker, puppets = charlie, [actor(f"puppet {number}") for number in range(15)]
    for puppet in puppets:
        fork.grant(maker, puppet, ADMIN)
        fork.rotate(puppet)
        maker = puppet
    fork.role(maker, dave, ADMIN)
    fork.revoke(maker, alice)
    fork.revoke(maker, bob)
    began = time.process_time()
    after = merged(start, fork)
    assert time.process_time() - began < 20
    assert after.state.members == before.members
    assert after.state.current == before.current
    assert not any(after.has(puppet) for puppet in puppets)


def test_case_20_after_the_revocation_is_refused() -> None:
    book = team_of_admins()
    book.revoke(alice, bob)
    assert refused(book.offer(bob, Release(TEAM_SCOPE))) == "author-removed"


def test_case_20_what_is_refused_is_not_passed_on_and_neither_is_what_follows() -> None:
    book = team_of_admins()
    book.revoke(alice, bob)
    late = book.build(bob, Release(TEAM_SCOPE))
    assert refused(book.judge(late)) == "author-removed"
    header = book.build(alice, Release(TEAM_SCOPE)).header
    child = book.build(alice, Release(TEAM_SCOPE), height=header.height + 1, lies={"parents": [late.id]})
    verdict = book.judge(child)
    assert getattr(verdict, "parents", ()) == (late.id,)
    assert late.id not in book.member.store.records.raws  # type: ignore[attr-defined]
    assert {late.id, child.id}.isdisjoint(book.blind.raws)


def test_case_21_readded_with_new_keys() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    here.revoke(alice, bob)
    old = there.release(bob)
    fresh = actor("bob, with a new device")
    here.grant(alice, fresh)
    new = here.release(fresh)
    after = merged(here, there)
    assert not after.counts(old)
    assert after.counts(new)
    assert refused(after.offer(alice, a_grant(bob))) == "key-reused"


def test_case_22_backdated_leave() -> None:
    start = team_of_admins()
    laptop = second_device(bob, "bob's laptop")
    start.write(bob, a_device(laptop))
    fork = start.copy()
    start.grant(bob, dave, ADMIN)
    start.revoke(dave, bob)
    fork.revoke(laptop, bob)
    after = merged(start, fork)
    assert not after.has(bob)
    assert after.has(dave)


def test_case_22_backdated_leave_from_the_device_that_granted() -> None:
    start = team_of_admins()
    fork = start.copy()
    granted = start.grant(bob, dave, ADMIN)
    fork.revoke(bob, bob)
    after = merged(start, fork)
    assert not after.has(bob)
    assert after.has(dave)
    assert after.counts(granted)


def test_case_22_backdated_leave_from_an_older_device() -> None:
    """The older device is senior to the newer one, and leaving is never retroactive all the same."""
    start = team_of_admins()
    laptop = second_device(bob, "bob's laptop")
    start.write(bob, a_device(laptop))
    fork = start.copy()
    granted = start.grant(laptop, dave, ADMIN)
    fork.revoke(bob, bob)
    after = merged(start, fork)
    assert not after.has(bob)
    assert after.has(dave)
    assert after.counts(granted)


# --- 23 to 25: root keys and stolen devices -------------------------------------------------------


def test_case_23_root_revokes_the_most_senior_admin() -> None:
    check_root_revokes(operations=8)


@pytest.mark.slow
@pytest.mark.parametrize("operations", (50,))
def test_case_23_however_much_he_did_meanwhile(operations: int) -> None:
    check_root_revokes(operations)


def check_root_revokes(operations: int) -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    here.revoke(root, alice)
    lost = [there.grant(alice, actor(f"puppet {n}"), ADMIN) for n in range(operations)]
    after = merged(here, there)
    assert not any(after.counts(record) for record in lost)
    assert set(after.roles()) == {bob.user, charlie.user}


def test_case_24_old_root() -> None:
    start = team_of_admins()
    new = actor("new root")
    fork = start.copy()
    grant = fork.grant(root, eve, ADMIN)
    epoch = start.epoch(plus=[new], with_root=False)
    start.write(root, RootReplace(new.dpk, new.xpk, b"pop", (epoch,)))
    after = merged(start, fork)
    assert not after.has(eve)
    assert not after.counts(grant)
    assert after.state.root.root_sign == new.dpk
    assert refused(after.offer(root, a_grant(dave))) == "unknown-author"
    assert after.counts(after.grant(new, dave))


def test_case_24_of_two_replacements_one_stands_and_the_others_key_signed_nothing() -> None:
    """Somebody else read the words too: the first by (height, id) stands."""
    start = team_of_admins()
    one, two = actor("root one"), actor("root two")
    here, there = start, start.copy()
    here.write(root, RootReplace(one.dpk, one.xpk, b"pop", (here.epoch(plus=[one], with_root=False),)))
    kept = here.grant(one, dave)
    there.release(bob)
    there.write(root, RootReplace(two.dpk, two.xpk, b"pop", (there.epoch(plus=[two], with_root=False),)))
    lost = there.grant(two, eve, ADMIN)
    after = merged(here, there)
    assert after.state.root.root_sign == one.dpk
    assert after.has(dave)
    assert after.counts(kept)
    assert not after.has(eve)
    assert not after.counts(lost)
    assert refused(after.offer(two, a_grant(actor("friend")))) == "unknown-author"


def test_case_25_stolen_newer_device() -> None:
    start = Book()
    start.grant(alice, bob)
    phone, evil = second_device(bob, "phone"), second_device(bob, "evil")
    start.write(bob, a_device(phone))
    start.role(alice, bob, VIEWER)  # device seniority does not depend on roles
    start.role(alice, bob, DEVELOPER)
    early = start.ledger.records()[:3]
    here, there = start, start.copy()
    here.write(bob, DeviceRevoke((phone.dpk,), ()))
    there.write(phone, a_device(evil), at=[early[-1]])
    after = merged(here, there)
    assert not after.state.is_active(phone.dpk)
    assert not after.state.is_active(evil.dpk)
    assert after.state.members[bob.user].devices == (bob.dpk,)


def test_case_25_stolen_older_device() -> None:
    start = Book()
    start.grant(alice, bob)
    phone, evil = second_device(bob, "phone"), second_device(bob, "evil")
    start.write(bob, a_device(phone))
    here, there = start, start.copy()
    here.write(phone, DeviceRevoke((bob.dpk,), ()))
    there.write(bob, a_device(evil))
    after = merged(here, there)
    assert not after.state.is_active(bob.dpk)
    assert after.state.is_active(evil.dpk)  # the newer device is junior
    admin = there.copy()
    admin.write(alice, DeviceRevoke((bob.dpk,), ()), at=[start.ledger.records()[2]])
    assert not merged(after, admin).state.is_active(evil.dpk)


# --- 26: invitations ------------------------------------------------------------------------------


def test_case_26_concurrent_couriers() -> None:
    start = team_of_admins()
    invite = start.write(alice, an_invite("link"))
    here, there = start, start.copy()
    here.write(bob, an_admit(invite, dave))
    there.write(charlie, an_admit(invite, eve))
    pushed = there.release(eve)
    after = merged(here, there)
    assert not after.has(dave)
    assert not after.has(eve)
    assert not after.counts(pushed)
    assert AlarmKind.INVITE_OVERUSED in kinds(after)
    assert refused(after.offer(alice, an_admit(invite, actor("third")))) == "invite-not-live"


def test_case_26_what_came_of_an_overused_link_is_void_removals_too() -> None:
    """Dave came in by it and was even made an admin: with the link falls whom he removed."""
    start = team_of_admins()
    invite = start.write(alice, an_invite("link"))
    here, there = start, start.copy()
    here.write(bob, an_admit(invite, dave))
    here.role(alice, dave, ADMIN)
    lost = here.revoke(dave, charlie)
    there.write(bob, an_admit(invite, eve))
    after = merged(here, there)
    assert not after.has(dave)
    assert not after.counts(lost)
    assert after.has(charlie)


def test_case_26_a_couriers_removal_leaves_whom_he_let_in() -> None:
    """The invite is Alice's; Bob only carried it, and lends no authority."""
    start = team_of_admins()
    invite = start.write(alice, an_invite("link"))
    here, there = start, start.copy()
    here.revoke(alice, bob)
    there.write(bob, an_admit(invite, dave))
    after = merged(here, there)
    assert not after.has(bob)
    assert after.has(dave)


def test_case_26_a_link_falls_with_its_maker_whoever_carries_it() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    here.revoke(alice, charlie)
    invite = there.write(charlie, an_invite("link"))
    there.write(bob, an_admit(invite, eve))
    after = merged(here, there)
    assert after.has(bob)
    assert not after.has(eve)


def test_case_26_sequential_second_use() -> None:
    book = team_of_admins()
    invite = book.write(alice, an_invite("link"))
    book.write(bob, an_admit(invite, dave))
    assert refused(book.offer(bob, an_admit(invite, eve))) == "invite-not-live"


def test_case_26_inviter_since_demoted() -> None:
    book = team_of_admins()
    invite = book.write(bob, an_invite("link"))
    book.role(alice, bob, DEVELOPER)
    assert refused(book.offer(charlie, an_admit(invite, dave))) == "invite-not-live"


def test_case_26_an_invite_makes_no_admin() -> None:
    """The byte form has viewer and developer, and the ledger would refuse it once more."""
    book = team_of_admins()
    link = an_invite("link")
    for role in (ADMIN, GUEST):
        lie = book.build(alice, link, lies={"pub": [link.inv_pk, role, 1]})
        assert refused(book.judge(lie)) == "Malformed"


def test_case_26_invites() -> None:
    book = team_of_ranks()
    invite = book.write(alice, an_invite("link", VIEWER, 2))
    newcomer, other = actor("newcomer"), actor("other")
    assert refused(book.offer(dave, an_admit(invite, newcomer))) == "role-too-low"
    book.write(charlie, an_admit(invite, newcomer))
    assert book.state.members[newcomer.user].role == VIEWER
    assert book.state.invites[invite.id].live
    stolen = an_admit(invite, other)
    for forged in (bytes(64), b"x" * 64):
        assert refused(book.offer(charlie, replace(stolen, inv_sig=forged))) == "bad-inv-sig"
    book.write(bob, InviteCancel(invite.id))
    assert refused(book.offer(bob, InviteCancel(invite.id))) == "no-change"
    assert refused(book.offer(charlie, an_admit(invite, other))) == "invite-not-live"


# --- 27: two records with one number --------------------------------------------------------------


def test_case_27_fork_is_an_alarm() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    here.release(bob)
    there.grant(bob, dave)
    after = merged(here, there)
    assert after.has(dave)
    assert [(alarm.kind, alarm.subject) for alarm in after.ledger.alarms()] == [(AlarmKind.FORK, bob.dpk)]
    after.release(bob)
    assert len(after.ledger.alarms()) == 1
