"""Nothing of Bob's values is left behind by his Neovim, however it is set up and however it ends.

Everything that Neovim can write is switched on: swap, undo and backup files, shada, its log
of the traffic with servers at the most talkative level, and a file of all that it did.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.neovim import Neovim, editor, neovim
from tests.support.planted import told_to_processes, written
from tests.support.processes import Teammate, cast

pytestmark = pytest.mark.slow

VALUE = "kq7planted-vu3x9z"
TYPED = "typed8hw2-planted5c"
SEARCHED = "q7planted"
"""A part of a value, as somebody searches for it."""
VALUES = (VALUE, TYPED, SEARCHED)
DOTENV = f"# Where the API lives\nAPI_URL=https://{VALUE}.example\nTOKEN={VALUE}\nLAST=1\n"

HOSTILE = """
local place = ...
for _, name in ipairs({ 'swap', 'undo', 'backup' }) do vim.fn.mkdir(place .. '/' .. name, 'p') end
vim.o.swapfile, vim.o.directory = true, place .. '/swap//'
vim.o.undofile, vim.o.undodir = true, place .. '/undo'
vim.o.backup, vim.o.writebackup, vim.o.backupdir, vim.o.backupskip = true, true, place .. '/backup', ''
vim.o.patchmode = '.orig'
vim.o.shadafile, vim.o.shada = place .. '/main.shada', "!,'100,<500,s100,:200,/200,@200,h"
vim.o.verbosefile, vim.o.verbose = place .. '/verbose', 9
vim.lsp.set_log_level('TRACE')
vim.keymap.set('n', '<F5>', '<Cmd>undo<CR>')
local board = {}
vim.g.clipboard = {
  name = 'a board of cork',
  copy = { ['+'] = function(lines) board = lines end, ['*'] = function(lines) board = lines end },
  paste = { ['+'] = function() return { board, 'v' } end, ['*'] = function() return { board, 'v' } end },
}
_G.board = function() return table.concat(board, '\\n') end
vim.api.nvim_create_autocmd('VimEnter', {
  callback = function()
    vim.o.updatecount = 1
    vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufWinEnter', 'FileType' }, {
      callback = function() vim.cmd('setlocal undofile swapfile') end,
    })
  end,
})
"""


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Teammate]:
    neovim()
    with cast(tmp_path) as people:
        yield people.founder("Bob", DOTENV.encode())


@contextmanager
def hostile(bob: Teammate, more: str = "") -> Iterator[tuple[Neovim, Path]]:
    """Start his editor with all that it can write switched on; look through everything in the end."""
    with tempfile.TemporaryDirectory(prefix="nvim-") as name:
        folder = Path(name)
        bob.extra["TMPDIR"] = str(folder)
        init = f";(function(...){HOSTILE}end)('{folder}')\n{more}"
        with editor(folder, bob.environ(), bob.shop, init=init) as vim:
            yield vim, folder
        assert left(bob, folder) == []


def left(bob: Teammate, folder: Path) -> list[str]:
    """Return every file that holds a value, but the one that may."""
    return written(VALUES, [bob.folder, folder], but=[bob.env])


def opened(vim: Neovim, bob: Teammate) -> None:
    vim.show()
    vim.open(bob.env)
    vim.until(lambda: vim.drawn() and "# Where the API lives" in vim.screen.now())


def typed(vim: Neovim, *keys: str) -> None:
    for one in keys:
        vim.keys(one)
        vim.drawn()


def a_working_day(vim: Neovim, bob: Teammate) -> None:
    """Do with the values whatever one does."""
    vim.cursor(3, 8)
    vim.command("EnvReveal")
    vim.until(lambda: VALUE in vim.floats())
    vim.keys("l")
    vim.until(lambda: not vim.floats())
    vim.command("lua vim.lsp.buf.hover()")
    vim.until(vim.floats)
    vim.command("EnvCopy TOKEN")
    vim.until(lambda: vim.lua("return board()") == VALUE)
    typed(vim, "<Esc>3Gyyp", '"ayy"Ayy', 'k"bdd', "uw", "diwu", "xu", '"cyiwP', "u<C-r>u", 'V"fyu<C-r>')
    typed(vim, f"qdoNEW={TYPED}<Esc>q", f"cc{TYPED}<Esc>u", "O<C-r>a<Esc>u", '<C-v>$"gy')
    typed(vim, f"/{VALUE}<CR>n", f"?{SEARCHED}<CR>", "3Gww*N", "g*")
    typed(vim, f":%s/{VALUE[-6:]}/{TYPED}/ge<CR>u", f":let x = '{TYPED}'<CR>", f":EnvCopy {VALUE}<CR>")
    typed(vim, f"o<C-r>='{TYPED}'<CR><Esc>u", f":call input('? ')<CR>{TYPED}<CR>", "m<S-A>m<S-B>gg")
    vim.lua("vim.fn.setreg('e', vim.fn.getline(3))")
    typed(vim, f"GoLATER={TYPED}<Esc>")
    vim.command("write")
    vim.command("write")
    vim.command(f"vimgrep /{SEARCHED}/ .env | copen | cclose")
    vim.command("mksession! session.vim | mkview | wshada")
    vim.command("vsplit app.py")
    typed(vim, "ifirst<C-n><Esc>")
    vim.command("wincmd p")


def test_nothing_is_left_by_an_editor_that_ends(bob: Teammate) -> None:
    (bob.shop / "app.py").write_text("first = 1\n")
    with hostile(bob) as (vim, folder):
        opened(vim, bob)
        a_working_day(vim, bob)
        swapped = [path.name for path in (folder / "swap").iterdir()]
        assert any("app.py" in name for name in swapped)
        assert not any(".env" in name for name in swapped)
        assert told_to_processes(VALUES, vim.lua("return vim.fn.getpid()")) == []
        assert left(bob, folder) == []
        assert TYPED in bob.env.read_text()
        assert VALUE in vim.lua("return vim.fn.getreg('a')")  # it is his while the editor runs
        vim.command("enew")
        vim.lua("vim.fn.setreg('k', 'kept by him') vim.fn.histadd(':', 'echo 1') vim.fn.histadd('/', 'API')")
        vim.quit()
        shada = (folder / "main.shada").read_bytes()
        assert b"kept by him" in shada
        assert b"echo 1" in shada
        assert (folder / "verbose").stat().st_size > 0
        assert "didOpen" in (folder / "state/nvim/lsp.log").read_text()


def test_nothing_is_left_by_an_editor_that_is_killed(bob: Teammate) -> None:
    (bob.shop / "app.py").write_text("first = 1\n")
    with hostile(bob) as (vim, folder):
        opened(vim, bob)
        a_working_day(vim, bob)
        vim.keys(f"oMORE={TYPED}")
        vim.command("wshada!")
        vim.drawn()
        assert left(bob, folder) == []
        os.kill(vim.lua("return vim.fn.getpid()"), signal.SIGKILL)
