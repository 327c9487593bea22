"""Somebody outside a scope holds its releases by the hundred, and that costs them next to nothing."""

from __future__ import annotations

import pytest

from envlsp.crypto.epochs import Keyring
from envlsp.domain.ids import EpochId
from tests.support.cast import Cast, give, meet
from tests.support.scoped import at, give_value, restrict

pytestmark = pytest.mark.slow  # thirty releases


def test_what_is_closed_is_counted_by_its_key_and_looked_at_when_keys_come(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = cast.team("bob")
    restrict(alice)
    for number in range(30):
        give_value(alice, "A", str(number))
    meet(alice, bob)
    releases, dev = bob.team.releases, at(bob, "dev").triple
    assert not releases.waits(dev)
    asked: list[EpochId] = []
    real = Keyring.key_of

    def counting(ring: Keyring, epoch: EpochId) -> object:
        asked.append(epoch)
        return real(ring, epoch)

    monkeypatch.setattr(Keyring, "key_of", counting)
    for _ in range(20):
        assert not releases.waits(dev)
        assert releases.of(dev).history.heads()
    assert asked == []
    give_value(alice, "A", "another")  # no key comes with it
    give(alice, bob)
    asked.clear()
    assert not releases.waits(dev)
    assert len(asked) == 1  # of the one release that is new
