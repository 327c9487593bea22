"""Which files of a folder are code, with git and without."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from envlsp.service import git
from envlsp.service.walking import code_among, code_files


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")


def found(root: Path) -> list[str]:
    return sorted(os.path.relpath(place, root) for place in code_files(str(root)))


def run_git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    run_git(tmp_path, "init")
    write(tmp_path, "a.py", "src/b.tsx", "node_modules/c.js", "gen/d.ts", "README.md", "dist/e.js")
    (tmp_path / ".gitignore").write_text("gen/\n")
    run_git(tmp_path, "add", "a.py")
    return tmp_path


def test_in_a_repository_git_says_what_was_written(repository: Path) -> None:
    assert found(repository) == ["a.py", "dist/e.js", "src/b.tsx"]


def test_a_folder_of_a_repository(repository: Path) -> None:
    assert found(repository / "src") == ["b.tsx"]


def test_an_ignored_folder_that_was_opened_is_walked(repository: Path) -> None:
    assert found(repository / "gen") == ["d.ts"]


def test_repositories_inside_of_a_repository(repository: Path) -> None:
    inner = repository / "inner"
    write(inner, "f.py", "g.py")
    run_git(inner, "init")
    (inner / ".gitignore").write_text("g.py\n")
    assert "inner/f.py" in found(repository)
    assert "inner/g.py" not in found(repository)


def test_submodules_are_looked_into(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    write(other, "lib.py")
    run_git(other, "init")
    run_git(other, "add", ".")
    run_git(other, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-m", "x")
    run_git(repository, "-c", "protocol.file.allow=always", "submodule", "add", str(other), "other")
    assert "other/lib.py" in found(repository)


def test_without_git_folders_are_walked(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "src/b.tsx", "node_modules/c.js", "src/.venv/d.py", "build/e.js", "README.md")
    assert found(tmp_path) == ["a.py", "src/b.tsx"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "src/a.py")
    (tmp_path / "again").symlink_to(tmp_path / "src")
    (tmp_path / "b.py").symlink_to(tmp_path / "src" / "a.py")
    (tmp_path / "src" / "loop").symlink_to(tmp_path)
    assert found(tmp_path) == ["src/a.py"]


def test_there_is_an_end(tmp_path: Path) -> None:
    write(tmp_path, *(f"{number}.py" for number in range(10)))
    assert len(code_files(str(tmp_path), 3)) == 3


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert code_files(str(tmp_path / "gone")) == []


def test_new_files_are_judged_like_all(repository: Path) -> None:
    write(repository, "new.py", "gen/new.ts", "node_modules/new.js")
    names = ("new.py", "gen/new.ts", "node_modules/new.js", "README.md", "gone.py")
    places = [str(repository / name) for name in names]
    assert code_among(str(repository), places) == [str(repository / "new.py")]


def test_new_files_without_git(tmp_path: Path) -> None:
    write(tmp_path, "new.py", "build/new.py")
    places = [str(tmp_path / "new.py"), str(tmp_path / "build/new.py"), str(tmp_path / "new.md")]
    assert code_among(str(tmp_path), places) == [str(tmp_path / "new.py")]


def test_git_lists_names_as_they_are(tmp_path: Path) -> None:
    run_git(tmp_path, "init")
    write(tmp_path, "über [x].py", "a\nb.py")
    assert git.files(tmp_path) == ["a\nb.py", "über [x].py"]
    assert git.files(tmp_path, tmp_path / "über [x].py") == ["über [x].py"]
    assert git.files(tmp_path / "gone") is None
