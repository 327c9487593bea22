"""Who came by a link is told once on every device that was there before."""

from __future__ import annotations

from envlsp.crypto.device import device_keys, fingerprint, new_seeds, prove
from envlsp.crypto.epochs import Recipient
from envlsp.crypto.introductions import claim_signature
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ledger.records import Admit, Role
from envlsp.service.access import roles
from envlsp.service.access.rotation import seals_for
from envlsp.service.joining.arrivals import arrival_lines
from envlsp.service.joining.invitations import Terms, make_link
from envlsp.wire.bodies import PersonBody
from envlsp.wire.introductions import from_link_text_untrusted
from envlsp.wire.text import fingerprint_text
from tests.support.cast import Actor, Cast, meet


def let_in_by_link(inviter: Actor, courier: Actor, name: str) -> str:
    """Play a whole admission in the ledger; return the newcomer's fingerprint."""
    made = make_link(
        inviter.replica, Role.DEVELOPER, Terms("", None, ""), uses=1, server="ws://a", members_max=10
    )
    meet(inviter, courier)
    keys, replica = device_keys(*new_seeds()), courier.replica
    signature = claim_signature(from_link_text_untrusted(made.text), keys)
    with replica.writing():
        seals = seals_for(replica, Recipient(keys.dpk, keys.xpk))
        pop = prove(keys, replica.team, PopPurpose.JOIN)
        pub = Admit(made.id, keys.dpk, keys.xpk, pop, signature, seals)
        replica.append(pub, PersonBody(replica.now(), name, "laptop", ""))
    return fingerprint_text(fingerprint(keys.dpk, keys.xpk))


def test_an_arrival_names_inviter_courier_and_key_and_is_told_once(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    key = let_in_by_link(alice, bob, "Carol <carol@example.com>")
    meet(alice, bob)
    for actor in (alice, bob):
        (line,) = arrival_lines(actor.team)
        assert line.startswith("Carol <carol@example.com> came by a link of Alice, let in by Bob's device")
        assert key in line
        assert "envlsp access revoke" in line
        assert arrival_lines(actor.team) == []


def test_who_came_later_is_not_told_of_who_was_there(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    let_in_by_link(alice, bob, "Carol")
    meet(alice, bob)
    dave = cast.join(alice, cast.actor("dave"))
    assert arrival_lines(dave.team) == []


def test_a_granted_member_is_no_arrival(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    assert arrival_lines(alice.team) == arrival_lines(bob.team) == []


def test_whoever_was_removed_again_is_told_of_all_the_same(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    let_in_by_link(alice, bob, "Carol")
    meet(alice, bob)
    (carol,) = [u for u in alice.replica.state.members if u not in {alice.user, bob.user}]
    roles.revoke(alice.replica, alice.team.releases, {carol})
    assert len(arrival_lines(alice.team)) == 1, "they could read everything for a while"
