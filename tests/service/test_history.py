"""The releases of an environment in memory: what they have in common is kept once."""

from __future__ import annotations

from envlsp.domain.secret import SecretName
from tests.support.cast import FIRST_FILE, Cast


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
