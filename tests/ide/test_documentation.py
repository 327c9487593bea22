"""A comment is documentation, but for what may be a value in it."""

from __future__ import annotations

import pytest

from envlsp.domain.dotenv.blocks import cut
from envlsp.ide.documentation import choices, documentation


def check_documentation(text: str, expected: list[str]) -> None:
    blocks = cut(f"{text}\nA=1\n".encode(), "node")
    assert documentation(blocks, len(blocks) - 1) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("# One.\n## Two.", ["One.", "Two."]),
        ("# far\n\n# near", ["near"]),
        ("#\n# note", ["", "note"]),
        ("# OLD=hunter\n# note", ["note"]),
        ("# export OLD = hunter", []),
        ("# OLD='one\n# two\n# three'\n# note", ["note"]),
        ("# sk_live_0123456789abcdefghij", []),
        ("# ------------------------------", []),
        ("# mysql://root:hunter@db/x is the old one", []),
        (
            "# https://docs.example.test/a/long/page/of/words",
            ["https://docs.example.test/a/long/page/of/words"],
        ),
        ("# Use name=value pairs here", ["Use name=value pairs here"]),
    ),
)
def test_what_is_shown(text: str, expected: list[str]) -> None:
    check_documentation(text, expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    (
        ("one of: a, b or c", ["a", "b", "c"]),
        ("Either on | off.", ["on", "off"]),
        ("Allowed: 'x', \"y\"", ["x", "y"]),
        ("One of these days we remove it", []),
        ("one of: a b, c", []),
        ("on, off", []),
    ),
)
def test_what_a_value_is_one_of(line: str, expected: list[str]) -> None:
    assert choices(["Something else.", line]) == expected
