"""`envlsp parse`, as a process: the form other programs rely on, and masks for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from envlsp.domain.secret import MASK
from tests.support.cli import envlsp, failed

pytestmark = pytest.mark.slow  # processes


def test_json_holds_values_and_problems() -> None:
    result = envlsp("parse", "--dialect", "node", "--json", "-", stdin=b"A=1\nB=${A}2\nnonsense\n")
    assert result.code == 0
    assert result.err == b""
    document = result.document
    assert list(document) == ["schema", "values", "problems"]
    assert document["schema"] == 1
    assert document["values"] == {"A": "1", "B": "12"}
    assert [sorted(problem) for problem in document["problems"]] == [["code", "line", "message"]]
    assert document["problems"][0]["line"] == 3


def test_the_loaders_environment_is_ours() -> None:
    seen = [
        envlsp(
            "--json", "parse", "-", "--dialect", dialect, stdin=b"A=${OUTER}\n", env={"OUTER": "x"}
        ).document["values"]
        for dialect in ("node", "python")
    ]
    assert seen == [{"A": "x"}, {"A": "x"}]


def test_nothing_is_executed(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    for dialect in ("node", "python"):
        result = envlsp(
            "parse",
            "-",
            "--dialect",
            dialect,
            "--json",
            stdin=f"A=$(touch {sprung})\nB=`touch {sprung}`\n".encode(),
        )
        assert result.code == 0
    assert not sprung.exists()


def test_people_see_masks(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("TOKEN=hunter2\nTOKEN=hunter3\nhunter4\n")
    result = envlsp("parse", ".env", cwd=tmp_path)
    assert result.code == 0
    assert result.text == f"TOKEN  {MASK}\n"
    assert "line 3" in result.talk
    assert "hunter" not in result.talk


def test_any_bytes_give_an_answer() -> None:
    result = envlsp("parse", "-", "--json", stdin=bytes(range(256)) * 4)
    assert result.code == 0
    assert result.document["schema"] == 1


@pytest.mark.parametrize(
    ("words", "code", "saying"),
    (
        (("parse",), 2, "missing argument"),
        (("parse", "nowhere"), 1, "no such file or directory: nowhere"),
        (("parse", "."), 1, "is a directory"),
        (("parse", "-", "--dialect", "cobol"), 2, "--dialect"),
        (("parse", "-", "hunter2"), 2, "too many words"),
    ),
)
def test_failures_have_their_one_form(words: tuple[str, ...], code: int, saying: str, tmp_path: Path) -> None:
    failed(envlsp(*words, cwd=tmp_path), code, saying=saying)


def test_a_file_without_end_is_refused() -> None:
    failed(envlsp("parse", "/dev/zero"), 2, saying="larger than")
