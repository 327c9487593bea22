"""Deep, wide, endless and broken texts: an answer comes, and it costs a bounded number of steps."""

from __future__ import annotations

import random

import pytest

from envlsp.code import trees
from envlsp.code.language import LARGEST_BYTES
from envlsp.code.reads import Point
from envlsp.code.trees import CHILDREN_MAX, DEPTH_MAX, Budget, depth_at
from tests.support.code_marks import language_of

PY_READ = b'os.environ["A"]'
JS_READ = b"process.env.A"
PY_TAIL = b'\nx = os.environ["TAIL"]\n'
JS_TAIL = b"\nx = process.env.TAIL;\n"


def _full(unit: bytes, head: bytes = b"") -> bytes:
    return head + unit * ((LARGEST_BYTES - len(head)) // len(unit))


SMALL = {
    "nested brackets": ("a.py", b"x = " + b"{[" * 3_000 + PY_READ + b"]}" * 3_000 + PY_TAIL),
    "nested calls": ("a.py", b"f(" * 3_000 + PY_READ + b")" * 3_000 + PY_TAIL),
    "a chain of or": ("a.py", b"x = " + b" or ".join([PY_READ] * 1_000) + PY_TAIL),
    "a list": ("a.py", b"x = [" + PY_READ + (b"," + PY_READ) * 500 + b"]" + PY_TAIL),
    "clauses": ("a.py", b"try:\n " + PY_READ + b"\n" + b"except E: pass\n" * 3_000 + PY_TAIL),
    "nested objects": ("a.js", b"x = " + b"{a:[" * 3_000 + JS_READ + b"]}" * 3_000 + JS_TAIL),
    "nested functions": ("a.js", b"function f(){" * 2_000 + JS_READ + b"}" * 2_000 + JS_TAIL),
    "elements": ("a.tsx", b"x = " + b"<a>" * 2_000 + b"{process.env.A}" + b"</a>" * 2_000 + b";" + JS_TAIL),
    "templates": ("a.ts", b"x = " + b"`${" * 2_000 + JS_READ + b"}`" * 2_000 + b";" + JS_TAIL),
    "a large pattern": (
        "a.js",
        b"const {" + b",".join(b"A%d" % at for at in range(20_000)) + b"} = process.env;" + JS_TAIL,
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_reads_next_to_the_depths_are_found(name: str) -> None:
    file, source = SMALL[name]
    language = language_of(file)
    assert "TAIL" in {read.name for read in language.reads(source)}
    language.site_at(source, Point(0, len(source) // 3))


@pytest.mark.parametrize(
    ("file", "source"),
    (
        ("a.py", b"x = " + b" + ".join([PY_READ] * 5_000) + PY_TAIL),
        ("a.py", b"import os\n" + b"e = os.environ\ne['A']\n" * 5_000),
        ("a.js", b"p" + b".then(() => process.env.A)" * 5_000 + JS_TAIL),
    ),
)
def test_no_place_is_looked_at_once_the_budget_is_spent(
    file: str, source: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0

    def counted(tree: trees.Tree, place: int) -> int:
        nonlocal looked
        looked += 1
        return depth_at(tree, place)

    monkeypatch.setattr(trees, "depth_at", counted)
    language_of(file).reads(source + b" " * LARGEST_BYTES)  # too large: nothing is looked at
    assert looked == 0
    language_of(file).reads(source)
    assert 0 < looked <= trees.LOOKING_STEPS // 50


def test_a_budget_ends() -> None:
    budget = Budget(10)
    assert [budget.spend(4) for _ in range(4)] == [True, True, False, False]


def test_what_is_beyond_the_depth_is_left_out() -> None:
    language = language_of("a.js")
    for depth, count in ((DEPTH_MAX // 4, 1), (DEPTH_MAX, 0)):
        text = b"x = " + b"[[" * depth + JS_READ + b"]]" * depth
        assert len(language.reads(text)) == count


def test_of_a_large_pattern_the_first_parts_are_read() -> None:
    file, source = SMALL["a large pattern"]
    names = [read.name for read in language_of(file).reads(source)]
    assert names[:3] == ["A0", "A1", "A2"]
    assert len(names) <= CHILDREN_MAX + 1


def test_a_parse_ends_within_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "PARSE_STEPS", 300)
    line = 'x = f("é🚀", y)\n'.encode()
    source = PY_READ + b"\n" + line * 5_000 + PY_TAIL
    assert [read.name for read in language_of("a.py").reads(source)] == ["A"]


def test_more_indents_than_the_parser_can_take() -> None:
    source = PY_READ + b"\n" + b"".join(b" " * depth + b"if x:\n" for depth in range(1_200))
    assert [read.name for read in language_of("a.py").reads(source)] == ["A"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "unit"),
    (
        ("a.py", b'# os.environ["A"]\n'),
        ("a.py", b'(os.environ["A"] + '),
        ("a.py", b'def f( os.environ["A"]\n'),
        ("a.py", b'os.environ["A"] + '),
        ("a.py", b"environ "),
        ("a.py", b'e = os.environ\ne["A"]\n'),
        ("a.py", b"["),
        ("a.js", b"{["),
        ("a.js", b"const = { process.env.A\n"),
        ("a.js", b"process.env.A || "),
        ("a.js", b"var e=process.env,t=n(3),r=function(e){return e.A||[]};"),
        ("a.js", b"p.then(()=>process.env.A)."),
        ("a.js", b"function f(e){process.env.A;"),
        ("a.tsx", b"<a b={process.env.A}>"),
        ("a.tsx", b"a<b>("),
        ("a.ts", b"`${"),
        ("a.ts", b".env"),
    ),
)
def test_a_megabyte_of_anything(file: str, unit: bytes) -> None:
    head = b"import os\n" if file == "a.py" else b"process.env.A;\n"
    source = _full(unit, head)
    language_of(file).reads(source)
    language_of(file).site_at(source, Point(0, 3))


@pytest.mark.slow
@pytest.mark.parametrize("file", ("a.py", "a.js", "a.tsx"))
def test_a_megabyte_of_noise(file: str) -> None:
    noise = random.Random(7)
    head = b'os.environ["A"]; process.env.A;\n'
    language_of(file).reads(head + bytes(noise.randrange(1, 256) for _ in range(LARGEST_BYTES // 2)))
