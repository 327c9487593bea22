"""One test per rule (docs/protocol.md, "C.2 Admission")."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.domain.ids import NO_EPOCH, TEAM_SCOPE, DevicePk, EpochId, RecordId, ScopeId, TeamId, UserId
from envlsp.domain.ledger import policy
from envlsp.domain.ledger.admission import Accepted, Missing, Refused
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import (
    Admit,
    DeviceRevoke,
    EnvNote,
    Genesis,
    InviteCancel,
    Keys,
    Link,
    Pub,
    Release,
    Revoke,
    Role,
    RootReplace,
    Rotate,
    SetRole,
)
from envlsp.wire import limits
from tests.support.ledger_builder import (
    Believe,
    Book,
    a_device,
    a_grant,
    a_revoke,
    a_seal,
    actor,
    alice,
    an_epoch,
    an_invite,
    bob,
    charlie,
    checked,
    dave,
    eve,
    genesis,
    refused,
    root,
    second_device,
    unknown,
)

ADMIN, DEVELOPER, VIEWER, GUEST = Role.ADMIN, Role.DEVELOPER, Role.VIEWER, Role.NONE
HERE = Release(TEAM_SCOPE)


@pytest.fixture
def book() -> Book:
    """Alice and Bob are admins, Charlie is a developer, Dave a viewer, Eve a guest."""
    book = Book()
    book.grant(alice, bob, ADMIN)
    book.grant(alice, charlie, DEVELOPER)
    book.grant(alice, dave, VIEWER)
    book.grant(alice, eve, GUEST)
    return book


def current(book: Book) -> EpochId:
    epoch = book.state.current_epoch(TEAM_SCOPE)
    assert epoch is not None
    return epoch


# --- the record alone ----------------------------------------------------------------------------


def test_other_teams_records(book: Book) -> None:
    record = book.build(alice, HERE, team=TeamId(b"x" * 32))
    assert refused(book.ledger.admit(record)) == "wrong-team"
    assert refused(book.ledger.admit(genesis(bob))) == "wrong-team"


def test_unknown_types(book: Book) -> None:
    assert refused(book.ledger.admit(book.build(alice, unknown(), kind=40))) == "upgrade-needed"
    later = book.build(eve, unknown(), kind=70, body=False)
    assert book.ledger.admit(later) == Accepted(new=True)


@pytest.mark.parametrize(
    "change",
    (
        {"height": 2},
        {"seq": 2},
        {"team": TeamId(b"x" * 32)},
        {"parents": (RecordId(b"x" * 32),)},
        {"epoch": EpochId(b"x" * 32)},
    ),
)
def test_genesis_is_in_its_one_form(change: dict[str, object]) -> None:
    record = checked(replace(genesis().header, **change))  # type: ignore[arg-type]
    verdict = Ledger(TeamId(record.id), Believe()).admit(record)
    assert refused(verdict) == "bad-genesis"


@pytest.mark.parametrize("to", ((alice.dpk,), (root.dpk,), (alice.dpk, root.dpk, eve.dpk), ()))
def test_genesis_is_sealed_to_founder_and_root(to: tuple[DevicePk, ...]) -> None:
    start = genesis()
    assert isinstance(start.header.pub, Genesis)
    pub = replace(start.header.pub, epochs=(an_epoch(TEAM_SCOPE, 1, to),))
    record = checked(replace(start.header, pub=pub))
    assert refused(Ledger(TeamId(record.id), Believe()).admit(record)) == "bad-genesis"


def test_parents_are_sorted_unique_and_few(book: Book) -> None:
    one = book.release(alice)
    two = book.release(bob, at=[book.genesis, *book.ledger.records()[4:5]])
    record = book.build(alice, HERE, at=[one, two])
    swapped = replace(record.header, parents=tuple(reversed(record.header.parents)))
    assert refused(book.ledger.admit(checked(swapped))) == "bad-parents"
    doubled = replace(record.header, parents=record.header.parents[:1] * 2)
    assert refused(book.ledger.admit(checked(doubled))) == "bad-parents"
    assert refused(book.ledger.admit(checked(replace(record.header, parents=())))) == "bad-parents"
    many = tuple(RecordId(bytes([n]) * 32) for n in range(33))
    assert refused(book.ledger.admit(checked(replace(record.header, parents=many)))) == "bad-parents"


def test_unknown_parents_are_asked_for(book: Book) -> None:
    fork = book.copy()
    one = fork.release(alice)
    two = fork.build(bob, HERE)
    assert book.ledger.admit(two) == Missing((one.id,))
    assert two.id not in book.ledger
    book.hear(fork)
    assert book.ledger.admit(two) == Accepted(new=True)
    assert book.ledger.admit(two) == Accepted(new=False)


# --- its author ----------------------------------------------------------------------------------


def test_strangers_write_nothing(book: Book) -> None:
    assert refused(book.offer(actor("mallory"), HERE)) == "unknown-author"


def test_what_anybody_may_do(book: Book) -> None:
    book.write(eve, a_device(second_device(eve, "phone")))
    book.write(eve, DeviceRevoke((eve.dpk,), ()))
    book.write(dave, Keys((a_seal(current(book), bob),), ()))
    book.revoke(dave, dave)


@pytest.mark.parametrize(
    "pub",
    (HERE, EnvNote(TEAM_SCOPE), a_device(actor("phone")), Keys((a_seal(EpochId(b""), bob),), ())),
)
def test_root_is_no_device(book: Book, pub: Pub) -> None:
    assert refused(book.offer(root, pub)) == "not-for-root"


def test_root_may_grant_and_remove_with_nobody_left() -> None:
    book = Book()
    book.revoke(root, alice)
    assert book.roles() == {}
    book.grant(root, bob, ADMIN)
    assert book.roles() == {bob.user: ADMIN}


# --- new keys ------------------------------------------------------------------------------------


def test_a_key_is_introduced_once(book: Book) -> None:
    for old in (alice, bob, root):
        assert refused(book.offer(alice, a_grant(old))) == "key-reused"
        assert refused(book.offer(bob, a_device(old))) == "key-reused"
    borrowed = replace(actor("new"), xpk=bob.xpk)
    assert refused(book.offer(alice, a_grant(borrowed))) == "key-reused"
    assert refused(book.offer(root, RootReplace(bob.dpk, bob.xpk, b"", ()))) == "key-reused"
    book.revoke(alice, bob)
    assert refused(book.offer(alice, a_grant(bob))) == "key-reused"


def test_one_key_granted_twice_concurrently_is_one_device(book: Book) -> None:
    there, new = book.copy(), actor("new")
    book.grant(alice, new, ADMIN)
    there.grant(bob, new, VIEWER)
    book.hear(there)
    member = book.state.members[new.user]
    assert (member.role, member.devices) == (VIEWER, (new.dpk,))


def test_the_proof_names_the_owner() -> None:
    verify = Believe()
    book = Book(verify=verify)
    book.write(alice, a_device(second_device(alice, "phone")))
    assert verify.asked == [("pop", alice.user)]
    verify.answer = False
    assert refused(book.offer(alice, a_device(second_device(alice, "pad")))) == "bad-pop"


def test_limits_of_members_and_devices() -> None:
    book = Book()
    for n in range(7):
        book.write(alice, a_device(second_device(alice, f"device {n}")))
    assert refused(book.offer(alice, a_device(second_device(alice, "ninth")))) == "too-many"
    for n in range(63):
        book.write(alice, a_grant(actor(f"member {n}"), GUEST))
    assert refused(book.offer(alice, a_grant(actor("65th")))) == "too-many"
    book.revoke(alice, actor("member 1"))
    book.grant(alice, actor("65th"))


def test_limits_are_those_of_the_format() -> None:
    assert policy.PARENTS_MAX == limits.PARENTS_MAX
    assert policy.USERS_MAX == limits.USERS_MAX
    assert policy.DEVICES_PER_USER_MAX == limits.DEVICES_PER_USER_MAX
    assert policy.SCOPE_LINES_MAX == limits.SCOPE_LINES_MAX


# --- targets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pub", "reason"),
    (
        (SetRole(UserId(b"nobody"), VIEWER, ()), "bad-target"),
        (SetRole(bob.user, ADMIN, ()), "no-change"),
        (Revoke((), ()), "empty"),
        (Revoke((UserId(b"nobody"),), ()), "bad-target"),
        (Revoke((bob.user, bob.user), ()), "bad-target"),
        (DeviceRevoke((), ()), "empty"),
        (DeviceRevoke((actor("nobody").dpk,), ()), "bad-target"),
        (DeviceRevoke((bob.dpk, bob.dpk), ()), "bad-target"),
        (Rotate(()), "empty"),
        (Keys((), ()), "empty"),
        (an_invite("link", ADMIN), "bad-invite"),
        (an_invite("link", GUEST), "bad-invite"),
        (an_invite("link", DEVELOPER, 0), "bad-invite"),
        (InviteCancel(RecordId(b"none")), "bad-invite"),
        (Admit(RecordId(b"none"), eve.dpk, eve.xpk, b"", b"", ()), "bad-invite"),
        (RootReplace(actor("new").dpk, actor("new").xpk, b"", ()), "root-only"),
        (Release(ScopeId(b"no such scope...")), "unknown-scope"),
        (EnvNote(ScopeId(b"no such scope...")), "unknown-scope"),
        (Rotate((an_epoch(ScopeId(b"no such scope..."), 1, {root.dpk}),)), "unknown-scope"),
    ),
)
def test_targets(book: Book, pub: Pub, reason: str) -> None:
    assert refused(book.offer(alice, pub)) == reason


def test_a_removed_target_is_no_target(book: Book) -> None:
    book.revoke(alice, charlie)
    assert refused(book.offer(alice, a_revoke(charlie))) == "bad-target"
    assert refused(book.offer(alice, SetRole(charlie.user, VIEWER, ()))) == "bad-target"
    assert refused(book.offer(alice, DeviceRevoke((charlie.dpk,), ()))) == "bad-target"


# --- epochs, seals, links ------------------------------------------------------------------------


def test_removal_carries_an_epoch_without_the_removed(book: Book) -> None:
    assert refused(book.offer(alice, a_revoke(bob, epochs=(book.epoch(),)))) == "ghost-recipient"
    record = book.write(alice, a_revoke(bob, epochs=(book.epoch(without=[bob]),)))
    assert book.state.current_epoch(TEAM_SCOPE) == record.epoch_ids[0]


@pytest.mark.parametrize("n", (0, 1, 3))
def test_the_number_of_an_epoch(book: Book, n: int) -> None:
    assert refused(book.offer(alice, Rotate((book.epoch(n=n),)))) == "bad-epoch"


def test_an_epoch_per_scope_and_a_seal_per_device(book: Book) -> None:
    epoch = book.epoch()
    assert refused(book.offer(alice, Rotate((epoch, epoch)))) == "bad-epoch"
    doubled = replace(epoch, seals=(*epoch.seals, epoch.seals[0]))
    assert refused(book.offer(alice, Rotate((doubled,)))) == "bad-epoch"


def test_links_go_back(book: Book) -> None:
    old = current(book)
    unknown_epoch = EpochId(b"x" * 32)
    assert refused(book.offer(alice, Rotate((book.epoch(links=[unknown_epoch]),)))) == "bad-link"
    new = book.write(alice, Rotate((book.epoch(links=[old]),))).epoch_ids[0]
    assert book.state.epochs[new].opens == (old,)
    forward = Keys((), (Link(new, old, b"box"),))
    assert refused(book.offer(alice, forward)) == "bad-link"
    assert refused(book.offer(alice, Keys((), (Link(old, old, b"box"),)))) == "bad-link"
    assert refused(book.offer(alice, Keys((), (Link(old, unknown_epoch, b"box"),)))) == "bad-seal"
    named = replace(book.epoch(), links=(Link(old, new, b"box"),))
    assert refused(book.offer(alice, Rotate((named,)))) == "bad-link"
    book.write(alice, Keys((), (Link(old, new, b"box"),)))


def test_only_readers_deliver_keys(book: Book) -> None:
    assert refused(book.offer(eve, Keys((a_seal(current(book), bob),), ()))) == "bad-seal"
    assert refused(book.offer(alice, Keys((a_seal(EpochId(b"x"), bob),), ()))) == "bad-seal"


def test_seals_of_a_grant_go_to_somebody_with_access(book: Book) -> None:
    guest, viewer = actor("guest"), actor("viewer")
    seal = (a_seal(current(book), guest),)
    assert refused(book.offer(alice, a_grant(guest, GUEST, seal))) == "ghost-recipient"
    book.write(alice, a_grant(viewer, VIEWER, (a_seal(current(book), viewer),)))


def test_a_refused_record_leaves_no_trace(book: Book) -> None:
    before = book.state
    heads = book.ledger.heads()
    kill = a_revoke(bob, epochs=(book.epoch(),))
    assert isinstance(book.offer(alice, kill), Refused)
    assert (book.state, book.ledger.heads(), len(book.ledger)) == (before, heads, 5)
    assert all(node.breakers == 0 and not node.broken_via for node in book.ledger._dag.auth)
    fine = book.revoke(alice, bob)
    assert book.state.kills == (fine.id,)


# --- the body ------------------------------------------------------------------------------------


def test_bodies_are_sealed_under_the_current_epoch(book: Book) -> None:
    old = current(book)
    book.release(charlie, body=True)
    assert refused(book.offer(charlie, HERE, body=True, epoch=EpochId(b"x" * 32))) == "body-epoch"
    assert refused(book.offer(charlie, HERE, body=False, epoch=old)) == "body-epoch"
    assert refused(book.offer(charlie, HERE, body=True, epoch=NO_EPOCH)) == "body-epoch"
    new = book.rotate(bob)
    assert refused(book.offer(charlie, HERE, body=True, epoch=old)) == "body-epoch"
    assert book.release(charlie, body=True).header.epoch == new


def test_an_own_epoch_must_be_used(book: Book) -> None:
    pub = Rotate((book.epoch(),))
    assert refused(book.offer(alice, pub, body=True, epoch=current(book))) == "body-epoch"
    assert book.write(alice, pub, body=True).header.epoch == NO_EPOCH


def test_a_guest_leaves_team_bodies_empty(book: Book) -> None:
    phone = a_device(second_device(eve, "phone"))
    assert refused(book.offer(eve, phone, body=True)) == "body-epoch"
    book.write(eve, phone)
