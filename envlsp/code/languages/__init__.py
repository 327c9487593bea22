"""The languages: one folder each, found here by an editor's language id or a file's suffix.

To add one, make a folder with a `LANGUAGE` and give it a row in `_ROWS`. Grammars are
loaded when first asked for.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import NamedTuple, Protocol

from envlsp.code.reads import Point, Read, Site


class Language(Protocol):
    """What a language knows about environment variables. All functions are pure and never raise."""

    name: str
    prefilter: tuple[bytes, ...]
    """A file in which none of these stands has no read: it is not parsed."""

    def reads(self, source: bytes) -> list[Read]:
        """Return every read of a variable by its name, in text order."""

    def site_at(self, source: bytes, point: Point) -> Site | None:
        """Return the place where a name is being typed at `point`, if it is one."""


class _Row(NamedTuple):
    module: str
    suffixes: tuple[str, ...]
    ids: tuple[str, ...]


_ROWS: tuple[_Row, ...] = (
    _Row("python", (".py", ".pyi"), ("python",)),
    _Row("javascript", (".js", ".mjs", ".cjs", ".jsx"), ("javascript", "javascriptreact")),
    _Row("typescript", (".ts", ".mts", ".cts"), ("typescript",)),
    _Row("tsx", (".tsx",), ("typescriptreact",)),
)


def language_for(path: str, language_id: str = "") -> Language | None:
    """Return the language of a document: as the editor says, else by the file's suffix."""
    for row in _ROWS:
        if language_id in row.ids or (not language_id and path.endswith(row.suffixes)):
            return _load(row.module)
    return None


def suffixes() -> tuple[str, ...]:
    """Return the suffixes of all files that may read variables."""
    return tuple(suffix for row in _ROWS for suffix in row.suffixes)


@cache
def _load(module: str) -> Language:
    found: Language = import_module(f"envlsp.code.languages.{module}").LANGUAGE
    return found
