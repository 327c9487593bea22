from __future__ import annotations

import pytest

from envlsp.domain.ids import RecordId
from envlsp.errors import LimitExceeded, MalformedFrame
from envlsp.sync.effects import Missing
from envlsp.sync.reconcile import GOALS_MAX, AskByIds, AskByVector, Orphans, Pull, lacks
from envlsp.wire.limits import ORPHANS_MAX, ORPHANS_MAX_BYTES, WANT_MAX_IDS
from envlsp.wire.messages import Progress
from tests.support.peers import Wire, actor, add_branch, befriend


def rid(number: int) -> RecordId:
    return RecordId(number.to_bytes(32, "big"))


def nothing(_identity: RecordId) -> bool:
    return False


def test_what_a_vector_line_says() -> None:
    line = Progress(bytes(8), 5, rid(0)[:8])
    assert lacks(None, 1, rid(0))
    assert lacks(line, 6, rid(0))
    assert not lacks(line, 4, rid(0))
    assert not lacks(line, 5, rid(0))
    assert lacks(line, 5, RecordId(bytes([1]) * 32)), "the author forked"


def test_heads_are_asked_for_by_vector_and_what_remains_by_id() -> None:
    pull = Pull()
    pull.aim([rid(1), rid(2)], heads=True)
    assert pull.next_request(nothing) == AskByVector()
    assert pull.next_request(nothing) is None
    pull.stored([rid(1)])
    pull.answered_untrusted(nothing)
    assert pull.next_request(nothing) == AskByIds((rid(2),))
    pull.stored([rid(2)])
    assert pull.answered_untrusted(lambda identity: identity == rid(2)) == ()
    assert pull.is_done


def test_what_was_announced_is_asked_for_at_once() -> None:
    pull = Pull()
    pull.aim([rid(3)], heads=False)
    assert pull.next_request(nothing) == AskByIds((rid(3),))


def test_what_somebody_else_brought_is_not_asked_for() -> None:
    pull = Pull()
    pull.aim([rid(3)], heads=True)
    assert pull.next_request(lambda identity: identity == rid(3)) is None
    assert pull.is_done


def test_a_want_names_256_at_most() -> None:
    pull = Pull()
    pull.aim([rid(number) for number in range(300)], heads=False)
    request = pull.next_request(nothing)
    assert isinstance(request, AskByIds)
    assert len(request.ids) == WANT_MAX_IDS


def test_withheld_ids_and_their_children_are_given_up() -> None:
    pull = Pull()
    pull.aim([rid(9)], heads=False)
    pull.next_request(nothing)
    pull.orphaned(Missing(rid(9), (rid(8),)), b"child")
    assert pull.answered_untrusted(nothing) == ()
    assert pull.next_request(nothing) == AskByIds((rid(8),))
    assert pull.answered_untrusted(nothing) == (rid(8), rid(9))
    assert pull.is_done


def test_a_parent_that_comes_releases_its_children() -> None:
    pull = Pull()
    pull.aim([rid(9)], heads=False)
    pull.next_request(nothing)
    pull.orphaned(Missing(rid(9), (rid(8), rid(7))), b"child")
    assert pull.stored([rid(8)]) == []
    assert pull.stored([rid(7)]) == [b"child"]


def test_answers_nobody_asked_for_are_refused() -> None:
    with pytest.raises(MalformedFrame):
        Pull().answered_untrusted(nothing)
    with pytest.raises(MalformedFrame):
        Pull().records_came_untrusted()


def test_goals_are_bounded() -> None:
    pull = Pull()
    with pytest.raises(LimitExceeded):
        pull.aim([rid(number) for number in range(GOALS_MAX + 1)], heads=False)


def test_orphans_are_bounded_by_number_and_size() -> None:
    orphans = Orphans()
    for number in range(ORPHANS_MAX):
        assert orphans.has_room(b"small")
        orphans.hold(rid(number), b"small", [rid(1_000 + number)])
    assert not orphans.has_room(b"small")
    orphans.clear()
    orphans.hold(rid(1), bytes(ORPHANS_MAX_BYTES - 10), [rid(2)])
    assert not orphans.has_room(bytes(11))
    assert orphans.has_room(bytes(10))
    orphans.hold(rid(1), b"again, shorter", [rid(2)])
    assert orphans.has_room(bytes(11))


def test_the_top_is_let_go_first() -> None:
    orphans = Orphans()
    orphans.hold(rid(2), b"middle", [rid(1)])
    orphans.hold(rid(3), b"top", [rid(2)])
    orphans.shed_top()
    assert rid(2) in orphans
    assert rid(3) not in orphans
    assert orphans.wanted() == [rid(1)]


@pytest.mark.slow
def test_forks_deeper_than_what_can_be_held_still_converge() -> None:
    alice, bob = actor("alice"), actor("bob")
    befriend(alice, bob)
    base = alice.replica.author()
    bob.replica.take([base.raw], auth_only=False)
    add_branch(alice.replica, b"mallory-", 400, 1, 1)
    add_branch(bob.replica, b"mallory-", 300, 1, 1)
    for one in (alice, bob):
        for _ in range(50):
            one.replica.author()
    wire = Wire(alice, bob)
    wire.settle(300)
    assert alice.replica.store.keys() == bob.replica.store.keys()
    assert alice.replica.count() == 801
