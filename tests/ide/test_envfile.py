"""An edited file is the file that parsing from scratch would give, and its places are right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envlsp.domain.dotenv import reparse
from envlsp.domain.dotenv.blocks import cut
from envlsp.domain.dotenv.expand import evaluate
from envlsp.domain.dotenv.parse import parse
from envlsp.ide.envfile import Block, EnvFile
from envlsp.ide.positions import Encoding, Position, Range
from envlsp.ide.text import Text

DIALECTS = st.sampled_from(["node", "python"])
STATEMENTS = (
    "A=1\n", "B='x'\n", 'C="y z" # why\n', "A=\n", "D: v\n", "E:\n", "export F=1\n", "export\n", "G\n",
    "H\n=\n", "# note\n", "#A=old\n", "\n", " \n", '"\n', "'\n", "`\n", '\\"\n', 'I="a\nb"\n', "J='a\n",
    'K="\\"\n', 'L="x\\"y"\n', "M=${A} $B\n", "N=a\r\n", "O=b\r", "P=c\u2028Q=d\n", "\u2028\n", "=\n",
    "# c\u2028R=1\n", "= x\n", "__proto__=1\n", "\ufeff", "\ufeffS=1\n", "\0\n", "T=\0\n", "'U V'=1\n",
    '"w\n', "x y\n", "\x85\n", "é=ü\n", "Z=😀\ud83d\n", 'A="x" y\n', "q", '"', "'", "\\", " ", "\t", "#",
    "=", "$", "export ", 'B="\n\n',
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(STATEMENTS), max_size=16).map("".join)
NEW = st.lists(st.sampled_from(STATEMENTS), max_size=3).map("".join)
POSITIONS = st.builds(Position, st.integers(0, 20), st.integers(0, 6))
EDITS = st.lists(st.tuples(POSITIONS, st.integers(0, 3), st.integers(0, 6), NEW), min_size=1, max_size=4)
EDIT = tuple[Position, int, int, str]


def play(file: EnvFile, edit: EDIT) -> EnvFile:
    start, lines, column, new = edit
    end = Position(start.line + lines, column if lines else start.column + column)
    return file.edited(file.text.replaced(Range(start, end), new))


def assert_like_new(file: EnvFile) -> None:
    fresh = EnvFile.of(file.text, file.dialect)
    assert list(file.blocks) == list(fresh.blocks)
    assert list(file.first_lines) == list(fresh.first_lines)
    assert file.by_name == fresh.by_name
    assert file.mentioned == fresh.mentioned
    assert file.sorted_names == fresh.sorted_names


@given(TEXTS, EDITS, DIALECTS)
@settings(max_examples=max(150, settings().max_examples))
@example("A=\nB=1\nC=2\n", [(Position(1, 0), 0, 0, '"\n')], "node")
@example('A=\n\n"x\nB=1\nC=2\nD=3\n', [(Position(5, 0), 0, 0, 'y"\n')], "node")
@example("export\nA\nB=1\n", [(Position(2, 0), 0, 3, "=1")], "node")
@example('A="\\"\nB=1\nC=2\nD=3\nE=4\nF=5\n', [(Position(5, 0), 0, 0, 'G="\n')], "node")
@example("\ufeffA=1\nB=2\n", [(Position(0, 0), 0, 0, "X=1\n")], "python")
@example("X=1\n\ufeffA=1\nB=2\n", [(Position(0, 0), 1, 0, "")], "node")
@example("A\0=1\nB\0=2\n", [(Position(0, 1), 0, 1, "")], "node")
@example("A=1", [(Position(0, 3), 0, 0, "\nB=2"), (Position(1, 3), 0, 0, "\n")], "python")
def test_an_edited_file_is_like_one_parsed_from_scratch(text: str, edits: list[EDIT], dialect: str) -> None:
    file = EnvFile.of(Text.of(text), dialect)
    for edit in edits:
        # Tables that exist before an edit may be handed on; both ways must be right.
        assert file.by_name is not None
        assert file.sorted_names is not None
        assert file.mentioned is not None
        file = play(file, edit)
        assert_like_new(file)


@given(TEXTS, DIALECTS, st.sampled_from(list(Encoding)))
def test_places_are_those_of_the_text(text: str, dialect: str, encoding: Encoding) -> None:
    file = EnvFile.of(Text.of(text, encoding), dialect)
    whole = file.text.to_bytes()
    document = parse(whole, dialect)
    assert b"".join(block.data for block in file.blocks) == whole
    assert file.first_lines[-1] == sum(line.endswith(("\r", "\n")) for line in file.text.lines)
    for index, statement in enumerate(document.statements):
        for start, end in (
            (statement.name_start, statement.name_end),
            (statement.value_start, statement.value_end),
        ):
            if start >= 0:
                shown = file.text.between(
                    file.range_of(index, start - statement.start, end - statement.start)
                )
                # Half a surrogate pair is a question mark in the bytes.
                assert shown.encode("utf-8", "replace") == whole[start:end]


@given(TEXTS, DIALECTS)
def test_every_block_is_found_where_it_begins(text: str, dialect: str) -> None:
    file = EnvFile.of(Text.of(text), dialect)
    for index, block in enumerate(file.blocks):
        if block.data.strip(b"\r\n\xef\xbb\xbf"):
            assert file.block_of(file.position_of(index, 0)) == index


@given(TEXTS, DIALECTS)
def test_values_are_those_of_the_loader(text: str, dialect: str) -> None:
    file = EnvFile.of(Text.of(text), dialect)
    values = evaluate(parse(file.text.to_bytes(), dialect)).values
    assert {name: file.value(name) for name in file.by_name} == {name: values[name] for name in file.by_name}


def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count the bytes that are read again."""
    read: list[int] = []

    def counting(data: bytes, dialect: str) -> list[Block]:
        read.append(len(data))
        return cut(data, dialect)

    monkeypatch.setattr(reparse, "cut", counting)
    return lambda: sum(read)


