"""One process of a search: `python -m tests.fuzz.engine MODULE [libFuzzer's own options]`.

Also how a finding is seen again: with the file it was saved in as the only option.
Loads the code under atheris, which notes every branch, and never returns.
"""

from __future__ import annotations

import importlib
import sys

import atheris


def main() -> None:
    """Search, until an option says stop or something undocumented comes out."""
    program, name, *options = sys.argv
    with atheris.instrument_imports(include=["envlsp", "envlsp_signaling", "aioice"]):
        target = importlib.import_module(name)
    atheris.Setup([program, *options], target.take)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
