from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.tokens import Kind, Part, printed, tokens
from tests.support.corpus import corpus
from tests.support.dotenv_files import DIALECTS, files


def check_tiles(data: bytes, dialect: str) -> None:
    document = parse(data, dialect)
    found = list(tokens(document))
    assert printed(document) == data
    assert all(token.start < token.end for token in found)
    assert all(a.end == b.start for a, b in pairwise(found))
    ends = [statement.end for statement in document.statements]
    assert [statement.start for statement in document.statements] == [0, *ends][: len(ends)]
    assert [0, *ends][-1] == len(data)


@given(files, st.sampled_from(DIALECTS))
@example(b"", "node")
@example(b"\xef\xbb\xbf", "python")
@example(b"\xef\xbb\xbfA=1\r\n\x00\xff", "node")
@example(b"'A B' = 'x'#c\r", "python")
def test_every_byte_is_in_exactly_one_token(data: bytes, dialect: str) -> None:
    check_tiles(data, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_corpus_prints_as_it_was(dialect: str) -> None:
    for case in corpus():
        check_tiles(case.data, dialect)


def parts(data: bytes, dialect: str = "node") -> list[tuple[str, bytes]]:
    return [(token.part.name, data[token.start : token.end]) for token in tokens(parse(data, dialect))]


def test_the_parts_of_an_assignment() -> None:
    assert parts(b"  export A = 'x y' # note\r\n") == [
        ("SPACE", b"  "),
        ("EXPORT", b"export"),
        ("SPACE", b" "),
        ("NAME", b"A"),
        ("SEPARATOR", b" = "),
        ("LITERAL", b"'x y'"),
        ("SPACE", b" "),
        ("COMMENT", b"# note"),
        ("LINE_END", b"\r\n"),
    ]


def test_the_parts_of_other_lines() -> None:
    assert parts(b"\n\n # c\nwhat is this\n") == [
        ("SPACE", b"\n\n"),
        ("SPACE", b" "),
        ("COMMENT", b"# c"),
        ("LINE_END", b"\n"),
        ("BROKEN", b"what is this"),
        ("LINE_END", b"\n"),
    ]


def test_an_empty_literal_has_a_place_and_no_token() -> None:
    document = parse(b"A=  # c\n")
    assert (document.statements[0].value_start, document.statements[0].value_end) == (2, 2)
    assert Part.LITERAL not in {token.part for token in tokens(document)}


def test_lines_are_counted_by_every_line_ending() -> None:
    document = parse(b"A=1\r\nB=2\rC=3\nD=4")
    assert [document.line_at(s.start) for s in document.statements] == [1, 2, 3, 4]


def test_a_tree_shows_no_content() -> None:
    document = parse(b"A=hunter2\nbroken hunter2\n'hunter2\n", "python")
    assert "hunter2" not in repr(document)
    assert "hunter2" not in repr(document.statements)
    assert [s.kind for s in document.statements] == [Kind.ASSIGNMENT, Kind.BROKEN, Kind.BROKEN]
