"""`invite --link`, `invite list`, `invite cancel` and `join LINK`, where nobody can be met."""

from __future__ import annotations

from tests.support.cli import failed
from tests.support.desks import Desk


def test_links_need_a_server_to_meet_at(alice: Desk) -> None:
    failed(alice("invite", "--link", "--offline"), 7, saying="no signaling server")
    failed(alice("access", "grant", "carol@example.com", "--link", "--offline"), 7, saying="signaling")


def test_options_of_a_link_are_for_a_link(alice: Desk) -> None:
    failed(alice("invite", "--uses", "2"), 2, saying="add --link")
    failed(alice("invite", "--for", "7d"), 2, saying="add --link")


def test_there_are_no_links_and_none_to_cancel(alice: Desk) -> None:
    assert alice.json("invite", "list") == {"invitations": []}
    failed(alice("invite", "cancel", "abcdef01", "--offline"), 1, saying="no invitation")


def test_a_broken_link_is_told_and_never_quoted(bob: Desk) -> None:
    result = bob("join", "envlsp://join#mzxw6ytboi", "--as", "Bob")
    failed(result, 2, saying="cut short")
    assert "mzxw6ytboi" not in result.text


def test_what_cannot_be_a_code_is_told_before_anybody_is_asked(bob: Desk) -> None:
    failed(bob("join", "envlsp://join#mzxw6ytboi"), 2, saying="cut short")
    failed(bob("join", "no-such-file"), 2, saying="a code is six digits and three words")
