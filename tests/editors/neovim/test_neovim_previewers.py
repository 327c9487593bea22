"""File pickers show copies of env files, and no copy shows a value.

The pickers themselves are not among the tools of these tests. What they do to show a file
is done here through the same calls of the editor: telescope reads the file while Neovim
goes on and sets no more than a syntax, snacks uses one buffer for one file after the other
with events switched off, fzf-lua asks for the type when the buffer is already in its window.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.neovim import Neovim, editor, neovim

pytestmark = pytest.mark.slow

SECRET = "planted"
DOTENV = f"# {SECRET}\nAPI_URL=https://{SECRET}.example\nexport TOKEN='{SECRET}\n{SECRET} below'\n"
PLAIN = "API_URL=no secret here\n"

PICKERS = """
local function read(path, done)
  vim.uv.fs_open(path, 'r', 420, function(_, file)
    local size = vim.uv.fs_fstat(file).size
    vim.uv.fs_read(file, size, 0, function(_, text)
      vim.uv.fs_close(file)
      vim.schedule(function() done(vim.split(text, '\\n')) end)
    end)
  end)
end

local function float(buffer)
  local at = { relative = 'editor', row = 1, col = 1, width = 60, height = 12, noautocmd = true }
  return vim.api.nvim_open_win(buffer, false, at)
end

local function unseen(act)
  local ignored = vim.o.eventignore
  vim.o.eventignore = 'all'
  act()
  vim.o.eventignore = ignored
end

_G.pickers = {}
local shared, window

function pickers.telescope(path, highlight)
  local buffer = vim.api.nvim_create_buf(false, true)
  window = float(buffer)
  vim.schedule(function()
    local kind = vim.filetype.match({ filename = path })
    read(path, function(lines)
      vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
      if highlight and kind then vim.bo[buffer].syntax = kind end
    end)
  end)
end

function pickers.told_telescope(path)
  local buffer = vim.api.nvim_create_buf(false, true)
  window = float(buffer)
  read(path, function(lines) vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines) end)
  vim.api.nvim_buf_call(buffer, function()
    local loaded = { pattern = 'TelescopePreviewerLoaded', data = { bufname = path } }
    vim.api.nvim_exec_autocmds('User', loaded)
  end)
end

function pickers.snacks(path, highlight)
  shared = shared or vim.api.nvim_create_buf(false, true)
  window = float(shared)
  vim.bo[shared].modifiable = true
  vim.api.nvim_buf_set_lines(shared, 0, -1, false, {})
  unseen(function() vim.bo[shared].filetype = 'a_preview' end)
  vim.bo[shared].buftype = ''
  vim.filetype.match({ filename = path })
  vim.api.nvim_buf_set_lines(shared, 0, -1, false, vim.split(io.open(path):read('*a'), '\\n'))
  local kind = vim.filetype.match({ buf = shared, filename = path })
  if highlight and kind then vim.bo[shared].syntax = kind end
end

function pickers.fzf(path, highlight)
  local buffer = vim.api.nvim_create_buf(false, true)
  read(path, function(lines)
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
    unseen(function() window = float(buffer) end)
    local kind = vim.filetype.match({ buf = buffer, filename = path })
    if highlight and kind then vim.bo[buffer].syntax = kind end
  end)
end

function pickers.servers(path)
  local at = { start = { line = 0, character = 0 }, ['end'] = { line = 2, character = 0 } }
  local _, shown = vim.lsp.util.preview_location({ uri = vim.uri_from_fname(path), range = at })
  window = shown
end

function pickers.close()
  if window and vim.api.nvim_win_is_valid(window) then vim.api.nvim_win_close(window, true) end
  window = nil
end
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / ".env").write_text(DOTENV)
    (folder / "prod.env").write_text(DOTENV + f"LONG={'x' * 700}{SECRET}\n")
    (folder / "notes.txt").write_text(PLAIN)
    (folder / "copy.txt").write_text(DOTENV)
    return folder


@pytest.fixture(scope="module")
def vim(shop: Path) -> Iterator[Neovim]:
    neovim()
    with tempfile.TemporaryDirectory(prefix="nvim-") as folder, editor(Path(folder), {}, shop) as running:
        running.show()
        running.lua(PICKERS)
        yield running


def looked_at(vim: Neovim, picker: str, path: Path, *, highlight: bool = False) -> str:
    """Let a picker show a file; return the frame when it does."""
    vim.screen.frames.clear()
    vim.lua("local name, path, highlight = ... pickers[name](path, highlight)", picker, str(path), highlight)
    vim.until(lambda: vim.drawn() and "API_URL=" in vim.screen.now())
    for _ in range(3):
        vim.drawn()
    frame = vim.screen.now()
    vim.lua("pickers.close()")
    vim.drawn()
    return frame


@pytest.mark.parametrize("name", (".env", "prod.env"))
@pytest.mark.parametrize("highlight", (True, False), ids=["with colours", "without"])
@pytest.mark.parametrize("picker", ("telescope", "told_telescope", "snacks", "fzf", "servers"))
def test_a_copy_shows_names_and_nothing_else(
    vim: Neovim, shop: Path, picker: str, name: str, *, highlight: bool
) -> None:
    assert "API_URL=••••••  " in looked_at(vim, picker, shop / name, highlight=highlight)
    assert [frame for frame in vim.screen.frames if SECRET in frame] == []


def test_the_next_file_in_the_same_buffer_is_not_covered(vim: Neovim, shop: Path) -> None:
    looked_at(vim, "snacks", shop / ".env")
    assert "API_URL=no secret here" in looked_at(vim, "snacks", shop / "notes.txt")
    assert "API_URL=••••••  " in looked_at(vim, "snacks", shop / ".env")
    assert [frame for frame in vim.screen.frames if SECRET in frame] == []


def test_a_copy_that_nobody_asked_the_type_of_would_be_seen(vim: Neovim, shop: Path) -> None:
    unasked = shop / "copy.txt"
    (shop / "prod.env").write_text("OTHER=1\n")
    (shop / ".env").write_text("OTHER=1\n")
    assert SECRET in looked_at(vim, "snacks", unasked)
