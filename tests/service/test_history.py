"""The releases of an environment in memory: what they have in common is kept once."""

from __future__ import annotations

import pytest

from envlsp.domain.secret import SecretName
from envlsp.service.access import roles
from envlsp.service.pushing import push
from tests.support.cast import FIRST_FILE, Cast, meet


def test_releases_share_what_did_not_change(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(FIRST_FILE.replace(b"x.test", b"y.test"))
    alice.restart()
    found = alice.team.releases.of(alice.context.triple)
    first, second = (found.snapshots[record] for record in found.history.in_order())
    assert first.layout is second.layout
    assert first.layout is not None
    token, url = SecretName("TOKEN"), SecretName("API_URL")
    assert first.entries[token] is second.entries[token]
    assert first.entries[url] != second.entries[url]
    assert [id(name) for name in first.entries] == [id(name) for name in second.entries]
    assert found.opened[found.history.heads()[0]].snapshot is second


def test_what_came_to_one_environment_is_no_news_for_another(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    (alice.root / ".env.prod").write_bytes(b"A=1\n")
    prod = alice.service.open(alice.root, ":prod")
    push(prod.team, prod.context, "")
    releases = alice.team.releases
    before = releases.of(alice.context.triple), releases.of(prod.context.triple)
    alice.push(FIRST_FILE + b"NEW=1\n")
    after = releases.of(alice.context.triple), releases.of(prod.context.triple)
    assert after[0] is not before[0]
    assert after[1] is before[1]
    meet(alice, bob)
    bob.pull()
    bob.push(FIRST_FILE + b"NEW=2\n")
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    meet(alice, bob)
    voided = releases.of(alice.context.triple)
    assert [voided.history.nodes[record].void for record in voided.history.in_order()].count(True) == 1
    assert releases.of(prod.context.triple) is not before[1], "a removal may concern any release"


def test_what_a_failed_write_has_left_in_memory_is_forgotten(cast: Cast) -> None:
    (alice,) = cast.team()
    releases = alice.team.releases
    before = releases.of(alice.context.triple).history.heads()

    def push_and_fail() -> None:
        with alice.replica.writing():
            alice.push(FIRST_FILE + b"NEW=1\n")
            assert releases.of(alice.context.triple).history.heads() != before
            raise RuntimeError

    with pytest.raises(RuntimeError):
        push_and_fail()
    assert releases.of(alice.context.triple).history.heads() == before
    alice.push(FIRST_FILE + b"NEW=2\n")
    assert len(releases.of(alice.context.triple).history.nodes) == 2
