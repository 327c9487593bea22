"""What git knows about a path, asked of the real program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from envlsp.errors import BadConfig
from envlsp.service import git
from envlsp.service.git import Standing


def run(folder: Path, *words: str) -> None:
    identity = (
        "-c",
        "user.name=Alice",
        "-c",
        "user.email=alice@example.com",
        "-c",
        "init.defaultBranch=main",
    )
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "a repository"
    root.mkdir()
    run(root, "init")
    return root


def test_outside_a_repository_every_answer_is_no(tmp_path: Path) -> None:
    assert git.top_level(tmp_path) is None
    assert git.standing(tmp_path / ".env") is Standing.NO_REPOSITORY
    assert not git.is_tracked(tmp_path / ".env")
    assert not git.ignore(tmp_path / ".env")
    assert list(tmp_path.iterdir()) == []


def test_a_path_is_exposed_ignored_or_tracked(repository: Path) -> None:
    (repository / "apps").mkdir()
    file = repository / "apps" / ".env"
    assert git.top_level(repository / "apps") == repository
    assert git.standing(file) is Standing.EXPOSED
    assert git.standing(repository / "not" / "yet" / ".env") is Standing.EXPOSED
    (repository / ".gitignore").write_text(".env\n")
    assert git.standing(file) is Standing.IGNORED
    file.write_text("A=1\n")
    run(repository, "add", "-f", "apps/.env")
    assert git.standing(file) is Standing.TRACKED
    assert git.is_tracked(file)
    assert not git.is_ignored(file)


def test_many_files_are_asked_about_at_once_in_each_repository(repository: Path, tmp_path: Path) -> None:
    inner = repository / "vendored *"
    inner.mkdir()
    run(inner, "init")
    (inner / ".gitignore").write_text(".env\n")
    (repository / ".gitignore").write_text("/ignored/\n")
    names = (".env", "ignored/.env", "tracked [1]/.env", "a b/.env.é")
    for name in names:
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text("A=1\n")
    run(repository, "add", "tracked [1]/.env")
    outside = tmp_path.resolve() / ".env"
    paths = [*(repository / name for name in names), inner / ".env", outside]
    found = git.standings(paths)
    assert found == {path: git.standing(path) for path in paths}
    assert [found[path] for path in paths] == [
        Standing.EXPOSED,
        Standing.IGNORED,
        Standing.TRACKED,
        Standing.EXPOSED,
        Standing.IGNORED,
        Standing.NO_REPOSITORY,
    ]


def test_many_files_of_a_broken_repository_are_unknown(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("nonsense")
    assert git.standings([repository / ".env"]) == {repository / ".env": Standing.UNKNOWN}
    assert git.standings([]) == {}


def test_the_entry_is_added_once_and_the_rest_is_kept(repository: Path) -> None:
    (repository / ".gitignore").write_bytes(b"# mine\r\n/dist")
    assert git.ignore(repository / "apps" / "web" / ".env")
    assert not git.ignore(repository / "apps" / "web" / ".env")
    assert (repository / ".gitignore").read_bytes() == b"# mine\r\n/dist\r\n/apps/web/.env\r\n"
    assert sorted(path.name for path in repository.iterdir()) == [".git", ".gitignore"]


@pytest.mark.parametrize(
    "name", ("plain.env", "with space.env", "#hash", "!bang", "star*[a]?", "back\\slash", "ends ")
)
def test_any_name_can_be_ignored_and_only_it(name: str, repository: Path) -> None:
    assert git.ignore(repository / name)
    assert git.is_ignored(repository / name)
    assert not git.is_ignored(repository / "another.env")


def test_a_linked_gitignore_is_left_alone(repository: Path) -> None:
    (repository / "elsewhere").write_text("")
    (repository / ".gitignore").symlink_to("elsewhere")
    with pytest.raises(BadConfig, match="symbolic link"):
        git.ignore(repository / ".env")
    assert (repository / "elsewhere").read_text() == ""


def test_a_worktree_has_a_root_of_its_own(repository: Path, tmp_path: Path) -> None:
    run(repository, "commit", "--allow-empty", "-m", "start")
    run(repository, "worktree", "add", str(tmp_path / "other"))
    assert git.top_level(tmp_path / "other") == (tmp_path / "other").resolve()


def test_variables_do_not_redirect_the_question(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_WORK_TREE", "/nonexistent")
    assert git.top_level(repository) == repository


def test_a_repository_starts_no_program_of_its_own(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n")
    trap.chmod(0o755)
    run(repository, "config", "core.fsmonitor", str(trap))
    git.standing(repository / ".env")
    assert not (tmp_path / "sprung").exists()


def test_without_git_a_repository_is_unknown(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert git.standing(repository / ".env") is Standing.UNKNOWN
    assert git.standing(tmp_path / ".env") is Standing.NO_REPOSITORY


def test_a_repository_git_cannot_read_is_unknown(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("nonsense")
    assert git.standing(repository / ".env") is Standing.UNKNOWN
    assert not git.ignore(repository / ".env")


def test_files_are_ignored_only_together(repository: Path) -> None:
    (repository / ".gitignore").write_text("/.env\n/.env.*\n!/.env.kept\n")
    first, second, kept = repository / ".env", repository / ".env.1", repository / ".env.kept"
    assert git.are_ignored(first, second)
    assert not git.are_ignored(first, kept)
    first.write_text("A=1\n")
    run(repository, "add", "-f", ".env")
    assert not git.are_ignored(first, second)
    assert not git.are_ignored(second.with_name("src.py"), second)
