"""The table of situations and results, row by row (docs/protocol.md, "C.5 What this yields")."""

from __future__ import annotations

from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import DeviceRevoke, InviteCancel, Keys, Release, Role, RootReplace, Rotate
from envlsp.domain.ledger.state import AlarmKind
from tests.support.ledger_builder import (
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
    refused,
    root,
    second_device,
)

ADMIN, DEVELOPER, VIEWER, GUEST = Role.ADMIN, Role.DEVELOPER, Role.VIEWER, Role.NONE


def team_of_admins() -> Book:
    """Alice, then Bob, then Charlie: in order of seniority."""
    book = Book()
    book.grant(alice, bob, ADMIN)
    book.grant(alice, charlie, ADMIN)
    return book


def kinds(book: Book) -> list[AlarmKind]:
    return [alarm.kind for alarm in book.ledger.alarms()]


def merged(*books: Book) -> Book:
    """Both arrival orders must agree; return one of them."""
    there, back = books[0].copy(), books[-1].copy()
    there.hear(*books[1:])
    back.hear(*reversed(books[:-1]))
    assert there.state == back.state
    assert there.ledger.heads() == back.ledger.heads()
    assert there.ledger.alarms() == back.ledger.alarms()
    return there


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


def test_weak_removal_leaves_what_the_senior_did() -> None:
    here, there = (start := team_of_admins()), start.copy()
    here.revoke(charlie, bob)
    grant = there.grant(bob, dave)
    after = merged(here, there)
    assert not after.has(bob)
    assert after.has(dave)
    assert after.counts(grant)


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


def test_case_15_demoted_admin() -> None:
    here, there = (start := team_of_admins()), start.copy()
    here.role(alice, bob, DEVELOPER)
    grant = there.grant(bob, dave)
    release = there.release(bob)
    after = merged(here, there)
    assert not after.counts(grant)
    assert not after.has(dave)
    assert after.counts(release)


def test_case_16_promote_and_demote() -> None:
    start = team_of_admins()
    start.grant(alice, dave, DEVELOPER)
    here, there = start, start.copy()
    here.role(alice, dave, ADMIN)
    there.role(bob, dave, VIEWER)
    assert merged(here, there).roles()[dave.user] == VIEWER


def test_release_concurrent_with_the_authors_revocation_is_void() -> None:
    start = team_of_admins()
    start.grant(alice, dave)
    here, there = start, start.copy()
    kill = here.revoke(alice, dave)
    orphan = there.release(dave)
    adopted = there.release(bob)
    after = merged(here, there)
    assert after.ledger.voided_by(orphan.id) == (kill.id,)
    assert after.counts(adopted)


def test_case_20_after_the_revocation_is_refused() -> None:
    book = team_of_admins()
    book.revoke(alice, bob)
    assert refused(book.offer(bob, Release(TEAM_SCOPE))) == "author-removed"


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


def test_case_17_last_admin_stays() -> None:
    book = Book()
    book.grant(alice, dave)
    assert refused(book.offer(alice, a_revoke(alice))) == "last-admin"
    assert refused(book.offer(alice, DeviceRevoke((alice.dpk,), ()))) == "last-admin"


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


def test_case_18_backdated_releases_are_void() -> None:
    start = team_of_admins()
    start.grant(alice, dave)
    fork = start.copy()
    start.revoke(alice, dave)
    view = start.state
    late = [fork.release(dave) for _ in range(100)]
    start.hear(fork)
    assert not any(start.counts(record) for record in late)
    assert start.state == view


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


def test_case_23_root_revokes_the_most_senior_admin() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    here.revoke(root, alice)
    lost = [there.grant(alice, actor(f"puppet {n}"), ADMIN) for n in range(50)]
    after = merged(here, there)
    assert not any(after.counts(record) for record in lost)
    assert set(after.roles()) == {bob.user, charlie.user}


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


def test_case_55_late_admit_on_a_used_link() -> None:
    start = team_of_admins()
    invite = start.write(alice, an_invite("link"))
    fork = start.copy()
    start.write(bob, an_admit(invite, dave))
    start.write(alice, InviteCancel(invite.id))
    late = fork.write(charlie, an_admit(invite, eve))
    after = merged(start, fork)
    assert after.has(dave)
    assert not after.has(eve)
    assert not after.counts(late)
    assert AlarmKind.INVITE_OVERUSED not in kinds(after)


