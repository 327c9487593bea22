"""What an editor has asked that goes by a default otherwise."""

from __future__ import annotations

import pytest

from envlsp.errors import UsageError
from tests.support.cast import Cast
from tests.support.verb_desk import Editor


def test_a_role_is_asked_for_where_a_question_mark_is_given(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    window = Editor(alice)
    window.talk.wanted = "viewer"
    assert window.run("access.grant", who="bob", role="?", offline=True)["role"] == "viewer"
    assert [value for value, _, _ in window.talk.offered] == ["developer", "viewer", "admin"]
    window.talk.offered = []
    assert window.run("access.grant", who="bob", offline=True)["role"] == "developer"
    assert window.talk.offered == []


def test_what_protects_a_device_is_asked_for(cast: Cast) -> None:
    alice = cast.actor("alice")
    cast.team("bob")
    window = Editor(alice)
    window.talk.wanted = "passphrase"
    assert window.run("protect", with_="?")["protection"] == "passphrase"
    assert [value for value, _, _ in window.talk.offered] == ["passphrase", "keyring", "key-file"]
    with pytest.raises(UsageError):
        window.run("protect", with_="hope")
