"""A team on a server whose operator wants to be shown a token."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from envlsp.errors import SignalingUnreachable
from envlsp.service.doctor.examining import examine
from envlsp.service.network import errands
from tests.support.cast import FIRST_FILE, Actor, Cast
from tests.support.network_cast import Server, agent, join_by_code, let_in

pytestmark = pytest.mark.slow

PLANTED = "pl4nted-c0rrect-horse"


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("ENVLSP_SIGNALING_TOKEN_HASH", hashlib.sha256(PLANTED.encode()).hexdigest())
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


def comer(cast: Cast, server: Server, name: str) -> Actor:
    actor = cast.actor(name)
    actor.environ["ENVLSP_SIGNALING"] = server.url
    return actor


def said_by_doctor(actor: Actor) -> str:
    return "\n".join(f"{each}" for section in examine(actor.service, actor.root) for each in section.findings)


def test_who_has_the_token_joins_pushes_and_is_well(cast: Cast, guarded: Server, tmp_path: Path) -> None:
    alice, bob = comer(cast, guarded, "alice"), comer(cast, guarded, "bob")
    alice.found().push()
    alice.environ["ENVLSP_SIGNALING_TOKEN"] = f"127.0.0.1={PLANTED}"
    file = tmp_path / "tokens"
    file.write_text(f"127.0.0.1={PLANTED}\n")
    file.chmod(0o600)
    bob.environ["ENVLSP_SIGNALING_TOKEN_FILE"] = str(file)
    let_in(alice, bob)
    log = tmp_path / "agent.log"
    with agent(bob, log):
        alice.push(FIRST_FILE + b"NEW=1\n")
        opened = alice.service.open(alice.root)
        assert errands.sync(alice.service, opened).in_sync == 1
    bob.restart()
    assert bob.raws() == alice.raws()
    told = said_by_doctor(alice)
    assert "passes sealed bytes on" in told
    for text in (told, log.read_text(), guarded.log.read_text(), repr(alice.service)):
        assert PLANTED not in text


def test_who_has_none_is_told_where_it_belongs(cast: Cast, guarded: Server) -> None:
    alice, bob = comer(cast, guarded, "alice"), comer(cast, guarded, "bob")
    alice.found()
    with pytest.raises(SignalingUnreachable, match="wants a token") as refused:
        join_by_code(bob, "123456-abandon-ability-able", None, guarded.url)
    assert "ENVLSP_SIGNALING_TOKEN" in (refused.value.fix or "")
    assert "ENVLSP_SIGNALING_TOKEN" in said_by_doctor(alice)
    alice.environ["ENVLSP_SIGNALING_TOKEN"] = f"elsewhere.example={PLANTED}"
    assert "it wants a token" in said_by_doctor(alice)
    alice.environ["ENVLSP_SIGNALING_TOKEN"] = PLANTED
    told = said_by_doctor(alice)
    assert "unset ENVLSP_SIGNALING_TOKEN" in told
    assert PLANTED not in told
