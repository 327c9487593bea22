from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from envlsp.lsp.names import COMMANDS
from envlsp.service.verbs import _MODULES, access_shapes, lock_shapes, shapes

PAGE = (Path(__file__).parents[2] / "docs" / "lsp-extensions.md").read_text()


def test_every_command_and_argument_is_on_the_page() -> None:
    rows = {
        name: set(re.findall(r"`(\w+)`", arguments))
        for name, arguments in re.findall(r"(?m)^\| `(envlsp\.[a-z.]+)` \|([^|]*)\|", PAGE)
    }
    assert set(rows) == set(COMMANDS)
    for verb, (_, known) in _MODULES.items():
        assert known <= rows[f"envlsp.{verb}"], verb


@pytest.mark.parametrize(
    ("command", "shape"),
    (
        ("status", shapes.status_fields),
        ("status", lock_shapes.lock_fields),
        ("sync", shapes.sync_fields),
        ("sync", shapes.alarms_fields),
        ("sync", shapes.voided_fields),
        ("peers", shapes._peer_fields),
        ("members", access_shapes.member_fields),
    ),
)
def test_every_field_of_a_result_is_on_the_page(command: str, shape: Callable[..., Any]) -> None:
    row = re.search(rf"(?m)^\| `envlsp\.{command}` \|.*$", PAGE)
    assert row is not None
    fields = set(re.findall(r'"(\w+)"', re.sub(r'"""[^"]*"""', "", inspect.getsource(shape))))
    assert fields - set(re.findall(r"`(\w+)`", row.group())) == set()
