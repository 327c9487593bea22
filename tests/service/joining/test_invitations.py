"""Links in the ledger: who makes them, what ends them, and what a used-up one is closed for."""

from __future__ import annotations

import pytest

from envlsp.crypto.device import device_keys, new_seeds, prove
from envlsp.crypto.epochs import Recipient
from envlsp.crypto.introductions import claim_signature
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import DevicePk
from envlsp.domain.ledger.records import Admit, InviteCancel, Role
from envlsp.domain.ledger.state import AlarmKind
from envlsp.errors import Misuse, NoAccess, NotFound
from envlsp.service.access import roles
from envlsp.service.access.rotation import seals_for
from envlsp.service.joining.invitations import (
    Made,
    Terms,
    cancel,
    close_used_up,
    find_link,
    from_body,
    links,
    make_link,
    to_note,
)
from envlsp.wire.bodies import InviteBody
from envlsp.wire.introductions import from_link_text_untrusted
from tests.support.cast import Actor, Cast, meet

ANYBODY = Terms("", None, "")
NOON = 1_796_040_000


def link(inviter: Actor, *, uses: int = 1, role: Role = Role.DEVELOPER, terms: Terms = ANYBODY) -> Made:
    return make_link(inviter.replica, role, terms, uses=uses, server="ws://a", members_max=10)


def admit(courier: Actor, made: Made) -> DevicePk:
    """Let in somebody who shows this link, as a courier does."""
    replica, held = courier.replica, from_link_text_untrusted(made.text)
    keys = device_keys(*new_seeds())
    with replica.writing():
        seals = seals_for(replica, Recipient(keys.dpk, keys.xpk))
        pop = prove(keys, replica.team, PopPurpose.JOIN)
        signature = claim_signature(held, keys)
        replica.append(Admit(made.id, keys.dpk, keys.xpk, pop, signature, seals))
    return keys.dpk


def status(actor: Actor) -> list[str]:
    return [one.status for one in links(actor.replica)]


# --- making and reading ------------------------------------------------------------------------


def test_the_link_opens_what_the_ledger_says(cast: Cast) -> None:
    (alice,) = cast.team()
    made = link(alice)
    held = from_link_text_untrusted(made.text)
    assert (held.team, held.invite, held.server) == (alice.replica.team, made.id, "ws://a")
    assert status(alice) == ["open"]


@pytest.mark.parametrize("note", ("", "for the summer\nand no longer", "until then"))
def test_the_end_of_a_link_stands_in_its_note(note: str) -> None:
    terms = Terms("carol@example.com", NOON, note)
    body = InviteBody(1, to_note(terms), terms.address, ())
    assert body.note.startswith("until 2026-11-30T12:00:00Z")
    assert from_body(body) == terms


@pytest.mark.parametrize(
    "note", ("until tomorrow", "until 2026-13-01T00:00:00Z", "x until 2026-11-30T12:00:00Z")
)
def test_a_date_that_is_none_is_words(note: str) -> None:
    assert from_body(InviteBody(1, note, "", ())) == Terms("", None, note)


def test_links_are_made_by_admins_for_others_and_for_whom_there_is_room(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    with pytest.raises(NoAccess):
        link(bob)
    with pytest.raises(Misuse, match="viewers and developers"):
        link(alice, role=Role.ADMIN)
    with pytest.raises(Misuse, match="once at least"):
        link(alice, uses=0)
    link(alice, uses=7)
    with pytest.raises(Misuse, match="2 members and 7 open"):
        link(alice, uses=2)


def test_a_link_past_its_end_is_listed_as_expired(cast: Cast) -> None:
    (alice,) = cast.team()
    link(alice, terms=Terms("", 1, ""))
    assert status(alice) == ["expired"]


def test_a_link_is_found_by_the_start_of_its_id(cast: Cast) -> None:
    (alice,) = cast.team()
    made = link(alice)
    assert find_link(alice.replica, made.id.hex()[:8].upper()) == made.id
    for word in ("", made.id.hex()[:3], "not a link"):
        with pytest.raises(NotFound):
            find_link(alice.replica, word)


# --- ending ------------------------------------------------------------------------------------


def test_any_admin_cancels_a_link_and_once_is_enough(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    made = link(alice)
    meet(alice, bob, carol)
    with pytest.raises(NoAccess):
        cancel(carol.replica, made.id)
    assert cancel(bob.replica, made.id)
    assert not cancel(bob.replica, made.id)
    assert status(bob) == ["cancelled"]


def test_a_used_up_link_is_closed_by_its_maker_and_a_late_use_is_void(cast: Cast) -> None:
    """Case 55: Bob was cut off and honours the link once more; who came first stays."""
    alice, bob = cast.team("bob")
    made = link(alice)
    meet(alice, bob)
    first = admit(alice, made)
    assert close_used_up(alice.replica)
    late = admit(bob, made)
    meet(alice, bob)
    for actor in (alice, bob):
        state = actor.replica.state
        assert state.is_active(first)
        assert not state.is_active(late)
        assert not state.invites[made.id].overused
    assert not close_used_up(alice.replica), "once is enough"


def test_two_uses_at_once_and_nobody_to_close_it_void_both(cast: Cast) -> None:
    """Case 26: both couriers were cut off from each other, and from the inviter."""
    alice, bob, carol = cast.team("bob", "carol")
    made = link(alice)
    meet(alice, bob, carol)
    both = admit(bob, made), admit(carol, made)
    meet(alice, bob, carol)
    state = alice.replica.state
    assert [state.is_active(dpk) for dpk in both] == [False, False]
    assert AlarmKind.INVITE_OVERUSED in {alarm.kind for alarm in state.alarms}
    assert status(alice) == ["overused"]
    assert not close_used_up(alice.replica), "it is dead: nothing is left to protect"


def test_who_is_too_junior_to_reach_back_leaves_the_closing_to_others(cast: Cast) -> None:
    """A link is cancelled once: Bob's cancellation would take the place of Alice's, and void nothing."""
    alice, bob, carol = cast.team("bob", "carol")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    made = link(alice)
    meet(alice, bob, carol)
    first = admit(bob, made)
    assert not close_used_up(bob.replica)
    meet(alice, bob)
    assert close_used_up(alice.replica)
    late = admit(carol, made)
    meet(alice, bob, carol)
    assert bob.replica.state.is_active(first)
    assert not bob.replica.state.is_active(late)


def test_a_senior_admin_closes_the_link_of_another(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob)
    made = link(bob)
    admit(bob, made)
    meet(alice, bob)
    assert close_used_up(alice.replica)
    cancels = [r for r in alice.replica.ledger.auth_records() if isinstance(r.header.pub, InviteCancel)]
    assert [record.header.author for record in cancels] == [alice.replica.keys.dpk]
