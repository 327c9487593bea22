"""The laboratory by hand: look at a network yourself, as root, with the tools of the system.

    python -m tests.support.netlab up                   two homes, routers, a public place
    python -m tests.support.netlab servers FOLDER       coturn and the signaling server, until Ctrl-C
    python -m tests.support.netlab nat a symmetric      cone, symmetric, noudp, notls or tcp443
    python -m tests.support.netlab exec a1 envlsp doctor
    python -m tests.support.netlab down                 ends whatever runs inside

Who runs commands there sets ENVLSP_SIGNALING and SSL_CERT_FILE as `servers` says, and an
ENVLSP_HOME for each person.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import cast

from tests.support.netlab.servers import servers
from tests.support.netlab.world import Nat, World, unavailable

PREFIX = "evlab"


def main(words: list[str]) -> int:
    """Do what the words say; 64 where they say nothing known."""
    world = World(PREFIX)
    if why := unavailable():
        sys.stderr.write(f"{why}\n")
        return 1
    match words:
        case ["up"]:
            world.__enter__()  # it stays when this process has ended
        case ["down"]:
            world.__exit__()
        case ["nat", "a" | "b" as side, kind]:
            world.nat(side, cast("Nat", kind))
        case ["servers", folder]:
            _serve(world, Path(folder))
        case ["exec", host, *command] if command:
            os.execvp("ip", [*world.within(host), *command])
        case _:
            sys.stderr.write(__doc__ or "")
            return 64
    return 0


def _serve(world: World, folder: Path) -> None:
    with servers(world, folder) as both:
        sys.stdout.write(f"export ENVLSP_SIGNALING={both.url} SSL_CERT_FILE={both.certificate}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
