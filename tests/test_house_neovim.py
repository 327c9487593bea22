"""What Neovim has of the server's rules is the server's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_rules_of_neovim_are_fresh() -> None:
    check = [sys.executable, str(ROOT / "tools" / "editor_rules.py"), "--check"]
    assert subprocess.run(check, check=False, env={"PYTHONPATH": str(ROOT)}).returncode == 0
