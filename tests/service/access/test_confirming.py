"""Somebody is trusted again after their latest records were asked for, never before."""

from __future__ import annotations

from envlsp.domain.ledger.records import Role
from envlsp.service.access import roles
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.trusting import trust
from tests.support.cast import Actor, Cast, give, meet


class Postman(Courier):
    """Brings, when it is asked for news, what one teammate has; and notes what it was asked for."""

    def __init__(self, at: Actor, source: Actor) -> None:
        super().__init__(at.service, at.opened, at.talk.say)
        self._at, self._source = at, source
        self.asked: list[str] = []

    def fetch(self, *, leaving: bool = False) -> bool:
        self.asked.append("fetch")
        give(self._source, self._at)
        return True

    def deliver(self, *, leaving: bool = False) -> int:
        self.asked.append("deliver")
        return 1


def test_a_confirmation_syncs_first_and_hands_on_after(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob, carol)
    roles.revoke(bob.replica, bob.team.releases, [alice.user])
    give(bob, carol)
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    assert alice.user not in carol.replica.state.members, "she has not heard of the answer"

    postman = Postman(carol, alice)
    confirmed = trust(postman, carol.team, "alice")
    assert postman.asked == ["fetch", "deliver"]
    assert [doubt.who for doubt in confirmed.ended] == ["Alice <alice@example.com>"]
    assert confirmed.left == []
