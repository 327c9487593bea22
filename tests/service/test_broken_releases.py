"""A release of which a value does not open: it has its place in the history, and says nothing."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from envlsp.crypto import envelope
from envlsp.domain.secret import SecretName
from envlsp.errors import CannotOpen
from envlsp.service.comparing import log
from tests.support.cast import Actor, Cast, give


def push_broken(actor: Actor, data: bytes) -> None:
    """Push a release whose first value is sealed for another name, as a hostile device could."""
    seal = envelope.seal_value
    with patch.object(envelope, "seal_value", lambda text, dek, _name: seal(text, dek, SecretName("OTHER"))):
        actor.push(data, "broken")


def test_it_changes_nothing_and_is_shown_as_void(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    push_broken(bob, b"A=evil\n")
    give(bob, alice)
    found = alice.team.releases.of(alice.context.triple)
    view = found.view()
    assert found.versions.label(view.heads[0]) == "v1"
    assert "A" not in view.entries
    newest, first = log(alice.team, alice.context)
    assert (newest.message, newest.void) == ("broken", True)
    assert (first.message, first.void) == ("first", False)
    broken = next(record for record in found.history.nodes if record not in found.snapshots)
    with pytest.raises(CannotOpen):
        _ = found.snapshots[broken]


def test_work_goes_on_beside_it(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    push_broken(bob, b"A=evil\n")
    give(bob, alice)
    alice.push(b"A=good\n", "good", force=True)
    found = alice.team.releases.of(alice.context.triple)
    assert [text.reveal() for text in found.view().entries.values()] == [b"good"]
    assert len(found.view().heads) == 1
    alice.restart()
    assert [
        text.reveal() for text in alice.team.releases.of(alice.context.triple).view().entries.values()
    ] == [b"good"]
