"""The packaged extension for VS Code, rebuilt when its sources are newer than it."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VSCODE = Path(__file__).resolve().parents[2] / "editors" / "vscode"
VSIX = VSCODE / "dist" / "envlsp.vsix"
_SOURCES = (
    *("src", "images", "walkthrough", "package.json", "README.md", "CHANGELOG.md"),
    *("build.mjs", "carry.mjs", "tsconfig.json"),
)


@contextmanager
def packaged(path: str) -> Iterator[Path]:
    """Have the package as it is now; nobody else builds it meanwhile.

    Args:
        path: where node and npm are looked for.
    """
    VSIX.parent.mkdir(exist_ok=True)
    with (VSIX.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not VSIX.exists() or VSIX.stat().st_mtime < newest_source():
            built = subprocess.run(
                ["npm", "run", "--silent", "package"],
                cwd=VSCODE,
                env={**os.environ, "PATH": path},
                capture_output=True,
                check=False,
            )
            assert built.returncode == 0, (built.stdout + built.stderr).decode()
        yield VSIX


def newest_source() -> float:
    """Return when anything that goes into the package was changed last."""
    found = (VSCODE / name for name in _SOURCES)
    files = (file for one in found for file in ([one] if one.is_file() else one.rglob("*")))
    return max(file.stat().st_mtime for file in files)
