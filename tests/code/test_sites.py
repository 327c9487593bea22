"""Where a name is being typed, in whole code and in code that nobody has finished yet."""

from __future__ import annotations

import pytest

from envlsp.code.reads import Form
from tests.support.code_marks import check_site

PYTHON = (
    'os.environ["⟦NA<|>ME⟧"]',
    'os.environ["⟦<|>NAME⟧"]',
    'os.environ["⟦NAME<|>⟧"]',
    'os.environ["⟦<|>⟧"]',
    'os.environ["⟦<|>⟧',
    "os.environ['⟦<|>⟧",
    'os.environ[b"⟦<|>⟧',
    'os.environ["⟦NA<|>⟧',
    'os.environ["⟦NA<|>ME⟧',
    'x = os.environ["⟦<|>⟧\ny = 1\n',
    'x = os.environ["⟦RE<|>⟧\ny = d["x"]\n',
    'f(os.environ["⟦<|>⟧, "b")',
    'f(os.environ["⟦<|>⟧)\nz = "x"\n',
    'def f():\n    return os.environ["⟦<|>⟧\n\ndef g():\n    return "x"\n',
    'os.environ.get("⟦<|>⟧',
    'os.environ.get("⟦RE<|>⟧")',
    'os.environ.get( "⟦RE<|>⟧", "d")',
    "os.getenv('⟦<|>⟧",
    "if os.getenv('⟦DE<|>⟧:\n    pass",
    'import os as o\no.environ["⟦<|>⟧',
    'from os import environ as e\ne["⟦<|>⟧',
    'from os import getenv as g\nx = g("⟦<|>⟧\ny = 2',
    'import os\nx = os.environ\ny = x["⟦A<|>⟧\nz = 1',
    'if "⟦<|>⟧" in os.environ: pass',
    "f\"{os.environ['⟦<|>⟧",
    'del os.environ["⟦X<|>⟧"]',
    'print("🚀", os.environ["⟦A<|>⟧',
    'os.environ["⟦A<|>⟧"]\r\nx = 1\r\n',
)
ECMASCRIPT = (
    "process.env.⟦<|>⟧",
    "process.env.⟦RE<|>⟧",
    "process.env.⟦RE<|>DIS⟧",
    "x = process.env.⟦<|>⟧\nfoo()",
    "x = process.env.⟦<|>⟧\nconst y = 1",
    "x = process.env.⟦<|>⟧;\nconst y = 1",
    "f(process.env.⟦<|>⟧)",
    "const x = { a: process.env.⟦<|>⟧, b: 1 }",
    "if (process.env.⟦<|>⟧) { f() }",
    "process?.env?.⟦<|>⟧",
    "`${process.env.⟦<|>⟧}`",
    'process.env["⟦<|>⟧',
    "process.env['⟦RE<|>⟧']",
    "process.env[`⟦<|>⟧",
    'process.env?.["⟦<|>⟧',
    'f(process.env["⟦RE<|>⟧\nbar("x")\n',
    "import.meta.env.⟦<|>⟧",
    "import.meta.env.⟦VI<|>⟧",
    "if (import.meta.env.⟦<|>⟧) { f() }",
    "Bun.env.⟦<|>⟧",
    'Deno.env.get("⟦<|>⟧',
    "const env = process.env\nenv.⟦<|>⟧\nf()",
    'const env = process.env\nenv["⟦<|>⟧',
    'import { env } from "process"\nenv.⟦<|>⟧',
    "const { ⟦<|>⟧ } = process.env",
    "const {⟦<|>⟧} = process.env",
    "const { A, ⟦<|>⟧ } = process.env",
    "const { A, ⟦RE<|>⟧ } = process.env",
    "const { A: ⟦<|>⟧B } = { }; const { ⟦Z<|>⟧ } = process.env".replace("⟦<|>⟧B", "B"),
    "const {\n  A,\n  ⟦<|>⟧\n} = process.env",
    "const { A = 'x', ⟦<|>⟧, B } = process.env",
    "const { ⟦NA<|>⟧: local } = process.env",
    "const env = process.env; const { ⟦<|>⟧ } = env",
    '"⟦<|>⟧" in process.env',
    "return <a href={process.env.⟦<|>⟧} />",
)
NOWHERE = {
    "a.py": (
        "os.environ[<|>]",
        "os.environ[<|>",
        "os.getenv(<|>",
        'os.environ["X", <|>',
        'os.environ["A"<|>]',
        'os.environ<|>["A"]',
        'os.getenv("A", "<|>',
        '# os.environ["<|>',
        '"""\nos.environ["<|>\n"""',
        'print("os.environ[\'<|>")',
        'd["<|>"]',
        'environ["<|>"]',
        'def f(os):\n    os.environ["<|>',
        'os.environ[f"A{x}<|>"]',
        'os.environ["A B<|>"]',
        "<|>",
        "x = 1\n<|>",
    ),
    "a.tsx": (
        "process.env<|>",
        "process.env<|>.A",
        "process.env.A.<|>",
        "process.<|>",
        "a.process.env.<|>",
        "// process.env.<|>",
        "/* process.env.<|> */",
        "x = 1;\n/* process.env.<|>",
        "/* a\n process.env.A<|>\nlet b = 1;",
        "'process.env.<|>'",
        "`process.env.<|>`",
        "const { A: <|> } = process.env",
        "const { A = <|> } = process.env",
        "const { A <|>} = process.env",
        "const <|>{ A } = process.env",
        "const { <|> } = other",
        "function f(process) { process.env.<|> }",
        "env.<|>",
        "return <a>process.env.<|></a>",
    ),
}


@pytest.mark.parametrize("text", PYTHON)
def test_python(text: str) -> None:
    site = check_site("a.py", text)
    assert site is not None
    assert site.form is Form.STRING


@pytest.mark.parametrize("text", ECMASCRIPT)
def test_ecmascript(text: str) -> None:
    site = check_site("a.tsx", text)
    assert site is not None
    quoted = any(f"{quote}⟦" in text for quote in "'\"`")
    assert (site.form is Form.STRING) == quoted


CARETS = tuple((file, text) for file, texts in NOWHERE.items() for text in texts)


@pytest.mark.parametrize(("file", "text"), CARETS)
def test_no_name_is_typed(file: str, text: str) -> None:
    check_site(file, text)


def test_names_of_a_pattern_are_taken() -> None:
    gap = check_site("a.js", "const { A, B: b, ⟦<|>⟧ } = process.env")
    typed = check_site("a.js", "const { A, ⟦B<|>⟧, C = 1 } = process.env")
    assert gap is not None
    assert typed is not None
    assert gap.taken == {"A", "B"}
    assert typed.taken == {"A", "C"}


def test_taken_names_are_those_of_the_same_pattern() -> None:
    site = check_site("a.js", "const { A } = process.env; const { ⟦<|>⟧ } = process.env")
    assert site is not None
    assert site.taken == frozenset()


def test_a_site_after_the_end_is_none() -> None:
    check_site("a.py", 'x = os.environ["A"]\n\n\n<|>')
