"""The pictures of Neovim: what Alice does in it, and what its screen holds at each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.neovim import Neovim, editor
from tests.support.pictures.darkroom import Picture
from tests.support.pictures.neovim_paint import PaintedScreen
from tests.support.pictures.scene import HIDDEN, SHOWN, Scene

COLUMNS, ROWS = 88, 17
INIT = """
vim.o.number, vim.o.signcolumn, vim.o.laststatus, vim.o.ruler = true, 'yes:1', 2, false
vim.o.termguicolors, vim.o.shortmess = true, vim.o.shortmess .. 'FI'
vim.o.statusline = ' %t%=%{v:lua.require("envlsp.standing").line()} '
vim.diagnostic.config({ signs = false })
"""


def in_neovim(scene: Scene, develop: Callable[[str, str], Picture]) -> Iterator[Picture]:
    """Take the pictures, one after the other, in one Neovim.

    Args:
        scene: who is there.
        develop: makes a picture, by its name, of a page.

    Raises:
        AssertionError: the screen did not hold what a picture is named after, or a value besides.
    """
    alice = scene.alice
    own = tempfile.TemporaryDirectory(prefix="nvim-")
    with own as folder, editor(Path(folder), alice.environ(), alice.shop, init=INIT) as vim:
        painted = PaintedScreen()
        vim.screen = painted

        def take(name: str, *unseen: str) -> Picture:
            vim.drawn()
            assert not [value for value in unseen if value in painted.now()]
            return develop(name, painted.page())

        vim.show()
        vim._call("nvim_ui_try_resize", [COLUMNS, ROWS])
        vim.open(alice.env)
        shows(vim, "PAYMENT_KEY=••••••")
        shows(vim, "shop:dev v3 ↑2")
        shows(vim, "~  11 SESSION_SECRET")
        yield take("neovim-masked", *HIDDEN, SHOWN)

        vim.command("call search('PAYMENT_KEY=')")
        vim.keys("$")
        vim.command("EnvReveal")
        shows(vim, SHOWN)
        yield take("neovim-reveal", *HIDDEN)


def shows(vim: Neovim, text: str) -> None:
    """Wait until the screen holds a text."""
    vim.until(lambda: vim.drawn() and text in vim.screen.now())
