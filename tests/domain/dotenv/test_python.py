from __future__ import annotations

import io
import logging

import pytest
from dotenv.main import DotEnv
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.dotenv.parse import parse
from tests.support.corpus import Recorded, Values, corpus, shortened, values
from tests.support.dotenv_files import texts


@pytest.mark.parametrize("case", [c for c in corpus() if c.answers["python"]], ids=lambda case: case.id)
def test_the_corpus(case: Recorded) -> None:
    assert case.answers["python"] == (
        shortened(values(case.data, "python", references=False)),
        shortened(values(case.data, "python", case.env)),
    )


def real(data: bytes, *, interpolate: bool) -> Values:
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)  # it names the lines it skips
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8").read()
    stream = io.StringIO(text, newline="")
    return dict(DotEnv(None, stream, interpolate=interpolate, override=False).dict())


@given(texts)
def test_python_dotenv_itself_reads_the_same(text: str) -> None:
    data = text.encode()
    assert values(data, "python", references=False) == real(data, interpolate=False)


@given(
    texts, st.dictionaries(st.sampled_from("ABC"), st.sampled_from(("", "outer", "${A}", "$B")), max_size=2)
)
def test_python_dotenv_itself_resolves_the_same(text: str, env: dict[str, str]) -> None:
    data = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", dict(env))
        expected = real(data, interpolate=True)
    assert values(data, "python", env) == {name: env.get(name, value) for name, value in expected.items()}


@pytest.mark.parametrize(
    ("data", "expected"),
    (
        (b"A=\n'x'\n", {"A": "", "x": None}),
        (b"A=1\nA\n", {"A": None}),
        (b"A=#x #y\n", {"A": "#x"}),
        (b"'A B' = 'it\\'s'#c\n", {"A B": "it's"}),
        (b"export =1\nB=2\n", {"B": "2"}),
        (b'A="one\nB="two"\nC=3\n', {"C": "3"}),
        (b'A="x\\\r\ny"\r\n', {"A": "x\\\ny"}),
        (b"B=${A}\nA=1\nC=${A}\nA=2\n", {"B": "", "A": "2", "C": "1"}),
        (b"A=${X:-}${:-$}{X}\n", {"A": "${X}"}),
    ),
)
def test_what_is_surprising_about_the_loader(data: bytes, expected: Values) -> None:
    assert values(data, "python") == expected


def test_a_quoted_name_keeps_its_place() -> None:
    document = parse(b"export 'A' = x\n", "python")
    assert document.name_of(document.statements[0]) == "A"
    assert document.statements[0].export_start == 0
