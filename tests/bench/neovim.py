"""Row 20: what our plug-in adds to a start of Neovim, by the editor's own `--startuptime`.

The times of the whole start vary by more than what we add to it, so what counts is Neovim's entry for our one
file that is read then, with all that it loads; and beside it a whole start without us, in turns.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import BIN, ROOT, Row

ROUNDS, WARM_UP = 30, 3
BUDGET = 0.4
"""5 ms where a start takes 12.5, as on a machine with nothing else to do."""
PLUGIN = ROOT / "editors" / "neovim"
NULL = "vim.lsp.enable('no-such-server')\n"
OURS = f"vim.opt.runtimepath:prepend('{PLUGIN}')\nvim.lsp.enable('envlsp')\n"
READY = "--- NVIM STARTED ---"


def rows() -> list[Row]:
    """Start both in turns: the clean editor that turns a server on, and the same with our folder."""
    if not (BIN / "nvim").exists():
        print("no row 20: there is no nvim in the environment of the tests", file=sys.stderr)
        return []
    ours, nulls = [], []
    with tempfile.TemporaryDirectory() as place:
        for _ in range(ROUNDS + WARM_UP):
            nulls.append(float(entry(Path(place), NULL, READY)[0]))
            ours.append(float(entry(Path(place), OURS, "/plugin/envlsp.lua")[1]))
    what = "Neovim: our plug-in, at every start"
    return [Row(20, what, ours[WARM_UP:], "a start without it", nulls[WARM_UP:], BUDGET)]


def entry(place: Path, config: str, ending: str) -> list[str]:
    """Start and end an editor; return the times in a line of its log: when it was over, how long it took."""
    init, log = place / "init.lua", place / "log"
    init.write_text(config)
    log.unlink(missing_ok=True)
    words: list[str | Path] = [BIN / "nvim", "--headless", "--clean", "-n", "-i", "NONE", "-u", init]
    subprocess.run([*words, "--startuptime", log, "+quit"], check=True, capture_output=True)
    lines = [line for line in log.read_text().splitlines() if line.endswith(ending)]
    return lines[-1].replace(":", " ").split()
