"""Joining without a network: Bob's machine is in a cellar, and only paper and a stick go there."""

from __future__ import annotations

from pathlib import Path

import pytest

from envlsp.crypto.device import device_keys
from envlsp.crypto.requests import seal_welcome
from envlsp.domain.ledger.records import Grant, Role
from envlsp.errors import BadConfig, BadText, Misuse, NoAccess, StoreError, TrustError
from envlsp.service.access import roles
from envlsp.service.context import Project, open_project
from envlsp.service.joining import by_hand
from envlsp.service.joining.by_hand import Asked, LetIn
from envlsp.service.results import JoinResult
from envlsp.store.keyfile import DeviceSeeds
from envlsp.wire.requests import WelcomeFile
from tests.support.cast import FIRST_FILE, Actor, Cast, assert_in_step, give, meet


@pytest.fixture
def alice(cast: Cast) -> Actor:
    """Alice, who founded a team and pushed v1."""
    return cast.team()[0]


@pytest.fixture
def bob(cast: Cast, alice: Actor) -> Actor:
    """Bob, who has a clone and no network."""
    bob = cast.actor("bob")
    (bob.root / "ev.yaml").write_bytes((alice.root / "ev.yaml").read_bytes())
    return bob


def ask(actor: Actor) -> Asked:
    return by_hand.ask(actor.service, actor.person, actor.talk)


def answer(admin: Actor, text: str, role: Role = Role.DEVELOPER, name: str = "welcome") -> LetIn:
    return by_hand.let_in(admin.opened, text, role, admin.talk, admin.folder / name)


def arrive(actor: Actor, welcome: Path, project: Project | None = None) -> JoinResult:
    return by_hand.arrive(
        actor.service, project or open_project(actor.root), welcome.read_bytes(), actor.talk
    )


def test_a_request_and_a_welcome_make_bob_a_developer(alice: Actor, bob: Actor) -> None:
    asked = ask(bob)
    made = answer(alice, asked.text)
    assert made.words == asked.words
    assert any(asked.words in line for line in alice.talk.heard)
    bob.restart()  # days later
    result = arrive(bob, made.welcome)
    assert (result.inviter, result.words, result.members) == ("Alice", asked.words, 2)
    assert bob.pull().release.label == "v1"
    bob.push(FIRST_FILE + b"FROM_THE_CELLAR=1\n")
    meet(alice, bob)
    assert_in_step(alice, bob)
    assert alice.replica.state.members[bob.user].role is Role.DEVELOPER
    assert bob.service.pending.all() == ()


def test_a_welcome_says_nothing_to_anybody_else(cast: Cast, alice: Actor, bob: Actor) -> None:
    made = answer(alice, ask(bob).text)
    eve = cast.actor("eve")
    (eve.root / "ev.yaml").write_bytes((alice.root / "ev.yaml").read_bytes())
    with pytest.raises(BadText, match="no request"):
        arrive(eve, made.welcome)
    ask(eve)
    with pytest.raises(BadText, match="no request"):
        arrive(eve, made.welcome)
    data = made.welcome.read_bytes()
    assert b"Alice" not in data
    assert bytes(alice.replica.team) not in data
    assert made.welcome.stat().st_mode & 0o077 == 0


def test_a_request_works_once(alice: Actor, bob: Actor) -> None:
    asked = ask(bob)
    made = answer(alice, asked.text)
    with pytest.raises(Misuse, match="key already introduced"):
        answer(alice, asked.text, name="again")
    assert len(alice.replica.state.members) == 2
    arrive(bob, made.welcome)
    with pytest.raises(BadText, match="no request"):
        arrive(bob, made.welcome)


def test_a_request_of_somebody_who_was_removed_brings_nobody_back(alice: Actor, bob: Actor) -> None:
    asked = ask(bob)
    arrive(bob, answer(alice, asked.text).welcome)
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    with pytest.raises(Misuse, match="key already introduced"):
        answer(alice, asked.text, name="again")
    give(alice, bob)
    result = arrive(bob, answer(alice, ask(bob).text, name="anew").welcome)
    bob.restart()
    assert result.members == 2
    assert bob.pull(force=True).release.label == "v1"


def test_who_reads_other_words_is_not_let_in(alice: Actor, bob: Actor) -> None:
    alice.talk.agrees = False
    with pytest.raises(Misuse, match="you said no"):
        answer(alice, ask(bob).text)
    assert len(alice.replica.state.members) == 1
    assert not (alice.folder / "welcome").exists()


def test_only_an_admin_answers(cast: Cast) -> None:
    _, carol = cast.team("carol")
    bob = cast.actor("bob")
    with pytest.raises(NoAccess):
        answer(carol, ask(bob).text)


