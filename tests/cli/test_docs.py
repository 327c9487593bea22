"""docs/cli.md says what `--help` says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from envlsp.cli.main import VERBS

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_not_stale() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "cli_docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_verb_has_its_section() -> None:
    page = (ROOT / "docs" / "cli.md").read_text()
    assert all(f"\n## envlsp {verb}\n" in page for verb in VERBS)
