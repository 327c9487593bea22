"""A comment is documentation, but for what may be a value in it."""

from __future__ import annotations

import pytest

from envlsp.domain.dotenv.blocks import cut
from envlsp.ide.documentation import choices, documentation
from envlsp.ide.envfile import EnvFile
from envlsp.ide.hover import hover
from envlsp.ide.text import Text
from tests.support.cursor import read_scene


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
        ("# was: 8f14e45fceea167a5a36 until May\n# note", ["note"]),
        (
            "# See PR 1234567890123456, GetUserByName2 and NEXT_PUBLIC_S3_BUCKET_V2.",
            ["See PR 1234567890123456, GetUserByName2 and NEXT_PUBLIC_S3_BUCKET_V2."],
        ),
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


@pytest.mark.parametrize("dialect", ("node", "python"))
def test_below_a_quote_that_is_never_closed_a_comment_may_be_a_value(dialect: str) -> None:
    text = "# Of the key.\nKEY='begin\n# hunter\n# one of: a, b\nNAME=\n"
    env = EnvFile.of(Text.of(text), dialect)
    assert env.comment_above(env.by_name["NAME"][-1]) == []
    assert env.comment_above(1) == ["Of the key."]
    closed = env.edited(Text.of(text.replace("begin", "begin'")))
    assert closed.comment_above(closed.by_name["NAME"][-1]) == ["hunter", "one of: a, b"]


def test_a_hover_in_code_shows_nothing_from_below_an_open_quote() -> None:
    scene = read_scene("KEY='begin\n# hunter\nNAME=1\n#- app.ts\nprocess.env.NA<|>ME\n")
    found = hover(scene.snapshot, scene.place, scene.caret)
    assert found is not None
    assert "hunter" not in found.markdown
