"""Write docs/settings.md from the settings' docstrings; with `--check`, only say whether it is stale."""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from envlsp.ide.settings import DEFAULTS, FIELDS, Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
INTRO = """\
# Settings of the language server

Written by `make docs` from the docstrings of `envlsp/ide/settings.py`: edit those, not this page.

They stand under `envlsp` in the editor's own settings, and a change counts at once.
What is not known or of the wrong kind keeps its default, and the server says so in its log.

In Visual Studio Code (`settings.json`):

```json
{ "envlsp.hover.reveal": false, "envlsp.diagnostics.ignore": ["unused-name"] }
```

In Neovim:

```lua
vim.lsp.config("envlsp", { settings = { envlsp = { hover = { reveal = false } } } })
```
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([INTRO, *_sections()])


def _sections() -> Iterator[str]:
    docs = dict(_docstrings())
    for name, field in FIELDS.items():
        default = DEFAULTS[name]
        kind = "true or false" if isinstance(default, bool) else "a list of words"
        shown = json.dumps(default if isinstance(default, bool) else sorted(default))
        said, _, text = docs[field].partition(": ")
        assert said == f"`{name}`", f"the docstring of {field} must begin with `{name}`"
        yield f"## envlsp.{name}\n\n{text[0].upper()}{text[1:]}\n\nIt is {kind}; the default is `{shown}`.\n"


def _docstrings() -> Iterator[tuple[str, str]]:
    """Yield each field and the text below it, one sentence per line."""
    (found,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(found, ast.ClassDef)
    for field, text in zip(found.body, found.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            assert isinstance(field.target, ast.Name)
            words = " ".join(str(ast.literal_eval(text.value)).split())
            yield field.target.id, words.replace(". ", ".\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        stale = not PAGE.exists() or PAGE.read_text() != page()
        sys.exit("docs/settings.md is stale: run make docs" if stale else 0)
    PAGE.write_text(page())
