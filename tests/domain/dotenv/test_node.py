from __future__ import annotations

import pytest

from envlsp.domain.dotenv.parse import parse
from tests.support.corpus import Recorded, corpus, generated, shortened, values


@pytest.mark.parametrize("case", corpus(), ids=lambda case: case.id)
def test_the_corpus(case: Recorded) -> None:
    assert case.answers["node"] == (
        shortened(values(case.data, "node", references=False)),
        shortened(values(case.data, "node", case.env)),
    )


def test_random_files_as_the_real_loader_read_them() -> None:
    for case in generated():
        answer = case.answers["node"]
        assert answer is not None
        assert values(case.data, "node", references=False) == answer[0], case.id
        if answer[1] is not None:
            assert values(case.data, "node", case.env) == answer[1], case.id


@pytest.mark.slow
def test_random_files_on_which_the_loader_never_returns() -> None:
    endless = [case for case in generated() if (case.answers["node"] or ({}, {}))[1] is None]
    assert endless
    for case in endless:
        values(case.data, "node", case.env)


@pytest.mark.parametrize(
    ("data", "expected"),
    (
        (b"A=\n'x'\nB=1\n", {"A": "x", "B": "1"}),
        (b"A:\nB=2\n", {"A": "B=2"}),
        (b"A:\r\nB=2\r\n", {"A": "B=2"}),
        (b"export = 5\n", {"export": "5"}),
        (b"A\n\n = 1\n", {"A": "1"}),
        (b"__proto__='x\ny'\nA=1\n", {"A": "1"}),
        ("A=1 # c\u2028B=2\n".encode(), {"A": "1", "B": "2"}),
        ("A=\u00a0x\u00a0\n".encode(), {"A": "x"}),
        (b"A='it\\'\nB='x'\n", {"A": "it\\", "B": "x"}),
        (b"A=caf\xe9\n", {"A": "caf\ufffd"}),
    ),
)
def test_what_is_surprising_about_the_loader(data: bytes, expected: dict[str, str]) -> None:
    assert values(data, "node") == expected


def test_places_are_bytes_also_behind_wide_characters() -> None:
    data = "# ä\u2028\nÄ=1\n  A =\u00a0 €uro\u3000# c\n".encode()
    document = parse(data)
    statement = next(s for s in document.statements if s.name_start >= 0)
    assert document.name_of(statement) == "A"
    assert document.literal_of(statement) == "€uro".encode()
    assert data[statement.comment_start : statement.comment_end] == b"# c"
