"""Write docs/ev-yaml.md from the schema that ships; with `--check`, only say whether it is stale."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from envlsp.domain.dotenv.dialects import dialect_names
from envlsp.ide.evyaml.checking import CODES
from envlsp.ide.evyaml.schema import Schema, fields_of, resolved, schema

PAGE = Path(__file__).resolve().parents[1] / "docs" / "ev-yaml.md"
INTRO = """\
# ev.yaml

Written by `make docs` from `envlsp/ide/evyaml/schema.json`: edit the descriptions there, not this page.

{description}
It stands at the root of the repository, and `envlsp init` writes it.

```yaml
version: 1
team: tm1…
project: shop
default_env: dev
apps:
  web: {{ path: apps/web }}
  worker: {{ path: services/worker, dialect: python, files: {{ dev: .env.local }} }}
signaling: [wss://signal.example.org]
dialect: node
```

The language server completes, explains and checks it as you type.
Other YAML tools can use the same schema, for example with this line at the top of the file:

```yaml
# yaml-language-server: $schema=<path to envlsp>/ide/evyaml/schema.json
```
"""
DIALECTS = """\
## Dialects

The dialect is the library that loads a `.env` file; it decides what quotes, escapes and references mean.
Files of {readable} are read today.
These words are known as well, and `envlsp` says that it cannot read such files yet: {others}.
"""
BOUNDS = """\
## What is read

The file is at most 64 KiB, one document, nested at most six levels deep.
Tags, anchors and aliases are refused, and so is a name that stands twice.
Words may be quoted; numbers may not.
"""


def page() -> str:
    """Return the whole page."""
    top = resolved(schema())
    app = resolved(top["properties"]["apps"]["additionalProperties"])
    dialects = schema()["$defs"]["dialect"]["enum"]
    readable = dialect_names()
    others = ", ".join(f"`{name}`" for name in dialects if name not in readable)
    return "\n".join(
        [
            INTRO.format(description=_sentences(top["description"])),
            "## Fields\n",
            *_fields(top),
            "## Fields of an app\n",
            *_fields(app),
            DIALECTS.format(readable=" and ".join(f"`{name}`" for name in readable), others=others),
            BOUNDS,
            "## Problems\n",
            "| code | means |\n|---|---|",
            *(f"| `{code}` | {means} |" for code, means in CODES.items()),
            "",
        ]
    )


def _fields(part: Schema) -> Iterator[str]:
    """Yield a section for each field of a table."""
    required = part.get("required", ())
    for name, field in fields_of(part).items():
        yield f"### {name}\n\n{_sentences(field['description'])}\n"
        yield f"{_kind(field)}{_presence(field, required=name in required)}\n"


def _kind(field: Schema) -> str:
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    words = {"string": "a word", "integer": "a number", "array": "a list of words", "object": "a table"}
    return "It is " + " or ".join(words[kind] for kind in kinds)


def _presence(field: Schema, *, required: bool) -> str:
    if required:
        return ", and has to be there."
    default = field.get("default")
    return (
        "." if default is None else f"; the default is `{default if default != [] else json.dumps(default)}`."
    )


def _sentences(text: str) -> str:
    """Return a text with one sentence per line."""
    return text.replace(". ", ".\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        stale = not PAGE.exists() or PAGE.read_text() != page()
        sys.exit("docs/ev-yaml.md is stale: run make docs" if stale else 0)
    PAGE.write_text(page())
