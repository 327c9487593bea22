"""A push that a removal made void, brought back under another name; and the log that shows both."""

from __future__ import annotations

import pytest

from envlsp.domain.ledger.records import Role
from envlsp.domain.release import ReleaseKind
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import Misuse, NoAccess, NotFound
from envlsp.service.access import roles
from envlsp.service.access.rotation import rotate
from envlsp.service.access.scope_members import create_scope, set_scope_role
from envlsp.service.access.scopes import Covers
from envlsp.service.adopting import adopt
from envlsp.service.comparing import log
from envlsp.service.deriving import read_environment
from envlsp.service.pushing import set_value
from envlsp.service.whole_log import Standing, whole_log
from tests.support.cast import FIRST_FILE, Actor, Cast, meet


def values(actor: Actor) -> dict[str, bytes]:
    reading = read_environment(actor.team, actor.context.triple, "node")
    return {name: value.reveal() for name, value in reading.values.items()}


def set_on(actor: Actor, name: str, value: str) -> None:
    set_value(actor.team, actor.context, name, SecretText(value.encode()))


def orphan(cast: Cast) -> tuple[Actor, Actor, str]:
    """Bob pushes NEW while Alice removes him; return her, Carol, and what his release is called."""
    alice, bob, carol = cast.team("bob", "carol")
    bob.pull()
    bob.push(FIRST_FILE + b"NEW=bobs\n", message="bobs work")
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    meet(alice, bob, carol)
    (void,) = [one for one in whole_log(carol.team, carol.context) if one.standing is Standing.VOID]
    assert void.release.label.startswith("v2-")
    return alice, carol, void.release.label


def standings(actor: Actor) -> list[tuple[str, str]]:
    return [(one.release.label, one.standing.value) for one in whole_log(actor.team, actor.context)]


def test_what_bob_pushed_returns_under_carols_name(cast: Cast) -> None:
    alice, carol, label = orphan(cast)
    assert "NEW" not in values(carol)
    made = adopt(carol.team, carol.context, label)
    assert made.made
    assert (made.release.author, made.release.kind) == ("Carol", "adopt")
    assert made.release.message == f"adopt {label} by Bob"
    assert made.release.changed.added == ("NEW",)
    meet(alice, carol)
    assert values(alice)["NEW"] == b"bobs"
    found = alice.team.releases.of(alice.context.triple)
    node = found.history.nodes[found.versions.find("v2")]
    assert node.kind is ReleaseKind.ADOPT
    assert found.versions.label(node.id) == "v2", "a void one of that number makes no label ambiguous"


def test_what_was_released_meanwhile_stays(cast: Cast) -> None:
    _, carol, label = orphan(cast)
    set_on(carol, "API_URL", "https://carol.test")
    adopt(carol.team, carol.context, label)
    now = values(carol)
    assert (now["API_URL"], now["NEW"]) == (b"https://carol.test", b"bobs")


def test_a_name_that_was_changed_meanwhile_is_in_conflict(cast: Cast) -> None:
    _, carol, label = orphan(cast)
    set_on(carol, "NEW", "carols")
    adopt(carol.team, carol.context, label)
    view = carol.team.releases.of(carol.context.triple).view()
    assert [*view.conflicts] == ["NEW"]
    assert {
        candidate.value.reveal() for candidate in view.conflicts[SecretName("NEW")] if candidate.value
    } == {
        b"bobs",
        b"carols",
    }


def test_it_is_adopted_once(cast: Cast) -> None:
    alice, carol, label = orphan(cast)
    first = adopt(carol.team, carol.context, label)
    again = adopt(carol.team, carol.context, label)
    assert (again.made, again.release.label) == (False, first.release.label)
    meet(alice, carol)
    assert not adopt(alice.team, alice.context, label).made


def test_what_counts_is_not_adopted(cast: Cast) -> None:
    _, carol, _ = orphan(cast)
    with pytest.raises(Misuse, match="v1 counts as it is"):
        adopt(carol.team, carol.context, "v1")
    with pytest.raises(NotFound):
        adopt(carol.team, carol.context, "v9")


def test_a_viewer_adopts_nothing(cast: Cast) -> None:
    alice, carol, label = orphan(cast)
    roles.set_role(alice.replica, alice.team.releases, carol.user, Role.VIEWER)
    meet(alice, carol)
    with pytest.raises(NoAccess):
        adopt(carol.team, carol.context, label)


def test_several_void_releases_return_with_the_last(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    for number in range(3):
        set_on(bob, f"STEP_{number}", str(number))
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    meet(alice, bob)
    void = [one for one in whole_log(alice.team, alice.context) if one.standing is Standing.VOID]
    assert len(void) == 3
    adopt(alice.team, alice.context, void[0].release.label)
    assert {"STEP_0", "STEP_1", "STEP_2"} <= values(alice).keys()


# --- log --all ---


def test_the_whole_log_says_what_became_of_each(cast: Cast) -> None:
    alice, carol, label = orphan(cast)
    found = whole_log(alice.team, alice.context)
    assert [one.standing for one in found].count(Standing.REKEY) == 1, "the removal encrypted v1 again"
    (void,) = [one for one in found if one.standing is Standing.VOID]
    assert void.why == f"Alice removed Bob at the same time; envlsp adopt {label} brings it back"
    adopt(carol.team, carol.context, label)
    meet(alice, carol)
    (void,) = [one for one in whole_log(alice.team, alice.context) if one.standing is Standing.VOID]
    assert void.why == "Alice removed Bob at the same time; adopted as v2"


def test_a_new_key_shows_as_rekeys(cast: Cast) -> None:
    (alice,) = cast.team()
    rotate(alice.replica, alice.team.releases)
    assert standings(alice) == [("v1", "rekey"), ("v1", "counts")]
    (rekey, _) = whole_log(alice.team, alice.context)
    assert rekey.why == "encrypts v1 under a newer key"
    assert [release.label for release in log(alice.team, alice.context)] == ["v1"]


def test_what_rests_on_somebody_who_was_removed_says_on_whom(cast: Cast) -> None:
    alice = cast.team()[0]
    bob = cast.join(alice, cast.actor("bob"), Role.ADMIN)
    meet(alice, bob)
    carol = cast.join(bob, cast.actor("carol"))
    carol.pull()
    set_on(carol, "CAROLS", "1")
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    meet(alice, bob, carol)
    (void,) = [one for one in whole_log(alice.team, alice.context) if one.standing is Standing.VOID]
    assert void.why.startswith("Alice removed Bob, on whom Carol's rights rest, at the same time")


def test_a_release_in_a_scope_that_the_name_does_not_mean_is_shadowed(cast: Cast) -> None:
    """What was released to the whole team before the environment was restricted."""
    alice, bob = cast.team("bob")
    scope = create_scope(alice.replica, Covers(*alice.context.triple))
    set_scope_role(alice.replica, alice.team.releases, scope, bob.user, Role.DEVELOPER)
    alice.push(FIRST_FILE + b"RESTRICTED=1\n", force=True)
    found = whole_log(alice.team, alice.context)
    shadowed = [one for one in found if one.standing is Standing.SHADOWED]
    assert shadowed
    assert all(one.why == "it is of the team, and the name means another scope" for one in shadowed)
    assert [one.release.label for one in found if one.standing is Standing.COUNTS] == ["v1"]
