from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.service.parse_report import parse_report
from tests.support.dotenv_files import DIALECTS, files


def problems(data: bytes, dialect: str) -> list[tuple[str, int]]:
    found = parse_report(data, dialect)["problems"]
    assert isinstance(found, list)
    return [(each["code"], each["line"]) for each in found]


def test_a_report() -> None:
    assert parse_report(b"A=1\nB=${A}/x\nC\nA=2\n", "python") == {
        "schema": 1,
        "values": {"A": "2", "B": "1/x", "C": None},
        "problems": [
            {
                "code": "duplicate-name",
                "line": 1,
                "message": "assigned again further down; the last assignment counts",
            },
            {"code": "no-equals", "line": 3, "message": "a name without '='"},
        ],
    }


def test_values_depend_on_the_file_alone_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "outer")
    assert parse_report(b"A=1\nB=$A\n", "node")["values"] == {"A": "1", "B": "1"}
    assert parse_report(b"A=1\nB=$A\n", "node", {"A": "outer"})["values"] == {"A": "outer", "B": "outer"}


def test_bytes_that_are_not_utf8() -> None:
    assert parse_report(b"A=\xff\n", "node")["values"] == {"A": "\ufffd"}
    assert parse_report(b"A=\xff\n", "python")["values"] == {}
    assert problems(b"A=\xff\n", "python") == [("not-utf8", 1)]


def test_references_that_do_not_resolve() -> None:
    assert problems(b"A=1\n\nB=$C $D\n", "node") == [("undefined-reference", 3)]
    assert problems(b"A=${B}\nB=1\n", "python") == [("undefined-reference", 1)]
    laughs = b"".join(b"B%d=$B%d$B%d\n" % (n + 1, n, n) for n in range(60))
    assert ("endless-reference", 61) in problems(b"B0=" + b"x" * 1000 + b"\n" + laughs, "node")


@given(files, st.sampled_from(DIALECTS))
def test_a_report_is_always_json(data: bytes, dialect: str) -> None:
    report = parse_report(data, dialect)
    assert json.loads(json.dumps(report, ensure_ascii=False).encode()) == report
