"""Words that the short way of `run` shares with the long one; imports nothing heavy."""

from __future__ import annotations

import os
import sys


def tell_differs(file: str, release: str) -> None:
    """Say that values come from a release and the file has others."""
    folder = os.path.join(os.path.realpath(os.getcwd()), "")
    name = file.removeprefix(folder)
    if not name.isprintable():
        name = "the file"
    print(f"{name} differs from {release}: envlsp diff", file=sys.stderr)


def tell_old(line: str) -> None:
    """Say that nobody has confirmed the values for long."""
    print(f"warning: {line}", file=sys.stderr)