def test_junior_cancels_a_seniors_invite_in_use() -> None:
    start = team_of_admins()
    invite = start.write(alice, an_invite("link"))
    here, there = start, start.copy()
    here.write(bob, InviteCancel(invite.id))
    there.write(charlie, an_admit(invite, dave))
    assert merged(here, there).has(dave)


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


def test_two_replacements_of_one_root() -> None:
    """The first by (height, id) stands, and what the other's key signed falls with it."""
    start = team_of_admins()
    one, two = actor("root one"), actor("root two")
    here, there = start, start.copy()
    here.write(root, RootReplace(one.dpk, one.xpk, b"pop", ()))
    here.grant(one, dave)
    there.release(bob)
    there.write(root, RootReplace(two.dpk, two.xpk, b"pop", ()))
    there.grant(two, eve, ADMIN)
    after = merged(here, there)
    assert after.state.root.root_sign == one.dpk
    assert after.has(dave)
    assert not after.has(eve)


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


def test_case_31_rotation_with_rotation() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    one, two = here.rotate(alice), there.rotate(bob)
    after = merged(here, there)
    assert after.state.current_epoch(TEAM_SCOPE) == max(one, two)
    assert not after.state.exposed


def test_case_31_and_48_rotation_with_removal() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    safe = here.write(alice, a_revoke(bob, epochs=(here.epoch(without=[bob]),))).epoch_ids[0]
    seen = there.rotate(charlie)
    after = merged(here, there)
    assert after.state.current_epoch(TEAM_SCOPE) == safe
    assert seen in after.state.exposed


def test_case_31_never_back_to_what_an_exposed_epoch_opens() -> None:
    start = team_of_admins()
    first = start.state.current_epoch(TEAM_SCOPE)
    assert first is not None
    only_bob = start.write(alice, Rotate((start.epoch(links=[first]),))).epoch_ids[0]
    start.revoke(alice, bob)
    assert start.state.exposed == {first, only_bob}
    assert start.state.current_epoch(TEAM_SCOPE) is None
    assert refused(start.offer(alice, Release(TEAM_SCOPE), body=True, epoch=only_bob)) == "body-epoch"
    fresh = start.rotate(alice)
    assert start.state.current_epoch(TEAM_SCOPE) == fresh


def test_case_31_keys_to_a_device_and_its_revocation() -> None:
    start = team_of_admins()
    start.grant(alice, dave, VIEWER)
    current = start.rotate(alice)
    here, there = start, start.copy()
    here.revoke(alice, dave)
    there.write(bob, Keys((a_seal(current, dave),), ()))
    after = merged(here, there)
    assert current in after.state.exposed
    assert after.state.current_epoch(TEAM_SCOPE) is None


def test_grant_with_rotation_elsewhere() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    here.grant(alice, dave)
    epoch = there.rotate(bob)
    after = merged(here, there)
    assert [alarm.subject for alarm in after.ledger.alarms()] == [dave.dpk]
    after.write(charlie, Keys((a_seal(epoch, dave),), ()))
    assert after.ledger.alarms() == ()
    assert after.state.current_epoch(TEAM_SCOPE) == epoch


def test_voided_grant_had_a_key_already() -> None:
    start = team_of_admins()
    first = start.state.current_epoch(TEAM_SCOPE)
    assert first is not None
    here, there = start, start.copy()
    fresh = here.write(alice, a_revoke(bob, epochs=(here.epoch(without=[bob]),))).epoch_ids[0]
    there.write(bob, a_grant(eve, seals=(a_seal(first, eve),)))
    after = merged(here, there)
    assert after.state.exposed == {first}
    assert after.state.current_epoch(TEAM_SCOPE) == fresh


def test_who_draws_a_key_knows_it() -> None:
    """A leaver's epoch is exposed although he left himself out of the seals."""
    book = team_of_admins()
    left = book.write(bob, a_revoke(bob, epochs=(book.epoch(without=[bob]),))).epoch_ids[0]
    assert left in book.state.exposed
    assert book.state.current_epoch(TEAM_SCOPE) is None


def test_case_32_superseded_epoch() -> None:
    start = team_of_admins()
    old = start.state.current_epoch(TEAM_SCOPE)
    here, there = start, start.copy()
    here.rotate(alice)
    late = there.release(bob, body=True)
    after = merged(here, there)
    assert after.counts(late)
    assert refused(after.offer(bob, Release(TEAM_SCOPE), body=True, epoch=old)) == "body-epoch"


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
