"""Alice in VS Code and Bob on the command line: one team, a real server, a real link between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import Teammate, cast, join
from tests.support.workbench import Workbench, needed, workbench

DESKTOP = {"files.autoSave": "off"}
"""What a browser has otherwise than a desktop."""
FIRST = b"""\
# Where the API lives
API_URL=https://planted-one.example
TOKEN=planted-two
"""


@dataclass(frozen=True, slots=True)
class Team:
    """Who is there, and the window of one of them."""

    alice: Teammate
    bob: Teammate
    bench: Workbench


@contextmanager
def team_in_vscode(
    root: Path,
    dotenv: bytes = FIRST,
    *,
    files: Mapping[str, str] | None = None,
    settings: Mapping[str, object] | None = None,
) -> Iterator[Team]:
    """Let Bob into the team of Alice, who has pushed once, and open her shop in VS Code.

    Args:
        root: everybody's folder.
        dotenv: what their `.env` says.
        files: what else is in her shop.
        settings: of her editor.
    """
    needed()
    with cast(root) as people:
        alice = people.founder("Alice", dotenv)
        alice.ok("push", "--offline")
        bob = people.clone("Bob", alice)
        join(alice, bob)
        bob.ok("pull", "--offline")
        for name, text in (files or {}).items():
            (alice.shop / name).write_text(text)
        with workbench(alice.shop, alice.environ(), settings={**DESKTOP, **(settings or {})}) as bench:
            bench.watches()
            yield Team(alice, bob, bench)
