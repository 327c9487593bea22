"""What is under the caret, in env files and in code."""

from __future__ import annotations

import pytest

from envlsp.ide.locate import Under, locate, name_at
from envlsp.ide.positions import Encoding, Position
from envlsp.ide.text import Text
from tests.support.cursor import read_scene


def check_locate(
    scene: str, expected: str, *, encoding: Encoding = Encoding.UTF16, dialect: str = "node"
) -> None:
    """Compare with `under name "text"`, or with nothing."""
    found = read_scene(scene, encoding=encoding, dialect=dialect)
    spot = locate(found.snapshot, found.place, found.caret)
    if spot is None:
        assert expected == ""
        return
    text = found.snapshot.documents[found.place].text.between(spot.range)
    shown = f'{spot.under.name.lower()} {spot.name or "-"} "{text}"'
    assert shown == expected


@pytest.mark.parametrize(
    ("scene", "expected"),
    (
        ("<|>A_B=1", 'name A_B "A_B"'),
        ("A<|>_B=1", 'name A_B "A_B"'),
        ("A_B<|>=1", 'name A_B "A_B"'),
        ("A_B=<|>1", 'value A_B "1"'),
        ("A_B='x<|>y'", "value A_B \"'xy'\""),
        ("A_B=<|>", 'value A_B ""'),
        ("A_B='x' <|> # why", 'blank - ""'),
        ("A_B='x' # w<|>hy", 'comment - "# why"'),
        ("# w<|>hy", 'comment - "# why"'),
        ("A=1\n<|>\nB=2", 'blank - ""'),
        ("A=1\n<|>", 'blank - ""'),
        ("<|>", 'blank - ""'),
        ("export  A<|>=1", 'name A "A"'),
        ("ex<|>port A=1", 'blank - ""'),
        ("broken <|>line", 'blank - ""'),
        ("A=x${B_<|>C}y", 'reference B_C "B_C"'),
        ("A=x<|>${B_C}y", 'reference B_C "B_C"'),
        ("A=x${B_C}<|>y", 'reference B_C "B_C"'),
        ("A=x${B_C}y<|>", 'value A "x${B_C}y"'),
        ("A=${B:-<|>x}", 'value A "${B:-x}"'),
        ("A=${B}${<|>C}", 'reference C "C"'),
        ('A="one\nt<|>wo\n"\nB=1', 'value A ""one\ntwo\n""'),
        ("A=1\n<|>B=2", 'name B "B"'),
        ("A=1\r\nB<|>=2\r\n", 'name B "B"'),
    ),
)
def test_in_an_env_file(scene: str, expected: str) -> None:
    check_locate(scene, expected)


@pytest.mark.parametrize("encoding", tuple(Encoding))
def test_behind_emoji_and_combining_marks(encoding: Encoding) -> None:
    check_locate("A='😀e\u0301 ${B<|>_C}'", 'reference B_C "B_C"', encoding=encoding)
    check_locate("A='😀e\u0301' # é<|>😀", 'comment - "# é😀"', encoding=encoding)


def test_where_a_statement_ends_in_the_middle_of_a_line() -> None:
    found = read_scene("A=1\n")
    text = "# note\u2028B=2"
    document = found.snapshot.documents[found.place]
    edited = Text.of(text)
    assert document.env is not None
    env = document.env.edited(edited)
    snapshot = found.snapshot.with_document(
        type(document)(document.place, document.uri, "", 2, edited, document.kind, env)
    )
    spot = locate(snapshot, found.place, Position(0, 8))
    assert spot is not None
    assert (spot.under, spot.name, edited.between(spot.range)) == (Under.NAME, "B", "B")


def test_a_name_alone_in_python() -> None:
    check_locate("A<|>B", 'name AB "AB"', dialect="python")
    check_locate("A<|>B", 'blank - ""', dialect="node")


@pytest.mark.parametrize(
    ("scene", "expected"),
    (
        ("process.env.A<|>B", 'read AB "AB"'),
        ("const { A<|>B } = process.env", 'read AB "AB"'),
        ("const { AB: <|>x } = process.env", ""),
        ("const s = '😀'; process.env['A<|>B']", 'read AB "AB"'),
        ("proc<|>ess.env.AB", ""),
    ),
)
def test_in_code(scene: str, expected: str) -> None:
    check_locate(f"#- app.ts\n{scene}\n", expected)


def test_what_no_release_could_carry_is_no_name() -> None:
    check_locate("MIIEpA/IB<|>AAK\n", 'blank - ""', dialect="python")
    check_locate("A=${p@ss<|>}\n", 'value A "${p@ss}"', dialect="python")


def test_nowhere() -> None:
    snapshot = read_scene("A=1").snapshot
    assert locate(snapshot, "/elsewhere/.env", Position(0, 0)) is None
    check_locate("#- notes.md\nA<|>=1", "")


@pytest.mark.parametrize(
    ("text", "name"),
    (
        ("A=1 # no<|>te\nB=2\n", "A"),
        ("ex<|>port A=1\n", "A"),
        ("A='x\ny<|>'\n", "A"),
        ("A=${B<|>}\n", "B"),
        ("A=1<|>\n", "A"),
        ("# <|>note\nA=1\n", ""),
        ("A=1\n<|>", ""),
        ("É<|>=1\n", ""),
    ),
)
def test_the_name_that_somebody_points_at(text: str, name: str) -> None:
    scene = read_scene(text)
    assert name_at(scene.snapshot, scene.place, scene.caret) == name


def test_the_name_that_somebody_points_at_in_code() -> None:
    scene = read_scene("A=1\n#- app.ts\nconst x = process.env.A<|>\n")
    assert name_at(scene.snapshot, scene.place, scene.caret) == "A"
