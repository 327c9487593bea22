from __future__ import annotations

import re
from pathlib import Path

from envlsp.lsp.names import COMMANDS
from envlsp.service.verbs import _MODULES

PAGE = (Path(__file__).parents[2] / "docs" / "lsp-extensions.md").read_text()


def test_every_command_and_argument_is_on_the_page() -> None:
    rows = {
        name: set(re.findall(r"`(\w+)`", arguments))
        for name, arguments in re.findall(r"(?m)^\| `(envlsp\.[a-z.]+)` \|([^|]*)\|", PAGE)
    }
    assert set(rows) == set(COMMANDS)
    for verb, (_, known) in _MODULES.items():
        assert known <= rows[f"envlsp.{verb}"], verb
