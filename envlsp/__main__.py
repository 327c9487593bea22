"""Where `envlsp` and `ev` start.

Start-up is a budget (docs/adr/0002-lazy-imports.md), so this file imports only what
every interpreter has loaded already, and answers by itself what needs nothing else.
All other words go to `cli.main`.
"""

import os
import sys

TYPE_CHECKING = False  # what typing calls so; loading typing costs more than `--version` has
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> int:
    """Run one command line and return its exit code."""
    words = sys.argv[1:]
    if words == ["--version"]:
        _tell_version()
    from envlsp.cli.dumps import forbid

    forbid()
    if words[:1] in (["run"], ["get"]):
        from envlsp.cli.fast import attempt

        if (code := attempt(words)) is not None:
            _leave(code)
    if words[:1] == ["lsp"]:
        from envlsp.cli.serve import attempt as serve

        if (code := serve(words[1:])) is not None:
            _leave(code)
    from envlsp.cli.main import run

    return run(words)


def _tell_version() -> None:
    from envlsp import __version__

    sys.stdout.write(f"envlsp {__version__}\n")
    _leave(0)


def _leave(code: int) -> "NoReturn":
    """End at once: taking an interpreter apart costs as much as a sixth of starting it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
