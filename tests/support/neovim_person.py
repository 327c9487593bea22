"""Somebody at a Neovim that is driven over its RPC: what they answer, what is in their clipboard."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.neovim import Neovim, editor
from tests.support.processes import Teammate

PERSON = """
vim.o.statusline = "%f %{v:lua.require'envlsp'.statusline()}"
_G.asked, _G.answers, _G.clipboard = {}, {}, {}
vim.g.clipboard = {
  name = 'test',
  copy = { ['+'] = function(lines) _G.clipboard = lines end, ['*'] = function() end },
  paste = { ['+'] = function() return { _G.clipboard, 'v' } end, ['*'] = function() return { {}, 'v' } end },
}
vim.ui.select = function(items, options, done)
  local wanted, found = table.remove(_G.answers, 1)
  table.insert(_G.asked, options.prompt)
  for _, item in ipairs(items) do
    local shown = options.format_item and options.format_item(item) or tostring(item)
    table.insert(_G.asked, shown)
    found = found or (wanted and shown:find(wanted, 1, true) and item)
  end
  vim.schedule(function() done(found) end)
end
vim.fn.inputsecret = function(options)
  table.insert(_G.asked, options.prompt)
  return table.remove(_G.answers, 1)
end
"""


def status_line(vim: Neovim) -> str:
    """Return the words about the buffer."""
    return str(vim.lua("return require('envlsp').statusline()"))


def will_answer(vim: Neovim, *answers: str) -> None:
    """Answer the next questions: with the first choice that shows these words, or by typing them."""
    vim.lua("_G.answers, _G.asked = {...}, {}", *answers)


def asked(vim: Neovim) -> list[str]:
    """Return what was asked since, each question followed by its choices."""
    return list(vim.lua("return _G.asked"))


def clipboard(vim: Neovim) -> str:
    """Return what another program would paste."""
    return "\n".join(vim.lua("return _G.clipboard"))


def offered(vim: Neovim, typed: str) -> list[str]:
    """Return what <Tab> offers behind a colon and some words."""
    return list(vim.lua("return vim.fn.getcompletion(..., 'cmdline')", typed))


def fresh(vim: Neovim) -> None:
    """Leave what the one before has left: windows, buffers, what was said."""
    vim.command("silent! only | silent! %bwipeout!")
    vim.lua("_G.said, _G.asked, _G.answers = {}, {}, {}")


@contextmanager
def desk(person: Teammate, *, init: str = "", place: Path | None = None) -> Iterator[Neovim]:
    """Start somebody's editor in a folder whose path is short enough for a socket."""
    with (
        tempfile.TemporaryDirectory(prefix="nvim-") as folder,
        editor(Path(folder), person.environ(), place or person.shop, init=PERSON + init) as vim,
    ):
        yield vim
