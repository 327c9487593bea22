"""Colours: every stretch of a line, the same in whole and in part."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from envlsp.ide.positions import Encoding, Position, Range, units_of
from envlsp.ide.results import TokenKind
from envlsp.ide.semantic import tokens
from envlsp.ide.snapshot import Snapshot
from envlsp.ide.text import Text
from tests.support.cursor import ROOT, make_document, read_scene

DEV = f"{ROOT}/.env"
LETTERS = {
    TokenKind.VARIABLE: "v",
    TokenKind.STRING: "s",
    TokenKind.COMMENT: "c",
    TokenKind.KEYWORD: "k",
    TokenKind.OPERATOR: "=",
    TokenKind.PARAMETER: "p",
}


def painted(text: str, dialect: str = "node", encoding: Encoding = Encoding.UTF32) -> list[str]:
    """Return each line with a letter under every column that has a colour."""
    document = make_document(DEV, Text.of(text, encoding), dialect)
    rows = [list(" " * units_of(line.rstrip("\r\n"), encoding)) for line in document.text.lines]
    for token in tokens(Snapshot(encoding=encoding).with_document(document), DEV):
        for column in range(token.column, token.column + token.length):
            assert rows[token.line][column] == " ", "stretches overlap"
            rows[token.line][column] = LETTERS[token.kind]
    return ["".join(row) for row in rows]


def test_every_part_of_a_statement() -> None:
    assert painted("# note\nexport A = 'x' # why\nB=\n\nbroken line\n") == [
        "cccccc",
        "kkkkkk v = sss ccccc",
        "v=",
        "",
        "           ",
    ]


def test_references_inside_values() -> None:
    assert painted('A="a ${B} $C"\nD=${E}\n') == ["v=ssssspsssps", "v=ssps"]


def test_values_of_several_lines_are_one_stretch_a_line() -> None:
    assert painted('A="x\n\n ${B}\r\nz" # c\n') == ["v=ss", "", "sssps", "ss ccc"]


def test_a_name_alone() -> None:
    assert painted("A\nexport B\n", "python") == ["v", "kkkkkk v"]


def test_columns_in_every_encoding() -> None:
    assert painted("A=😀é # é\n") == ["v=ss ccc"]
    assert painted("A=😀é # é\n", encoding=Encoding.UTF16) == ["v=sss ccc"]
    assert painted("A=😀é # é\n", encoding=Encoding.UTF8) == ["v=ssssss cccc"]


def test_a_mark_at_the_start_of_the_file_moves_the_columns() -> None:
    assert painted("\ufeffA=1\n", encoding=Encoding.UTF16) == [" v=s"]


def test_lines_of_one_shape_are_coloured_each_in_its_place() -> None:
    assert painted("AB=1\nCD=2\nEF=3 #\n") == ["vv=s", "vv=s", "vv=s c"]


def test_nothing_in_other_documents() -> None:
    scene = read_scene("#- a.py\nimport os\n")
    assert tokens(scene.snapshot, f"{ROOT}/a.py") == []


@given(
    st.lists(
        st.sampled_from(
            ["A=1", "# c", "B='x", "y'", "", 'C="${A}', 'é"', "export D=$A # é", "\ufeff", "E: 1"]
        ),
        max_size=8,
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(Encoding),
    st.sampled_from(["node", "python"]),
    st.integers(0, 8),
    st.integers(0, 8),
)
def test_a_part_is_a_part_of_the_whole(
    lines: list[str], end: str, encoding: Encoding, dialect: str, first: int, last: int
) -> None:
    text = end.join(lines)
    painted(text, dialect, encoding)
    document = make_document(DEV, Text.of(text, encoding), dialect)
    snapshot = Snapshot(encoding=encoding).with_document(document)
    whole = tokens(snapshot, DEV)
    assert whole == sorted(whole)
    within = Range(Position(first, 0), Position(max(first, last), 0))
    expected = [token for token in whole if first <= token.line <= max(first, last)]
    assert tokens(snapshot, DEV, within) == expected


def test_an_edit_recolours_what_changed() -> None:
    before = "".join(f"NAME_{number}=value\n" for number in range(600))
    after = before.replace("NAME_300=value", "NAME_300='a\nb'")
    for text in (before, after, before):
        document = make_document(DEV, Text.of(text))
        warm = tokens(Snapshot().with_document(document), DEV)
        other = make_document(f"{DEV}.{len(text)}", Text.of(text))
        assert warm == tokens(Snapshot().with_document(other), other.place)
