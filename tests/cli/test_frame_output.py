"""Lines out: data on stdout, talk on stderr; words in and out."""

from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.cli import output
from envlsp.cli.output import Output
from envlsp.cli.words import ago, count, plain
from envlsp.domain.secret import SecretText
from envlsp.errors import BadText


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def feeding(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_data_and_talk_have_a_stream_each(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output()
    out.line("data")
    out.say("talk")
    out.warn("careful")
    assert capsys.readouterr() == ("data\n", "talk\nwarning: careful\n")


def test_a_document_is_one_line_with_its_schema(capfd: pytest.CaptureFixture[str]) -> None:
    Output().document({"names": ["é"], "count": 1})
    text = capfd.readouterr().out
    assert text == '{"schema": 1, "names": ["é"], "count": 1}\n'


def test_bytes_that_were_never_text_are_still_json(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Output().document({"value": SecretText(b"a\xffb").reveal_text()})
    assert json.loads(capfdbinary.readouterr().out) == {"schema": 1, "value": "a\udcffb"}


def test_columns_line_up_and_nothing_trails(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table([("web", "dev"), ("worker", "\x1b[2Jx")], header=("APP", "ENV"))
    assert capsys.readouterr().out == "web     dev\nworker  ?[2Jx\n"


def test_no_rows_print_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table([], header=("APP",))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("variables", "painted"), (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False))
)
def test_colour_only_on_a_terminal_that_wants_it(
    variables: dict[str, str], painted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (output.paint("x", "red", Terminal()) != "x") is painted
    assert output.paint("x", "red", io.StringIO()) == "x"


def test_standard_input_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    feeding(monkeypatch, b"123\n")
    assert output.read_stdin("the code", limit_bytes=4) == b"123\n"
    feeding(monkeypatch, b"12345")
    with pytest.raises(BadText):
        output.read_stdin("the code", limit_bytes=4)


@pytest.mark.parametrize(
    ("seconds", "text"),
    (
        (-5, "just now"), (3, "just now"), (59, "59 seconds ago"), (60, "1 minute ago"),
        (7_199, "1 hour ago"),
        (2 * 86_400, "2 days ago"), (8 * 86_400, "1 week ago"), (70 * 86_400, "2 months ago"),
        (800 * 86_400, "2 years ago"),
    ),
)  # fmt: skip
def test_times_are_told_as_people_do(seconds: float, text: str) -> None:
    assert ago(1_000_000, 1_000_000 + seconds) == text


def test_one_and_many() -> None:
    assert [count(1, "secret"), count(2, "secret"), count(0, "entry", "entries")] == [
        "1 secret", "2 secrets", "0 entries",
    ]  # fmt: skip


@given(st.text())
def test_plain_text_moves_no_cursor(text: str) -> None:
    assert plain(text).isprintable()
    assert plain(plain(text)) == plain(text)
    assert len(plain(text)) == len(text)
