"""Whatever the text and wherever the caret: never an exception, never a site that is elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from envlsp.code.reads import Point
from tests.support.code_marks import language_of, text_between

_HERE = Path(__file__).parent
_MARKS = re.compile(r"[⟦⟧]|<\|>|\|[a-z ]+(?=⟧)")


def _samples(name: str) -> list[str]:
    """Return the string literals of a test module as programs."""
    text = (_HERE / name).read_text()
    return [
        _MARKS.sub("", part).replace("\\n", "\n")
        for part in re.findall(r"^    ['\"](.+)['\"],$", text, re.MULTILINE)
    ]


PYTHON = [(_HERE / "test_python.py").read_text(), "\n".join(_samples("test_python.py"))]
ECMASCRIPT = ["\n".join(_samples("test_ecmascript.py")), ";\n".join(_samples("test_sites.py"))]
PIECES: dict[str, tuple[str, tuple[str, ...]]] = {
    "a.py": (
        'os . environ [ ] " \' ( ) get getenv A = é 🚀 # \\ , f b : """',
        ("import os", "from os import environ as e", "e[", "in ", " ", "\n", "\r", "\0"),
    ),
    "a.tsx": (
        "process env . ?. [ ] \" ' ` ${ } { ( ) A = import.meta é 🚀 // /* */ <a> </a> , : ... =>",
        ("const ", "function f", " ", "\n", "\r\n", "\0"),
    ),
}


def _check(file: str, source: bytes, row: int, column: int) -> None:
    language = language_of(file)
    lines = re.split(rb"\r\n|\n|\r", source)
    for read in language.reads(source):
        assert read.start.row == read.end.row
        line = lines[read.start.row]
        assert line[read.start.column : read.end.column].decode() == read.name
    point = Point(row % (len(lines) + 1), column)
    site = language.site_at(source, point)
    if site is not None:
        assert site.start <= point <= site.end
        assert site.start.row == site.end.row == point.row
        assert site.end.column <= len(lines[point.row])
        assert re.fullmatch(rb"[\w.-]*", lines[point.row][site.start.column : site.end.column])


@given(
    text=st.sampled_from(PYTHON),
    cut=st.integers(0, 5_000),
    row=st.integers(0, 200),
    column=st.integers(0, 120),
)
def test_prefixes_of_python(text: str, cut: int, row: int, column: int) -> None:
    _check("a.py", text.encode()[:cut], row, column)


@given(
    text=st.sampled_from(ECMASCRIPT),
    cut=st.integers(0, 5_000),
    row=st.integers(0, 80),
    column=st.integers(0, 120),
)
def test_prefixes_of_ecmascript(text: str, cut: int, row: int, column: int) -> None:
    for file in ("a.js", "a.ts", "a.tsx"):
        _check(file, text.encode()[:cut], row, column)


@given(data=st.data(), column=st.integers(0, 40))
def test_shuffled_pieces(data: st.DataObject, column: int) -> None:
    for file, pieces in PIECES.items():
        text = "".join(data.draw(st.lists(st.sampled_from([*pieces[0].split(" "), *pieces[1]]), max_size=25)))
        _check(file, text.encode(), data.draw(st.integers(0, 5)), column)


@given(source=st.binary(max_size=200), row=st.integers(-1, 5), column=st.integers(-1, 40))
def test_any_bytes(source: bytes, row: int, column: int) -> None:
    words = b'import os; os.environ["' + source
    language_of("a.py").reads(words)
    language_of("a.py").site_at(words, Point(row, column))
    language_of("a.ts").reads(b"process.env." + source)
    language_of("a.ts").site_at(b"process.env." + source, Point(row, column))


def test_every_caret_in_a_line_being_typed() -> None:
    typed = 'import os\nfirst = 1\nurl = os.environ["REDIS_URL"]\nlast = "x"\n'
    start = typed.index("REDIS")
    for length in range(len("REDIS_URL") + 1):
        source = (typed[: start + length] + '\nlast = "x"\n').encode()
        site = language_of("a.py").site_at(source, Point(2, 18 + length))
        assert site is not None
        assert text_between(source, site.start, site.end) == "REDIS_URL"[:length]
