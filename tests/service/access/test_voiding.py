"""What a removal makes void: told before it as far as anybody knows, and after it as it surfaces."""

from __future__ import annotations

from envlsp.crypto.attest import Holding, make_attest
from envlsp.crypto.primitives import signing_key
from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.records import Invite, Role
from envlsp.service.access import roles
from envlsp.service.access.rotation import rotate
from envlsp.service.access.voiding import Arrivals, foresee, is_senior, voided_lines
from envlsp.service.comparing import status
from tests.support.cast import FIRST_FILE, Actor, Cast, give, meet


def revoke(admin: Actor, *gone: Actor) -> None:
    roles.revoke(admin.replica, admin.team.releases, [actor.user for actor in gone])


def make_admin(alice: Actor, actor: Actor) -> None:
    roles.set_role(alice.replica, alice.team.releases, actor.user, Role.ADMIN)


def foreseen(actor: Actor, *users: Actor) -> str:
    return "\n".join(foresee(actor.team, [one.user for one in users]))


# --- before ---


def test_what_a_device_did_not_hand_on_is_named_with_when_it_was_met(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    said = foreseen(alice, bob)
    assert "Bob (bobs-laptop): what it made and did not hand on will not count (never met here)" in said
    alice.team.store.peers.saw(bob.replica.keys.dpk, 1_700_000_000)
    assert "last met here: 2023-11-1" in foreseen(alice, bob)


def test_records_that_a_device_attests_and_nobody_brought_are_counted(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.push(FIRST_FILE + b"B=1\n")
    replica = bob.replica
    holding = Holding(replica.team, replica.ledger.heads(), len(replica.ledger), 9, None)
    attested = make_attest(holding, replica.keys.sign, ts=5)
    alice.team.store.peers.put_attestation(replica.keys.dpk, 5, attested)
    assert "Bob (bobs-laptop) says to hold 1 record at least that nobody brought here" in foreseen(alice, bob)
    give(bob, alice)
    assert "says to hold" not in foreseen(alice, bob)


def test_a_removal_of_a_senior_says_that_it_can_be_answered(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    make_admin(alice, bob)
    meet(alice, bob, carol)
    assert is_senior(bob.replica, alice.user)
    assert not is_senior(alice.replica, bob.user)
    assert not is_senior(alice.replica, carol.user)
    assert not is_senior(bob.replica, bob.user)
    assert "Alice has been admin for longer than you" in foreseen(bob, alice)
    assert "for longer" not in foreseen(alice, bob)


def test_open_invitations_end_with_who_made_them(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    make_admin(alice, bob)
    meet(alice, bob)
    with bob.replica.writing():
        bob.replica.append(Invite(signing_key(bytes(32)).public, Role.VIEWER, 1))
    meet(alice, bob)
    assert "1 open invitation by Bob will let nobody in any more" in foreseen(alice, bob)


# --- after ---


def late_push(cast: Cast) -> tuple[Actor, Actor, Actor, RecordId]:
    """Bob pushed while Alice removed him; Carol saw neither."""
    alice, bob, carol = cast.team("bob", "carol")
    bob.pull()
    made = bob.push(FIRST_FILE + b"B=1\n", message="late")
    revoke(alice, bob)
    return alice, bob, carol, RecordId(bytes.fromhex(made.release.id))


def test_a_late_push_is_told_as_soon_as_it_comes_and_until_a_release_has_seen_it(cast: Cast) -> None:
    alice, bob, carol, record = late_push(cast)
    assert status(alice.team, alice.context).voided == ()
    news = Arrivals(alice.team)
    give(bob, alice)
    (one,) = news.voided()
    assert (one.id, one.label, one.author, one.by) == (record.hex(), "v2", "Bob", "Alice")
    assert one.triple == alice.context.triple
    (line,) = voided_lines([one])
    assert line == (
        "Bob's v2 of shop/shop/dev, made while Alice removed them, does not count; "
        "to bring it back: envlsp adopt v2"
    )
    assert status(alice.team, alice.context).voided == (one,)
    meet(alice, carol)
    assert status(carol.team, carol.context).voided == (), "it was not Carol's removal"
    alice.push(FIRST_FILE + b"SEEN=1\n", force=True)
    assert status(alice.team, alice.context).voided == ()


def test_keys_made_anew_do_not_count_as_having_seen_it(cast: Cast) -> None:
    alice, bob, _, _ = late_push(cast)
    give(bob, alice)
    rotate(alice.replica, alice.team.releases)
    assert len(status(alice.team, alice.context).voided) == 1


def test_who_was_let_in_at_the_same_time_is_told_to_be_no_member(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    make_admin(alice, bob)
    meet(alice, bob)
    cast.join(bob, cast.actor("carol"))
    revoke(alice, bob)
    news = Arrivals(alice.team)
    give(bob, alice)
    lines = list(voided_lines(news.voided()))
    assert len(lines) == 1
    assert lines[0].endswith("let in by Bob while Alice removed them, is no member")


def test_many_are_summed_up(cast: Cast) -> None:
    alice, bob, _, _ = late_push(cast)
    for number in range(4):
        bob.push(FIRST_FILE + b"N=%d\n" % number)
    news = Arrivals(alice.team)
    give(bob, alice)
    lines = list(voided_lines(news.voided()))
    assert len(lines) == 4
    assert lines[-1] == "and 2 more: envlsp log --all"


def test_nothing_came_nothing_is_told(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    news = Arrivals(alice.team)
    bob.pull()
    bob.push(FIRST_FILE + b"B=1\n")
    meet(alice, bob)
    assert news.voided() == ()
