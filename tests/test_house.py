"""The house itself: what loads at start, how modules are written, what never stands in a file."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from envlsp.cli.main import VERBS
from envlsp.lsp.features import HANDLERS

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (ROOT / "envlsp", ROOT / "signaling" / "envlsp_signaling")
LINES_USUAL = 450
LINES_MAX = 600

HEAVY = ("aiortc", "pygls", "tree_sitter", "av", "cryptography")
"""What no verb loads that does not use the network or an editor."""
COMMON = ("nacl", "msgpack", "asyncio", "click", "yaml", "sqlite3", "platformdirs", "json", "re")
"""What a verb may load, but `--version` has no use for."""


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in package.rglob("*.py"))


@cache
def committed() -> tuple[Path, ...]:
    """Return every text file that git keeps or would keep; all files where this is no checkout."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        names = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    else:
        names = [path for path in ROOT.rglob("*") if ".venv" not in path.parts]
    return tuple(path for path in names if path.is_file() and b"\0" not in path.read_bytes()[:4096])


def mentions(pattern: str) -> list[str]:
    """Return `file:line` of every line that matches."""
    search = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in committed()
        if search.search(text := path.read_text("utf-8", "replace"))  # most have it in no line
        for number, line in enumerate(text.splitlines(), 1)
        if search.search(line)
    ]


def loaded_by(*words: str) -> set[str]:
    """Return the top-level names of everything imported while `envlsp words...` runs."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "envlsp", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert lines
    # What starts before us (site, the installer's path files) is not ours to answer for.
    names = [line.rpartition("|")[2].strip() for line in lines]
    ours = names[names.index("site") + 1 :]
    return {name.partition(".")[0] for name in ours} | {name for name in ours if name.startswith("envlsp")}


def test_the_version_is_told_before_anything_is_loaded() -> None:
    loaded = loaded_by("--version")
    assert loaded.isdisjoint(HEAVY)
    assert loaded.isdisjoint(set(COMMON) - {"re"}), loaded  # `-m` may bring re, through runpy
    assert {name for name in loaded if name.startswith("envlsp")} <= {"envlsp"}, loaded


def test_help_loads_no_verb() -> None:
    loaded = loaded_by("--help")
    assert loaded.isdisjoint({*HEAVY, "nacl", "msgpack", "asyncio", "yaml", "sqlite3"})
    assert not [name for name in loaded if name.startswith("envlsp.cli.commands.")]


@pytest.mark.slow  # a process for each
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_loads_its_parts_when_it_runs(verb: str) -> None:
    assert loaded_by(verb, "--help").isdisjoint({*HEAVY, "aioice", "websockets", "nacl", "sqlite3", "yaml"})


def test_a_request_is_a_file() -> None:
    folder = ROOT / "envlsp" / "lsp" / "features"
    files = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    used = {row.partition(":")[0].rpartition(".")[2] for row in HANDLERS.values() if ".features." in row}
    assert files == used


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_and_stays_readable(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    if tree.body:
        assert ast.get_docstring(tree)
    assert len(text.splitlines()) <= LINES_MAX


def test_almost_every_file_can_be_read_in_one_go() -> None:
    long = [path for path in modules() if len(path.read_text().splitlines()) > LINES_USUAL]
    assert len(long) <= len(modules()) // 50, long


def test_no_index_and_no_machine_is_named() -> None:
    # Lock files name packages and hashes; where a package comes from is the reader's choice.
    hosts = (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("yarnpkg", "com"),
        ("npmmirror", "com"),
    )
    assert mentions("|".join(re.escape(".".join(host)) for host in hosts)) == []
    folders = ("work", "root", "home/[a-z]+", "Users/[A-Za-z]+")
    assert mentions(r"(?<![\w.$}<>\"'`])/(" + "|".join(folders) + r")/\w") == []


def test_lock_files_pin_and_hash_everything() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        blocks = re.split(r"\n(?=\S)", re.sub(r"(?m)^ *#.*\n", "", (ROOT / name).read_text()).strip())
        assert len(blocks) > 10
        for block in blocks:
            assert re.match(r"[a-z0-9._-]+==[^ ]+ (; [^\\]*)?\\\n +--hash=sha256:", block), block[:80]


def test_lock_files_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, wanted in (
        ("requirements.txt", project["dependencies"]),
        ("requirements-dev.txt", project["dependencies"] + project["optional-dependencies"]["dev"]),
    ):
        pinned = set(re.findall(r"(?m)^([a-z0-9._-]+)==", (ROOT / name).read_text()))
        assert {re.split(r"[<>=~;\[ ]", line)[0] for line in wanted} <= pinned


def test_every_package_has_its_floor() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["id"] == "layers")
    floors = set(re.findall(r"\w+", " ".join(layers["layers"])))
    assert layers["exhaustive"]
    here = {path.stem for path in (ROOT / "envlsp").iterdir() if not path.name.startswith(("_", "py."))}
    assert here <= floors


@pytest.mark.parametrize("part", ("format-check", "lint", "types", "contracts", "docs-check", "fast-tests"))
def test_check_runs_every_gate(part: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    check = re.search(r"(?m)^check:(.*?)(##|$)", makefile)
    assert check is not None
    assert part in check[1].split()
    assert re.search(rf"(?m)^{part}:", makefile)
