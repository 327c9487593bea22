"""A document of the team is edited through its masks, and becomes a release."""

from __future__ import annotations

import pytest

from envlsp.domain.ledger.records import Role
from envlsp.domain.secret import MASK
from envlsp.errors import BadText, ConflictedName, Misuse, NoAccess, Stale
from envlsp.service.access import roles
from envlsp.service.editing import save
from envlsp.service.pushing import Made
from envlsp.service.showing import show
from tests.support.cast import FIRST_FILE, Actor, Cast, meet


@pytest.fixture
def alice(cast: Cast) -> Actor:
    (alice,) = cast.team()
    return alice


def text_of(actor: Actor) -> str:
    return show(actor.team, actor.context.triple, actor.context.dialect).to_text()


def edit(actor: Actor, *changes: tuple[str, str]) -> Made:
    """Change what somebody sees, and save it."""
    text = text_of(actor)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return save(actor.team, actor.context, text, "edited")


def test_nothing_changed_is_no_release(alice: Actor) -> None:
    made = edit(alice)
    assert (made.made, made.release.label) == (False, "v1")


def test_a_typed_value_takes_the_place_of_its_mask_and_nothing_else_moves(alice: Actor) -> None:
    alice.file.unlink()
    made = edit(alice, (f"TOKEN={MASK}", "TOKEN=typed"), (f"DB={MASK}", f"DB={MASK}\nNEW=1"))
    assert (made.made, made.release.label) == (True, "v2")
    assert (made.release.changed.added, made.release.changed.changed) == (("NEW",), ("TOKEN",))
    alice.pull()
    after = FIRST_FILE.replace(b'"a b#c"', b"typed").replace(b"}/db\n", b"}/db\nNEW=1\n")
    assert alice.file.read_bytes() == after


def test_what_came_in_between_is_never_undone_unseen(alice: Actor) -> None:
    text = text_of(alice)
    alice.push(FIRST_FILE + b"FROM_BOB=1\n")
    with pytest.raises(Stale, match="newest release"):
        save(alice.team, alice.context, text.replace(f"TOKEN={MASK}", "TOKEN=typed"))


def test_the_first_lines_say_which_release_it_is(alice: Actor) -> None:
    with pytest.raises(Stale, match="does not begin"):
        edit(alice, ("v1 by", "v9 by"))


def test_a_mask_that_could_be_anything_is_refused_with_its_line(alice: Actor) -> None:
    with pytest.raises(BadText, match=r"line \d+: nobody can tell"):
        edit(alice, (f"TOKEN={MASK}", f"TOKEN={MASK}x"))


def test_a_value_no_release_can_carry_is_refused_with_the_line_people_see(alice: Actor) -> None:
    shown = text_of(alice).splitlines()
    line = next(number for number, text in enumerate(shown, 1) if "TOKEN=" in text)
    with pytest.raises(BadText, match=f"line {line}"):
        edit(alice, (f"TOKEN={MASK}", "TOKEN=a\0b"))


def test_an_emptied_document_takes_nothing_away(alice: Actor) -> None:
    head, _, _ = text_of(alice).partition("\n\n")
    with pytest.raises(Misuse, match="no name is left"):
        save(alice.team, alice.context, f"{head}\n\n")


def test_viewers_only_look(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.VIEWER)
    meet(alice, bob)
    with pytest.raises(NoAccess):
        edit(bob, (f"TOKEN={MASK}", "TOKEN=typed"))


def test_a_conflict_is_settled_first(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    alice.push(FIRST_FILE + b"A=1\n")
    bob.push(FIRST_FILE + b"A=2\n")
    meet(alice, bob)
    with pytest.raises(ConflictedName):
        edit(alice, (f"TOKEN={MASK}", "TOKEN=typed"))
