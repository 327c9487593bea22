"""A new team, and one more project of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from envlsp.crypto.device import device_keys, new_seeds
from envlsp.crypto.recovery import new_entropy, root_key
from envlsp.domain.ids import TEAM_SCOPE
from envlsp.errors import BadText, Misuse, NotInitialised, UsageError
from envlsp.service.context import open_project
from envlsp.service.environments import list_environments
from envlsp.service.facade import team_of
from envlsp.service.founding import found_team
from envlsp.service.starting import InitOptions, init
from envlsp.wire.text import to_team_text
from tests.support.cast import FIRST_FILE, Actor, Cast
from tests.support.recovering import writer


def new_repository(actor: Actor, name: str) -> Path:
    root = actor.folder / name
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def test_two_teams_of_the_same_keys_differ() -> None:
    keys, root = device_keys(*new_seeds()), root_key(new_entropy())
    from envlsp.service.people import parse_person

    person = parse_person("Alice", "laptop")
    one, two = (found_team(keys, root, person, 0) for _ in range(2))
    assert one.team != two.team
    assert bytes(one.record.id) == bytes(one.team)


def test_the_founder_is_admin_and_alone(cast: Cast) -> None:
    alice = cast.actor("alice").found()
    state = alice.replica.state
    assert set(state.members) == {alice.user}
    assert state.current_epoch(TEAM_SCOPE) in alice.replica.ring.all_keys()
    assert state.exposed == frozenset()
    assert alice.file.read_bytes() == FIRST_FILE
    assert (alice.root / ".gitignore").read_text().splitlines()[0] == "/.env"


def test_init_twice_changes_nothing(cast: Cast) -> None:
    alice = cast.actor("alice").found()
    before = (alice.root / "ev.yaml").read_bytes()
    with pytest.raises(Misuse, match="already"):
        init(alice.service, alice.root, InitOptions(alice.person, recovery=False))
    assert (alice.root / "ev.yaml").read_bytes() == before
    assert len(alice.service.vault.open().teams()) == 1


def test_a_clone_of_somebody_elses_project_is_joined_not_founded(cast: Cast) -> None:
    alice, eve = cast.actor("alice").found(), cast.actor("eve")
    (eve.root / "ev.yaml").write_bytes((alice.root / "ev.yaml").read_bytes())
    with pytest.raises(NotInitialised) as refused:
        init(eve.service, eve.root, InitOptions(eve.person, recovery=False))
    assert refused.value.fix == "envlsp join CODE"
    assert not eve.service.vault.exists


def test_a_second_repository_becomes_a_project_of_the_same_team(cast: Cast) -> None:
    alice = cast.actor("alice").found()
    alice.push()
    root = new_repository(alice, "web")
    result = init(alice.service, root, InitOptions(alice.person, recovery=False))
    assert not result.new_team
    assert result.project == "web"
    opened = alice.service.open(root)
    assert team_of(opened.context.project) == alice.replica.team
    (info,) = list_environments(opened.team, opened.context.project)
    assert (info.triple.project, info.release, info.names) == ("web", None, 0)
    (shop,) = list_environments(alice.team, alice.context.project)
    assert shop.release is not None


def test_in_several_teams_init_asks_which(cast: Cast) -> None:
    alice = cast.actor("alice").found()
    other = new_repository(alice, "other")
    assert init(alice.service, other, InitOptions(alice.person, recovery=False, new_team=True)).new_team
    third = new_repository(alice, "third")
    with pytest.raises(UsageError):
        init(alice.service, third, InitOptions(alice.person, recovery=False))
    assert not (third / "ev.yaml").exists()
    team = to_team_text(alice.replica.team)
    assert init(alice.service, third, InitOptions(alice.person, recovery=False, team=team)).team == team


def test_a_tracked_file_is_not_taken_over(cast: Cast) -> None:
    alice = cast.actor("alice")
    alice.file.write_bytes(FIRST_FILE)
    subprocess.run(["git", "add", "-f", ".env"], cwd=alice.root, check=True)
    with pytest.raises(Misuse, match="git tracks"):
        init(alice.service, alice.root, InitOptions(alice.person, recovery=False))
    assert not (alice.root / "ev.yaml").exists()
    assert not alice.service.vault.exists


@pytest.mark.parametrize("name", ("Shop", "../x", "a b", "x" * 65))
def test_an_impossible_name_of_a_project_is_refused(cast: Cast, name: str) -> None:
    alice = cast.actor("alice")
    with pytest.raises(BadText):
        init(alice.service, alice.root, InitOptions(alice.person, project=name, recovery=False))
    assert not (alice.root / "ev.yaml").exists()


def test_recovery_words_are_retyped_before_there_is_a_team(cast: Cast) -> None:
    alice = cast.actor("alice")
    with pytest.raises(BadText, match="no team was made"):  # answers nothing
        init(alice.service, alice.root, InitOptions(alice.person))
    assert not (alice.root / "ev.yaml").exists()
    assert alice.service.vault.open().teams() == ()

    pen = writer(alice)
    assert init(alice.service, alice.root, InitOptions(alice.person, signaling=("wss://meet.test",))).new_team
    (sheet,) = pen.sheets
    assert len(pen.words().split()) == 24
    assert f"team    {open_project(alice.root).config.team}" in sheet
    assert "server  wss://meet.test" in sheet
    assert any("no server has a copy" in line for line in sheet)
    assert len({question for question in pen.asked if question.startswith("word ")}) == 3
    assert open_project(alice.root).config.project == "shop"
