"""Names: claims of strangers, shown safely, found again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.ledger.records import Role
from envlsp.errors import AmbiguousName, BadText, NotFound
from envlsp.service.people import Person, parse_person, printable, role_from_word
from tests.support.cast import Cast


@pytest.mark.parametrize(
    ("text", "name", "address"),
    (
        ("Alice <alice@example.com>", "Alice", "alice@example.com"),
        ("alice@example.com", "alice", "alice@example.com"),
        ("  Alice  ", "Alice", ""),
        ("Zoë Ångström <z@x.test>", "Zoë Ångström", "z@x.test"),
        ('"Smith, Jo" <jo@x.test>', "Smith, Jo", "jo@x.test"),
        ("Smith, Jo <jo@x.test>", "Smith, Jo", "jo@x.test"),
    ),
)
def test_a_person_is_read_from_text(text: str, name: str, address: str) -> None:
    person = parse_person(text, "laptop")
    assert (person.name, person.address, person.device) == (name, address, "laptop")


@pytest.mark.parametrize(
    "text", ("", "  ", "A\nB", "\x1b[2J", "A\x7fB", "A\u202eB", "<@>", '""', "A <b", "A <b@c> d", "a@b@c")
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BadText):
        parse_person(text, "laptop")


@given(st.text(max_size=30))
def test_a_name_survives_being_written_down(text: str) -> None:
    try:
        person = parse_person(text, "laptop")
    except BadText:
        return
    assert person.name or person.address
    assert person.name.isprintable()
    assert person.address.isprintable()
    assert parse_person(person.display_name, "laptop") == person


@given(st.text(max_size=30))
def test_no_text_moves_a_terminals_cursor(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert shown.isprintable()


def test_roles_are_words() -> None:
    assert [role_from_word(word) for word in ("viewer", "developer", "admin")] == [1, 2, 3]
    for word in ("guest", "root", "Admin", ""):
        with pytest.raises(BadText):
            role_from_word(word)


def test_members_are_listed_founder_first(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    for actor in (alice, bob):
        founder, second = actor.team.people.list()
        assert (founder.name, founder.address, founder.role) == ("Alice", "alice@example.com", "admin")
        assert (second.name, second.role, second.devices[0][1]) == ("Bob", "viewer", "bobs-laptop")
        assert (founder.is_self, second.is_self) == (actor is alice, actor is bob)


def test_a_name_with_control_characters_is_shown_without_them(cast: Cast) -> None:
    (alice,) = cast.team()
    eve = cast.actor("eve")
    eve.person = Person("Alice\x1b[2J\r\u202e", "eve@x.test", "lap\ntop")
    cast.join(alice, eve)
    for actor in (alice, eve):
        shown = actor.team.people.list()[-1]
        text = f"{shown.name}{shown.address}{shown.devices[0][1]}"
        assert text.isprintable()
        assert "Alice" in text


def test_a_name_that_is_nothing_but_noise_is_still_somebody(cast: Cast) -> None:
    (alice,) = cast.team()
    eve = cast.actor("eve")
    eve.person = Person("", "", "")
    cast.join(alice, eve)
    shown = alice.team.people.list()[-1]
    assert shown.name
    assert alice.team.people.find(shown.id) == eve.user


def test_somebody_is_found_by_name_address_or_the_start_of_the_id(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    find, user = alice.team.people.find, bob.user
    for word in (
        "Bob",
        "bob",
        " BOB ",
        "bob@example.com",
        "Bob <bob@example.com>",
        user.hex()[:8],
        user.hex(),
    ):
        assert find(word) == user
    for word in ("", "Bo", "carol", user.hex()[:3], "example.com"):
        with pytest.raises(NotFound):
            find(word)


def test_two_of_one_name_are_told_apart(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    other = cast.actor("other")
    other.person = Person("Bob", "bob@elsewhere.test", "phone")
    cast.join(alice, other)
    with pytest.raises(AmbiguousName) as ambiguous:
        alice.team.people.find("bob")
    assert bob.user.hex()[:8] in ambiguous.value.detail
    assert other.user.hex()[:8] in ambiguous.value.detail
    assert alice.team.people.find("bob@elsewhere.test") == other.user


def test_a_name_that_looks_like_the_start_of_an_id_fools_nobody(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    eve = cast.actor("eve")
    eve.person = Person(bob.user.hex()[:8], "", "")
    cast.join(alice, eve)
    with pytest.raises(AmbiguousName):
        alice.team.people.find(bob.user.hex()[:8])
