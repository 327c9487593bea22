from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.dotenv.parse import MESSAGES, entries, parse, winners
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import BadConfig
from tests.support.dotenv_files import DIALECTS, files


def problems(data: bytes, dialect: str = "node") -> list[tuple[str, int]]:
    return [(problem.code, problem.line) for problem in parse(data, dialect).problems]


@pytest.mark.parametrize(
    ("data", "dialect", "expected"),
    (
        (b"A=1\nfoo\n", "node", [("no-equals", 2)]),
        (b"A=1\nfoo\n", "python", [("no-equals", 2)]),
        (b"\n\n???\n", "node", [("broken-line", 3)]),
        (b"foo bar\n", "python", [("broken-line", 1)]),
        (b"=x\n", "python", [("no-name", 1)]),
        (b'A=1\r\nB="x\r\n', "node", [("unterminated-quote", 2)]),
        (b'A=1\r\nB="x\r\n', "python", [("unterminated-quote", 2)]),
        (b"A='x' y\n", "node", [("text-after-quote", 1)]),
        (b"A='x' y\n", "python", [("text-after-quote", 1)]),
        ("Ä=1\n".encode(), "python", [("bad-name", 1)]),
        (b"A" * 129 + b"=1\n", "node", [("bad-name", 1)]),
        (b"__proto__=1\n", "node", [("bad-name", 1)]),
        (b"A=1\nB=\xff\n", "python", [("not-utf8", 2)]),
        (b"A=1\nB=\0\n", "node", [("nul-byte", 2)]),
        (b"A=1\nB='2' # x\n\n# c\n", "python", []),
    ),
)
def test_problems(data: bytes, dialect: str, expected: list[tuple[str, int]]) -> None:
    assert problems(data, dialect) == expected


@given(files, st.sampled_from(DIALECTS))
def test_problems_are_known_in_order_and_on_a_line(data: bytes, dialect: str) -> None:
    found = parse(data, dialect).problems
    lines = data.count(b"\n") + data.count(b"\r") + 1
    assert all(MESSAGES[p.code] == p.message and 1 <= p.line <= lines for p in found)
    assert [p.line for p in found] == sorted(p.line for p in found)


def test_an_unknown_dialect() -> None:
    with pytest.raises(BadConfig):
        parse(b"", "cobol")


def test_the_last_assignment_counts() -> None:
    document = parse(b"A=1\nB=2\nA='3'\n")
    assert entries(document) == {"A": SecretText(b"'3'"), "B": SecretText(b"2")}
    assert list(winners(document)) == ["A", "B"]


def test_entries_are_literals_of_names_that_can_be_shared() -> None:
    document = parse('A = "x\\n" # c\nÄ=1\nB\n'.encode(), "python")
    assert entries(document) == {SecretName("A"): SecretText(b'"x\\n"')}


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "unit",
    (
        b"\n",
        b"#\n",
        b"A\n",
        b"A=\n",
        b"A='x\n",
        b"A=\"x\nB='y\n",
        b" ",
        b"a b\n",
        b"'x\n",
        b"A=\\'\n",
        b"A='\\'\n",
    ),
)
def test_time_grows_with_the_file_and_no_faster(dialect: str, unit: bytes) -> None:
    # Quadratic would be ten minutes here, and the test's own limit is two.
    parse(unit * 100_000, dialect)
    parse(b"A='" + unit * 100_000, dialect)
    parse(b"A=x" + unit.replace(b"\n", b" ") * 100_000 + b"y", dialect)
