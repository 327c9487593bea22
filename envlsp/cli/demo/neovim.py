"""Bob's other editor: a real Neovim, with the plug-in of this repository, driven by keys.

It needs Neovim and the folder `editors/neovim`. Where one is missing, the demo says
what it left out.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from envlsp.cli.demo.children import run
from envlsp.cli.demo.stage import Actor

PLUGIN = Path(__file__).resolve().parents[3] / "editors" / "neovim"
_ATTACHED = "luaeval(\"#vim.lsp.get_clients({name = 'envlsp'})\")"
_OPTIONS = ("--headless", "--clean", "-n", "-i", "NONE")
"""Nothing of the person's own settings, and no file beside the text."""


def push_from_neovim(alice: Actor, bob: Actor) -> None:
    """Let Bob add a name and push it, where Neovim is installed.

    Raises:
        Stopped: the release did not come into being.
    """
    program = _program()
    if program is None or not PLUGIN.is_dir():
        bob.stage.tell("LEFT OUT: there is no Neovim here (0.11 or newer), or no editors/neovim.")
        return
    socket = str(bob.home / "nvim.sock")
    words = [program, *_OPTIONS, "--cmd", f"set runtimepath^={PLUGIN}", "--listen", socket]
    enable = ["-c", "lua vim.lsp.enable('envlsp')", "-c", "edit .env"]
    child = bob.stage.children.start([*words, *enable], bob.shop, bob.environ())
    bob.act("opens .env", "Neovim")
    asked = [program, "--server", socket, "--remote-expr"]
    bob.wait_for([*asked, _ATTACHED], lambda answer: answer.strip() == "1")
    for keys in ("GoLANGUAGE=en<Esc>", ":w<CR>", ":EnvPush Typed in Neovim<CR>"):
        bob.act(keys.removesuffix("<CR>"), "Neovim")
        run([program, "--server", socket, "--remote-send", keys], bob.shop, bob.environ())
    alice.wait_until("envlsp log --json", lambda text: '"release": "v7"' in text)
    alice.type("envlsp log")
    child.end()


def _program() -> str | None:
    beside = Path(sys.executable).with_name("nvim")
    return str(beside) if beside.exists() else shutil.which("nvim")
