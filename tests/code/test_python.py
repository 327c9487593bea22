"""Python: every usual way to read a variable, and what only looks like one."""

from __future__ import annotations

import pytest

from envlsp.code.reads import Form
from tests.support.code_marks import check_reads, language_of

READS = (
    'import os\nos.environ["⟦A⟧"]',
    "os.environ['⟦A⟧']",
    'os.environ["""⟦A⟧"""]',
    'os.environ.get("⟦A⟧")',
    'os.environ.get("⟦A|default⟧", "d")',
    'os.environ.get("⟦A|default⟧") or "d"',
    '(os.environ.get("⟦A|default⟧")) or "d"',
    'x or os.environ.get("⟦A⟧")',
    'os.getenv("⟦A⟧")',
    'os.getenv("⟦A|default⟧", default="d")',
    'os.environ.pop("⟦A|default⟧", None)',
    'os.environ.pop("⟦A⟧")',
    'os.environ.setdefault("⟦A|default write⟧", "d")',
    '"⟦A|default⟧" in os.environ',
    '"⟦A|default⟧" not in os.environ',
    'os.environ["⟦A|write⟧"] = "v"',
    'os.environ["⟦A|write⟧"] += "v"',
    'del os.environ["⟦A|write⟧"]',
    'del (os.environ["⟦A|write⟧"]), os.environ["⟦B|write⟧"]',
    'os.environ["⟦A|write⟧"], x = "v", 1',
    'if ("⟦A|default⟧") not in (os.environ): pass',
    '"⟦A|default⟧" in os.environ.keys()',
    'f(os.environ["⟦A⟧"], (os.environ["⟦B⟧"], 1))',
    'os.putenv("⟦A|write⟧", "v"); os.unsetenv("⟦B|write⟧")',
    'os.environb[b"⟦A⟧"]; os.getenvb(b"⟦B⟧")',
    'os.environ["⟦with.dot-and-dash⟧"]',
    'f"{os.environ["⟦A⟧"]} and {os.getenv("⟦B⟧")}"',
    'os.environ[\n    "⟦A⟧"\n]',
    'print("🚀", os.environ["⟦A⟧"])',
    "os . environ [ '⟦A⟧' ]",
    'if (x := os.getenv("⟦A⟧")): pass',
    'class A:\n    url: str = os.environ["⟦A⟧"]',
    'async def f():\n    return [os.environ["⟦A⟧"] for _ in x]',
    '@app.on(os.environ["⟦A⟧"])\ndef f(): ...',
    'def f(url=os.environ["⟦A⟧"]): ...',
)
BOUND = (
    'from os import environ\nenviron["⟦A⟧"]',
    'from os import environ as e, getenv as g\ne.get("⟦A⟧"); g("⟦B⟧")',
    'import os as o\no.environ["⟦A⟧"]; o.getenv("⟦B⟧")',
    'import sys, os as o\no.environ["⟦A⟧"]',
    'import os.path\nos.environ["⟦A⟧"]',
    'from os import *\ngetenv("⟦A⟧"); environ["⟦B⟧"]',
    'import os\ne = os.environ\ne["⟦A⟧"]; e.get("⟦B|default⟧", 1); "⟦C|default⟧" in e',
    "from os import environ\nif '⟦A|default⟧' in environ.keys():\n    del environ[\"⟦A|write⟧\"]",
    'import os\ne: dict[str, str] = os.environ\ne["⟦A⟧"]',
    'import os\nget = os.environ.get\nget("⟦A|default⟧", 1)',
    'import os\na = os.environ\nb = a\nc = b\nc["⟦A⟧"]',
    'import os\ndef f(env=os.environ):\n    return env["⟦A⟧"]',
    'def f(env: dict[str, str] = os.environ):\n    return env["⟦A⟧"]',
    'if (e := os.environ):\n    e["⟦A⟧"]',
    'def f():\n    from os import environ\n    return environ["⟦A⟧"]',
)
CAUGHT = (
    'try:\n    os.environ["⟦A|default⟧"]\nexcept KeyError:\n    pass',
    'try:\n    f(os.environ["⟦A|default⟧"])\nexcept (ValueError, KeyError) as exc:\n    pass',
    'try:\n    os.environ["⟦A|default⟧"]\nexcept:\n    pass',
    'try:\n    os.environ["⟦A⟧"]\nexcept ValueError:\n    pass',
    'try:\n    pass\nexcept KeyError:\n    os.environ["⟦A⟧"]',
    'try:\n    def f():\n        os.environ["⟦A⟧"]\nexcept KeyError:\n    pass',
)
NO_READS = (
    'environ["A"]; getenv("A")',
    'd["A"]; d.get("A")',
    "os.environ[name]; os.getenv(name)",
    'os.environ[f"A"]; os.environ[f"A{x}"]; os.environ["A" + x]',
    'os.environ["A" "B"]; os.environ["A\\x41"]',
    'os.environ[""]; os.environ["1A"]; os.environ["A B"]',
    '# os.environ["A"]',
    '"""os.environ["A"]"""',
    "x = \"os.environ['A']\"",
    'self.os.environ["A"]; f().os.environ["A"]',
    'os.environ.copy()["A"]',
    'os.path["A"]; os.environ.items("A")',
)
SHADOWED = (
    'def f(os):\n    os.environ["A"]\nos.environ["⟦B⟧"]',
    'lambda os: os.environ["A"]',
    'def f(*, os=None):\n    os.environ["A"]',
    'from starlette.config import environ\nenviron["A"]',
    'import os\nos = fake()\nos.environ["A"]',
    'from os import environ as e\ndef f(e):\n    e["A"]\ne["⟦B⟧"]',
    'from os import environ as e\ndef f():\n    e = {}\n    e["A"]\ne["⟦B⟧"]',
    'def f(x: os.environ = None):\n    os.environ["⟦A⟧"]',
    'def f():\n    e = os.environ\ndef g():\n    e["A"]',
)
BROKEN = (
    'def f(\nos.environ["⟦A⟧"]\n',
    'import os\ndef f(\n\nx = os.getenv("⟦A⟧")\ny = os.environ.get("⟦B⟧")\nfor x in\nz = os.environ["⟦C⟧"]\n',
    'from os import environ as e\nclass\n    :\ne["⟦A⟧"]; d["B"]; "e[\'C\']"  # e["D"]',
    'os.environ["⟦A⟧"]\nclass\n    :\nos.environ["⟦B⟧"]',
    'def f(\nos.environ["A\nos.environ[name]\n',
    'x = os.environ["⟦A⟧"] + foo(',
    'def f(:\n    os.environ["⟦A⟧"]\n',
    'import os\nx = os.environ.get("⟦A⟧")\nfoo(\ny = os.environ["⟦B⟧"]\n',
    'os.environ["⟦A⟧"]\nclass\n\ndef f():\n    return os.environ["⟦B⟧"]',
)


@pytest.mark.parametrize("text", (*READS, *BOUND, *CAUGHT, *NO_READS, *SHADOWED, *BROKEN))
def test_reads(text: str) -> None:
    check_reads("a.py", text)


def test_every_read_is_in_quotes() -> None:
    found = check_reads("a.py", 'os.environ["⟦A⟧"]; os.getenv("⟦B⟧")')
    assert {read.form for read in found} == {Form.STRING}


def test_other_reads_survive_an_unclosed_quote() -> None:
    text = b'import os\na = os.environ["A"]\nb = os.environ["\nc = 1\nd = os.environ["D"]\n'
    names = [read.name for read in language_of("a.py").reads(text)]
    assert names[0] == "A"
    assert "D" in names


def test_stubs_are_python_too() -> None:
    assert language_of("a.pyi") is language_of("a.py")
