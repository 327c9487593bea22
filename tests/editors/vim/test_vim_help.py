"""What Bob's Vim has before he does anything: commands, help about each, and scripts that compile."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.on_screen import found_program
from tests.support.processes import Teammate, cast
from tests.support.vim import PLUGIN, Vim, vim_editor

pytestmark = pytest.mark.slow

USED_LATER = {"ask", "complete", "results", "values", "verbs"}


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teammate]:
    found_program("vim")
    with cast(tmp_path_factory.mktemp("people")) as people:
        yield people.founder("Bob", b"API_URL=https://one.example\n")


@pytest.fixture
def vim(bob: Teammate) -> Iterator[Vim]:
    with (
        tempfile.TemporaryDirectory(prefix="vim-") as folder,
        vim_editor(Path(folder), bob.environ(), bob.shop) as vim,
    ):
        yield vim


def test_help_knows_every_command_and_its_links_lead_somewhere(vim: Vim, tmp_path: Path) -> None:
    ours = {one for one in vim.ask("getcompletion('Env', 'command')") if one.startswith("Env")}
    assert len(ours) > 20
    loaded = "\n".join(vim.ask("execute('scriptnames')").split())
    assert [name for name in USED_LATER if f"/envlsp/{name}.vim" in loaded] == []

    shutil.copytree(PLUGIN / "doc", tmp_path / "doc")
    vim.do(f"helptags {tmp_path}/doc")
    tags = {line.split("\t")[0] for line in (tmp_path / "doc" / "tags").read_text().splitlines()}
    assert {f":{name}" for name in ours} <= tags
    vim.do(f"set runtimepath^={tmp_path}")
    text = (PLUGIN / "doc" / "envlsp.txt").read_text()
    for topic in {"envlsp", *re.findall(r"\|([^|\s]+)\|", text)}:
        vim.do(f"help {topic}")  # fails where there is none
    vim.showed("help envlsp")
    vim.until_shows("encrypted, with their history")


def test_no_code_that_lets_somebody_in_stays_in_the_history(vim: Vim) -> None:
    vim.typed(":echo 'kept'\r")
    for typed in (
        "EnvJoin 7-abc one too many",
        "EnvJ 7-abc one too many",
        "silent EnvJoin 7-abc one too many",
    ):
        vim.typed(f":{typed}\r")
    vim.typed(":Env join 7-abc\r")  # says what is wrong with it, or asks; its line is gone anyhow
    assert "7-abc" not in vim.ask("execute('history :')")
    assert "kept" in vim.ask("execute('history :')")


def test_every_function_compiles(tmp_path: Path) -> None:
    place = tmp_path / "vim"
    shutil.copytree(PLUGIN / "autoload", place / "autoload")
    lines = [f"set nocompatible encoding=utf-8 runtimepath^={place}"]
    for script in sorted((place / "autoload").rglob("*.vim")):
        script.write_text(f"{script.read_text()}\ndefcompile\n")
        name = script.relative_to(place / "autoload").with_suffix("").as_posix().replace("/", "#")
        # A call of what is not there loads the script.
        lines += ["try", f"call {name}#Nothing()", r"catch /E117:.*#Nothing\>/", f"echo 'loaded {name}'"]
        lines += ["catch", "echo v:exception v:throwpoint", "endtry"]
    (tmp_path / "load.vim").write_text("\n".join([*lines, "qall!"]))
    words = [
        found_program("vim"),
        "-u",
        "NONE",
        "-i",
        "NONE",
        "-Nes",
        "-V1",
        "-S",
        str(tmp_path / "load.vim"),
    ]
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )
    said = done.stdout + done.stderr
    assert len(re.findall("loaded envlsp", said)) == len(list(place.rglob("*.vim"))), said
    assert re.findall(r"\bE\d+:.*", said) == []
