"""Blocks say of each statement what the parser says of it in the whole file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.dotenv.blocks import FAR, OWN, WHOLE, as_document, cut, line_ends
from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.tokens import NOWHERE, Kind

PIECES = (
    b"A=1\n", b"B='x' # c\r\n", b"export C=${A}\n", b"#\n", b"\n", b"D\n", b'"', b"'", b"\\", b"\0", b"=",
    b"\xef\xbb\xbf", b"\xff", b"E=\r", b"\xe2\x80\xa8", b" x", b"F=", "é".encode(),
)  # fmt: skip
FILES = st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join)
DIALECTS = st.sampled_from(("node", "python"))


@given(FILES, DIALECTS)
def test_blocks_are_the_statements(data: bytes, dialect: str) -> None:
    document, blocks = parse(data, dialect), cut(data, dialect)
    assert b"".join(block.data for block in blocks) == data
    start = 0
    for block, statement in zip(blocks, document.statements, strict=True):
        parts = (place + start if place != NOWHERE else NOWHERE for place in block.statement[1:])
        assert (block.statement.kind, *parts) == statement
        if block.is_named:
            assert block.name == document.name_of(statement)
            assert block.literal == document.literal_of(statement)
            assert list(block.references) == list(dialect_named(dialect).references(block.literal))
        else:
            assert block.name == ""
        start += len(block.data)
    assert sum(block.lines for block in blocks) == line_ends(data)


@given(FILES, DIALECTS)
def test_no_fault_is_lost(data: bytes, dialect: str) -> None:
    found, start = [], 0
    for block in cut(data, dialect):
        found += [(code, start + offset) for code, offset in block.faults]
        start += len(block.data)
    assert tuple(found) == parse(data, dialect).faults


@pytest.mark.parametrize(
    ("data", "reach"),
    (
        (b"A=1\n", OWN),
        (b'A="x\\"y"\n', OWN),
        (b"A=\n", OWN),
        (b"D\n", OWN),
        (b'A="x\n', FAR),
        (b'A="x\\"\n', FAR),
        (b'"x\n', FAR),
        (b"A=\0\n", WHOLE),
    ),
)
def test_how_far_down_a_block_looks(data: bytes, reach: int) -> None:
    assert cut(data, "node")[0].reach == reach


def test_a_block_alone_is_a_file() -> None:
    block = cut(b"# x\nA=1\n", "node")[1]
    document = as_document(block, "node")
    assert document.statements[0].kind is Kind.ASSIGNMENT
    assert document.literal_of(document.statements[0]) == b"1"
