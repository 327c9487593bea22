"""What Bob's Neovim has before he does anything: little that is loaded, help, and a health check."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.neovim import PLUGIN, Neovim, neovim
from tests.support.neovim_person import desk
from tests.support.processes import Teammate, cast

pytestmark = pytest.mark.slow

USED_LATER = {"commands", "complete", "documents", "health", "reveal", "rows", "scratch", "server", "verbs"}
COMMANDS = (
    "Push Pull Status Log Diff Rollback Resolve Reveal Copy Switch Invite Join Access Sync Mask Present Lock"
)


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teammate]:
    neovim()
    with cast(tmp_path_factory.mktemp("bob")) as people:
        bob = people.founder("Bob", b"API_URL=https://one.example\n")
        bob.ok("push", "--offline")
        yield bob


@pytest.fixture(scope="module")
def vim(bob: Teammate) -> Iterator[Neovim]:
    with desk(bob) as vim:
        yield vim


def commands(vim: Neovim) -> list[str]:
    ours = "return vim.tbl_filter(function(name) return vim.startswith(name, 'Env') end, ...)"
    return list(vim.lua(ours, list(vim.lua("return vim.tbl_keys(vim.api.nvim_get_commands({}))"))))


def health(vim: Neovim) -> str:
    vim.command("checkhealth envlsp")
    vim.until(lambda: any("envlsp doctor" in line or "ERROR" in line for line in vim.lines()))
    return "\n".join(vim.lines())


def test_a_start_loads_little_and_defines_everything(vim: Neovim) -> None:
    loaded = vim.lua("return vim.tbl_keys(package.loaded)")
    assert {f"envlsp.{name}" for name in USED_LATER}.isdisjoint(loaded)
    assert {f"Env{name}" for name in COMMANDS.split()} <= set(commands(vim))
    told = vim.lua("return vim.api.nvim_get_commands({}).EnvPush.definition")
    assert told == "Make a release of this .env file"


def test_no_key_is_taken(vim: Neovim) -> None:
    taken = vim.lua(
        """
        local found = {}
        for _, mode in ipairs({ 'n', 'i', 'x', 'c' }) do
          for _, mapping in ipairs(vim.api.nvim_get_keymap(mode)) do
            if (mapping.rhs or ''):find('Env') then table.insert(found, mapping.lhs) end
          end
        end
        return found
        """
    )
    assert taken
    assert [keys for keys in taken if not keys.startswith("<Plug>(envlsp-")] == []


def test_help_knows_every_command(vim: Neovim, tmp_path: Path) -> None:
    place = tmp_path / "plugin"
    shutil.copytree(PLUGIN / "doc", place / "doc")
    vim.command(f"helptags {place}/doc")
    tags = {line.split("\t")[0] for line in (place / "doc" / "tags").read_text().splitlines()}
    assert {f":{name}" for name in commands(vim)} <= tags
    vim.command(f"set runtimepath^={place}")
    for topic in ("envlsp", ":EnvAccess", "envlsp-statusline", "g:envlsp_signs"):
        vim.command(f"help {topic}")
        assert f"*{topic}*" in vim.lua("return vim.api.nvim_get_current_line()")
    vim.command("helpclose")


def test_help_links_lead_somewhere(vim: Neovim) -> None:
    text = (PLUGIN / "doc" / "envlsp.txt").read_text()
    own = set(re.findall(r"\*([^*\s]+)\*", text))
    for topic in set(re.findall(r"\|([^|\s]+)\|", text)) - own:
        vim.command(f"help {topic}")  # fails where there is none
    vim.command("helpclose")


def test_health_is_told_with_what_mends_it(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    found = health(vim)
    for words in (
        "envlsp 0.",
        f"runs for {bob.shop}, with 1 buffer",
        "values are covered",
        "holds no messages",
        ":EnvCopy has one: test",
        "envlsp doctor: this device",
        "ev.yaml: valid: project shop",
    ):
        assert words in found, found
    assert "ERROR" not in found, found

    for level in ("TRACE", "DEBUG"):
        vim.command(f"lua vim.lsp.log.set_level('{level}')")
        found = health(vim)
        assert f"WARNING is at the level {level}" in found, found
        assert "vim.lsp.log.set_level('WARN')" in found
        assert vim.lua("return vim.lsp.log.get_filename()") in found
    vim.command("lua vim.lsp.log.set_level('WARN')")

    vim.command("lua vim.lsp.config('envlsp', { cmd = { 'no-such-envlsp', 'lsp' } })")
    vim.command("lua vim.lsp.enable('envlsp', false)")
    found = health(vim)
    assert "there is no no-such-envlsp on the PATH" in found
    assert "pipx install" in found
    assert "put vim.lsp.enable('envlsp') into your config" in found
