"""`envlsp editor`, as a process: where the plug-in goes, and what is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.cli import Result, envlsp, failed

pytestmark = pytest.mark.slow  # processes

SITE = ".local/share/nvim/site/pack/envlsp/start/envlsp"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def at(home: Path, *words: str, **more: str) -> Result:
    return envlsp("editor", *words, env={"HOME": str(home), **more})


def program(folder: Path, name: str, script: str) -> str:
    """Put a program on a search path, and return that path."""
    folder.mkdir()
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("editor", "link", "holds"),
    (("neovim", SITE, "lsp/envlsp.lua"), ("vim", ".vim/pack/envlsp/start/envlsp", "plugin/envlsp.vim")),
)
def test_the_plug_in_is_linked_where_packages_are_loaded_from(
    home: Path, editor: str, link: str, holds: str
) -> None:
    for _ in "twice":  # the second time it is right already
        result = at(home, editor)
        assert (result.code, result.text) == (0, f"{home / link}\n")
        assert (home / link / holds).is_file()
    assert [path for path in home.rglob("*") if path.is_symlink()] == [home / link]


def test_a_link_to_an_installation_that_is_gone_is_made_anew(home: Path, tmp_path: Path) -> None:
    link = home / SITE
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "gone")
    assert at(home, "neovim").code == 0
    assert (link / "lsp" / "envlsp.lua").is_file()


def test_the_folders_are_those_of_the_shell(home: Path, tmp_path: Path) -> None:
    result = at(home, "neovim", XDG_DATA_HOME=str(tmp_path / "data"), NVIM_APPNAME="mine")
    assert result.text == f"{tmp_path}/data/mine/site/pack/envlsp/start/envlsp\n"


def test_what_somebody_else_put_there_stays(home: Path) -> None:
    theirs = home / SITE / "theirs.lua"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("-- theirs")
    failed(at(home, "neovim"), 1, saying="move it away")
    assert theirs.read_text() == "-- theirs"


def test_the_path_alone_changes_nothing(home: Path) -> None:
    result = at(home, "neovim", "--path")
    assert (Path(result.text.strip()) / "lsp" / "envlsp.lua").is_file()
    assert not home.exists()
    assert at(home, "neovim", "--path", "--json").document["path"] == result.text.strip()


def test_vs_code_installs_the_extension_itself(home: Path, tmp_path: Path) -> None:
    package = at(home, "vscode", "--path")
    path = program(tmp_path / "bin", "codium", 'echo "$@"')
    result = at(home, "vscode", "--with", "codium", PATH=path)
    if package.code:  # a tree in which nobody has built it yet
        failed(package, 1, saying="make extension")
        failed(result, 1, saying="make extension")
        return
    assert result.text == package.text
    assert result.talk.startswith(f"--install-extension {package.text.strip()} --force\n")


@pytest.mark.parametrize(
    ("words", "saying"),
    ((("--with", "no-such-editor"), "no command no-such-editor"), (("--with", "false"), "did not take")),
)
def test_an_editor_that_is_not_there_or_refuses(home: Path, words: tuple[str, ...], saying: str) -> None:
    if at(home, "vscode", "--path").code == 0:
        failed(at(home, "vscode", *words), 1, saying=saying)


def test_an_editor_nobody_brought_a_plug_in_for(home: Path) -> None:
    failed(at(home, "ed"), 2, saying="'neovim', 'vim', 'vscode'")
