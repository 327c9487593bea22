"""How a device is unlocked, and that it is asked no more than needed."""

from __future__ import annotations

import pytest

from envlsp.errors import EnvlspError, Locked, Misuse, NotInitialised
from envlsp.service.facade import Service
from envlsp.service.vault import MOVED
from envlsp.store import machine
from envlsp.store.keyfile import create_device_key, with_passphrase
from tests.support.cast import FIRST_FILE, Actor, Cast, QuietTalk


def with_passphrase_device(actor: Actor) -> Service:
    """Return the service of a device that is protected by a passphrase and in no team."""
    service = Service(actor.talk, environ=actor.environ)
    service.home.make()
    create_device_key(service.home.device_key, with_passphrase(b"a passphrase"))
    return service


def test_a_new_device_with_a_key_file_warns_and_asks_nothing(cast: Cast) -> None:
    alice = cast.actor("alice")
    assert not alice.service.vault.exists
    with pytest.raises(EnvlspError):
        alice.service.vault.open()
    alice.service.vault.open_or_create()
    assert alice.talk.asked == []
    assert any("warning" in line and str(alice.key_file) in line for line in alice.talk.heard)
    assert alice.key_file.stat().st_mode & 0o777 == 0o600
    assert alice.service.vault.open().teams() == ()


@pytest.mark.slow
def test_a_passphrase_is_asked_for_once(cast: Cast) -> None:
    service = with_passphrase_device(cast.actor("alice"))
    service.vault.open()
    service.vault.open()
    assert cast.actor("alice").talk.asked == ["passphrase of this device"]


@pytest.mark.slow
def test_a_wrong_passphrase_opens_nothing_and_is_not_repeated(cast: Cast) -> None:
    alice = cast.actor("alice")
    with_passphrase_device(alice)

    class Forgetful(QuietTalk):
        def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
            return b"hunter2"

    with pytest.raises(EnvlspError) as refused:
        Service(Forgetful(), environ=alice.environ).vault.open()
    assert "hunter2" not in str(refused.value)


def test_the_key_file_of_another_device_opens_nothing(cast: Cast) -> None:
    alice, bob = cast.actor("alice").found(), cast.actor("bob").found()
    alice.close()
    alice.key_file.write_bytes(bob.key_file.read_bytes())
    alice.restart()
    with pytest.raises(Locked):
        alice.service.vault.open()


def test_a_device_is_in_the_teams_it_joined_and_no_other(cast: Cast) -> None:
    alice, eve = cast.actor("alice").found(), cast.actor("eve").found()
    with pytest.raises(NotInitialised) as refused:
        alice.service.vault.keys(eve.replica.team)
    assert refused.value.fix == "envlsp join CODE"


def test_a_team_joined_by_another_process_is_seen_after_a_reload(cast: Cast) -> None:
    alice = cast.actor("alice").found()
    running = alice.start()
    assert len(running.vault.open().teams()) == 1
    seeds = alice.service.vault.open().seeds(alice.replica.team)
    assert seeds is not None
    from envlsp.domain.ids import TeamId

    alice.service.vault.open().add_team(TeamId(bytes(32)), seeds)
    running.vault.reload()
    assert len(running.vault.open().teams()) == 2


def test_who_says_the_device_has_moved_may_write(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = cast.actor("alice").found()
    monkeypatch.setattr(machine, "machine_hint", lambda: "the new machine")
    alice.restart()
    with pytest.raises(Misuse) as refused:
        alice.push()
    assert refused.value.fix is not None
    assert MOVED in refused.value.fix
    alice.environ[MOVED] = "1"
    alice.restart()
    assert alice.push().made
    del alice.environ[MOVED]
    alice.restart()
    assert alice.push(FIRST_FILE + b"A=1\n").made
