"""Coming back where some environments have readers of their own: keys, links and removals of every scope."""

from __future__ import annotations

from pathlib import Path

import pytest

from envlsp.domain.ids import TEAM_SCOPE, ScopeId
from envlsp.domain.ledger.records import Grant
from envlsp.service.access.rotation import scopes
from envlsp.service.ci import keys
from envlsp.service.ci.exporting import export
from envlsp.service.environments import create_restricted
from envlsp.service.facade import Opened
from envlsp.service.pushing import push
from envlsp.service.recovery import acting
from envlsp.service.recovery.backups import write_backup
from tests.support.cast import Actor, Cast, assert_in_step, give, meet
from tests.support.network_cast import clone
from tests.support.recovering import Writer, come_back, team_with_words


def restricted(actor: Actor, env: str, data: bytes) -> ScopeId:
    """Make an environment that only admins read so far, with a release."""
    here = opened(actor, env)
    scope = create_restricted(here.team, here.context.triple)
    here.context.file.write_bytes(data)
    push(here.team, here.context)
    return scope


def opened(actor: Actor, env: str) -> Opened:
    return actor.service.open(actor.root, env=env)


def value(actor: Actor, env: str, name: str) -> str:
    here = opened(actor, env)
    view = here.team.releases.of(here.context.triple).view()
    return {str(key): text.reveal_text() for key, text in view.entries.items()}[name]


def backed_up(actor: Actor) -> Path:
    path = actor.folder / "team.backup"
    write_backup(actor.replica, path, ())
    return path


def test_the_words_open_every_scope_and_remove_from_all(cast: Cast) -> None:
    words, (alice, bob) = team_with_words(cast, "bob")
    made = [restricted(alice, env, f"KEY={env}\n".encode()) for env in ("prod", "stage")]
    meet(alice, bob)
    backup = backed_up(bob)  # who reads none of them
    dave = cast.actor("dave")
    clone(alice, dave)
    come_back(dave, words, backup, remove=("alice",))
    assert [value(dave, env, "KEY") for env in ("prod", "stage")] == ["prod", "stage"]
    state, gone = dave.replica.state, alice.replica.keys.dpk
    for scope in (TEAM_SCOPE, *made):
        current = state.current_epoch(scope)
        assert current is not None
        assert gone not in state.epochs[current].recipients
        assert state.epochs[current].n > 1
    here = opened(dave, "prod")
    here.context.file.write_bytes(b"KEY=newer\n")
    push(here.team, here.context, force=True)
    give(dave, alice)
    assert value(alice, "prod", "KEY") == "prod", "what came later is closed to whoever was removed"
    give(dave, bob)
    assert bob.replica.ledger.heads() == dave.replica.ledger.heads()


def test_other_words_renew_every_scope(cast: Cast) -> None:
    words, (alice,) = team_with_words(cast)
    made = [restricted(alice, env, f"KEY={env}\n".encode()) for env in ("prod", "stage")]
    come_back(alice, words, None, here=alice.team.id, new_words=True)
    state = alice.replica.state
    for scope in (TEAM_SCOPE, *made):
        current = state.current_epoch(scope)
        assert current is not None
        assert state.root.root_sign in state.epochs[current].recipients
        assert state.exposed >= {e.id for e in state.epochs.values() if e.scope == scope} - {current}
    assert isinstance(alice.talk, Writer)
    dave = cast.actor("dave")
    clone(alice, dave)
    come_back(dave, alice.talk.words(), backed_up(alice))
    assert value(dave, "prod", "KEY") == "prod"
    meet(alice, dave)
    assert_in_step(alice, dave)


def test_more_scopes_than_one_record_has_room_for(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    words, (alice,) = team_with_words(cast)
    for number in range(4):
        restricted(alice, f"e{number}", b"KEY=1\n")
    backup = backed_up(alice)
    dave = cast.actor("dave")
    clone(alice, dave)
    monkeypatch.setattr(acting, "SEALS_MAX", 2)
    monkeypatch.setattr("envlsp.service.access.rotation.EPOCHS_MAX_BYTES", 700)
    come_back(dave, words, backup, remove=("alice",), new_words=True)
    (grant,) = [r.header.pub for r in dave.replica.ledger.records() if isinstance(r.header.pub, Grant)]
    assert len(grant.seals) <= 2
    state = dave.replica.state
    assert len(scopes(state)) == 5
    assert all(state.current_epoch(scope) for scope in scopes(state))
    assert all(value(dave, f"e{number}", "KEY") == "1" for number in range(4))
    own = dave.replica.keys.dpk
    assert all(own in state.epochs[state.current[scope]].recipients for scope in scopes(state))


def test_a_bundle_of_a_restricted_environment_is_noted_where_its_readers_see_it(cast: Cast) -> None:
    (alice, bob) = cast.team("bob")
    scope = restricted(alice, "prod", b"KEY=1\n")
    here = opened(alice, "prod")
    key = keys.from_secret(keys.new_secret()).public
    made = export(here.team, here.context.triple, key, 3600)
    assert (made.names, str(made.triple)) == (1, "shop/shop/prod")
    ((record, body), *_) = [note for note in alice.team.releases.notes() if "ci export" in note[1].note]
    assert getattr(record.header.pub, "scope", None) == scope
    assert keys.key_text(key) in body.note
    meet(alice, bob)
    assert not [note for note in bob.team.releases.notes() if "ci export" in note[1].note]