@pytest.mark.parametrize("dialect", ("node", "python"))
def test_a_keystroke_reads_a_few_lines_of_ten_thousand(monkeypatch: pytest.MonkeyPatch, dialect: str) -> None:
    text = "".join(f'NAME_{number}="value {number}"\n' for number in range(10_000))
    file = EnvFile.of(Text.of(text), dialect)
    names, lines = file.by_name, file.first_lines
    read = counted(monkeypatch)
    file = play(file, (Position(5_000, 12), 0, 0, "x"))
    assert read() < 400
    assert file.by_name is names
    assert file.first_lines is lines
    file = play(file, (Position(5_001, 0), 0, 0, "NEW=\n"))
    assert read() < 800
    assert_like_new(file)


def test_an_open_quote_far_away_costs_nothing_while_no_quote_is_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = 'BAD="open\n' + "".join(f"NAME_{number}=value\n" for number in range(1_000))
    file = EnvFile.of(Text.of(text), "node")
    read = counted(monkeypatch)
    file = play(file, (Position(500, 12), 0, 0, "x"))
    assert 0 < read() < 400
    assert_like_new(file)
    assert_like_new(play(file, (Position(500, 12), 0, 0, '"')))


def test_the_comment_above_is_the_documentation() -> None:
    file = EnvFile.of(
        Text.of("# One.\n#   Two.\n# OLD=secret\n# export OLDER = secret\nA=1\n\n# not mine\n\nB=2\n"), "node"
    )
    assert file.comment_above(file.by_name["A"][0]) == ["One.", "Two."]
    assert file.comment_above(file.by_name["B"][0]) == []


def test_what_may_be_a_value_is_no_documentation() -> None:
    lines = (
        "# Note.",
        "# KEY='-----BEGIN",
        "# MIIEpAIBAAK hunter",
        "# END'",
        "# sk_live_0123456789abcdefghij",
        "# postgres://bob:hunter2@db",
        "# See https://docs.example.test/a/long/page/of/many/words",
        "A=1\n",
    )
    file = EnvFile.of(Text.of("\n".join(lines)), "node")
    assert file.comment_above(file.by_name["A"][0]) == [
        "Note.",
        "See https://docs.example.test/a/long/page/of/many/words",
    ]


def test_a_stray_line_is_not_offered_as_a_name() -> None:
    file = EnvFile.of(Text.of("A=1\nMIIE\nb/c=d\nB\nB=1\n"), "python")
    assert file.sorted_names.names == ("A", "B")
    assert set(file.names) == {"A", "MIIE", "b/c", "B"}


def test_the_last_line_that_gives_a_name_counts() -> None:
    file = EnvFile.of(Text.of("A=1\nB=2\nA=3\n"), "node")
    winner = file.winner("A")
    assert winner is not None
    assert winner.literal == b"3"
    assert file.winner("C") is None