def test_nobody_is_let_in_where_the_file_cannot_be_written(alice: Actor, bob: Actor) -> None:
    text = ask(bob).text
    (alice.folder / "taken").write_bytes(b"mine")
    for name in ("taken", "nowhere/welcome"):
        with pytest.raises(StoreError):
            answer(alice, text, name=name)
    assert (alice.folder / "taken").read_bytes() == b"mine"
    assert len(alice.replica.state.members) == 1


def test_nobody_is_let_in_where_the_history_is_too_long(
    alice: Actor, bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_hand, "WELCOME_MAX_BYTES", 66_000)
    with pytest.raises(Misuse, match="more than a welcome carries"):
        answer(alice, ask(bob).text)
    assert len(alice.replica.state.members) == 1


def test_a_welcome_of_another_team_is_refused(cast: Cast, alice: Actor, bob: Actor) -> None:
    eve = cast.actor("eve").found()
    made = answer(eve, ask(bob).text)
    with pytest.raises(TrustError, match="names another"):
        arrive(bob, made.welcome)
    assert bob.service.vault.open().teams() == ()
    assert len(bob.service.pending.all()) == 1


def test_outside_a_project_the_person_confirms_the_team(alice: Actor, bob: Actor) -> None:
    made = answer(alice, ask(bob).text)
    bob.talk.agrees = False
    with pytest.raises(TrustError, match="you said no"):
        by_hand.arrive(bob.service, None, made.welcome.read_bytes(), bob.talk)
    assert bob.service.vault.open().teams() == ()
    bob.talk.agrees = True
    by_hand.arrive(bob.service, None, made.welcome.read_bytes(), bob.talk)
    assert "the welcome is for the team tm1" in bob.talk.asked[-1]


def test_who_is_in_does_not_arrive_again(alice: Actor, bob: Actor) -> None:
    first, second = ask(bob), ask(bob)
    arrive(bob, answer(alice, first.text).welcome)
    made = answer(alice, second.text, name="second")
    with pytest.raises(BadConfig, match="already"):
        arrive(bob, made.welcome)


@pytest.mark.parametrize("damage", ("cut", "flip", "empty", "noise"))
def test_a_damaged_welcome_changes_nothing(alice: Actor, bob: Actor, damage: str) -> None:
    made = answer(alice, ask(bob).text)
    data = made.welcome.read_bytes()
    made.welcome.write_bytes(
        {"cut": data[:-9], "flip": data[:-1] + bytes([data[-1] ^ 1]), "empty": b"", "noise": b"x" * 99}[
            damage
        ]
    )
    with pytest.raises(BadText):
        arrive(bob, made.welcome)
    assert bob.service.vault.open().teams() == ()
    made.welcome.write_bytes(data)
    arrive(bob, made.welcome)


def forged(alice: Actor, bob: Actor, records: list[bytes]) -> bytes:
    """Return a welcome that Eve puts together of records, for the request that waits on Bob's device."""
    waiting = bob.service.pending.all()[-1]
    xpk = device_keys(*DeviceSeeds(*waiting.seeds)).xpk
    granted = alice.replica.ledger.records()[-1].id
    return seal_welcome(WelcomeFile(alice.replica.team, (), granted, tuple(records)), xpk)


def test_records_that_do_not_let_bob_in_are_not_kept(alice: Actor, bob: Actor) -> None:
    ask(bob)
    whole = alice.raws()
    altered = bytearray(whole[-1])
    altered[-1] ^= 1
    for records in (whole, whole[1:], [*whole[:-1], bytes(altered)], [b"noise"], whole[::-1]):
        with pytest.raises(TrustError, match="does not let this device in"):
            by_hand.arrive(bob.service, open_project(bob.root), forged(alice, bob, records), bob.talk)
    assert bob.service.vault.open().teams() == ()
    assert not (bob.home / "teams").exists()


def test_a_grant_that_is_void_lets_nobody_in(cast: Cast, alice: Actor, bob: Actor) -> None:
    """Carol grants Bob while Alice removes her: the welcome shows both."""
    carol = cast.join(alice, cast.actor("carol"), Role.ADMIN)
    meet(alice, carol)
    made = answer(carol, ask(bob).text)
    roles.revoke(alice.replica, alice.team.releases, [carol.user])
    meet(alice, carol)
    with pytest.raises(TrustError, match="does not let this device in"):
        by_hand.arrive(bob.service, open_project(bob.root), forged(alice, bob, alice.raws()), bob.talk)
    # What Carol wrote before that is all that Bob has to go by: he learns of it when he meets somebody.
    arrive(bob, made.welcome)
    meet(alice, bob)
    assert not bob.replica.state.is_active(bob.replica.keys.dpk)


def test_the_grant_carries_the_proof_over_no_team(alice: Actor, bob: Actor) -> None:
    answer(alice, ask(bob).text, Role.VIEWER)
    grants = [r.header.pub for r in alice.replica.ledger.records() if isinstance(r.header.pub, Grant)]
    assert [pub.role for pub in grants] == [Role.VIEWER]
