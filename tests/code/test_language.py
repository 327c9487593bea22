"""What all languages share: lazy loading, size limits, one parse for one text, threads."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import envlsp.code.languages
from envlsp.code import trees
from envlsp.code.language import KEPT_BYTES, LARGEST_BYTES
from envlsp.code.languages import language_for, suffixes
from envlsp.code.reads import Point
from tests.support.code_marks import language_of


def test_a_known_id_wins_over_the_suffix() -> None:
    assert language_for("a.js", "typescript") is language_of("a.ts")
    assert language_for("script", "python") is language_of("a.py")
    assert language_for("a.py", "plaintext") is None
    assert language_for("a.txt") is None
    assert ".tsx" in suffixes()


def test_grammars_are_loaded_when_a_text_is_parsed() -> None:
    code = (
        "import sys\n"
        "from envlsp.code.languages import language_for\n"
        "language = language_for('a.py')\n"
        "assert not any(name.startswith('tree_sitter') for name in sys.modules)\n"
        "assert language.reads(b'os.environ[\"A\"]')\n"
        "assert 'tree_sitter_typescript' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_text_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    parse = trees.Grammar.parse

    def counted(self: trees.Grammar, source: bytes) -> trees.Tree:
        parsed.append(source)
        return parse(self, source)

    monkeypatch.setattr(trees.Grammar, "parse", counted)
    language, text = language_of("a.py"), b'os.environ["ONCE"]; os.environ["'
    language.site_at(text, Point(0, 32))
    language.reads(bytes(bytearray(text)))
    assert len(parsed) == 1


def test_a_text_without_a_word_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(trees.Grammar, "parse")
    assert language_of("a.py").site_at(b'x["', Point(0, 3)) is None


def test_large_texts() -> None:
    read = b'os.environ["A"]\n'
    filler = b"x = 1  # some words to fill the line\n"
    large = read + filler * (KEPT_BYTES // len(filler) + 1) + read
    found = language_of("a.py").reads(large)
    assert [read.start.row for read in found] == [0, large.count(b"\n") - 1]
    assert language_of("a.py").site_at(large, Point(0, 13)) is not None
    huge = read + b" " * LARGEST_BYTES
    assert language_of("a.py").reads(huge) == []
    assert language_of("a.py").site_at(huge, Point(0, 13)) is None


def test_lone_returns_end_lines_too() -> None:
    found = language_of("a.py").reads(b'x = 1\ry = os.environ["A"]\r\nz = os.environ["B"]\r')
    assert [read.start for read in found] == [Point(1, 16), Point(2, 16)]


def test_threads_share_a_language() -> None:
    texts = [
        f'import os as m{number}\nm{number}.environ["NAME_{number}"]\n'.encode() + b"f(x, y)\n" * number
        for number in range(60)
    ]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(language_of("a.py").reads, texts * 3))
    assert [reads[0].name for reads in found] == [f"NAME_{number}" for number in range(60)] * 3


def test_every_query_is_packaged() -> None:
    folder = Path(envlsp.code.languages.__file__).parent
    rows = [path for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert {path.name for path in rows if (path / "reads.scm").is_file()} == {
        "python",
        "ecmascript",
        "typescript",
    }
    assert all((path / "__init__.py").is_file() for path in rows)
