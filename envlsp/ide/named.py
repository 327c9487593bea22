"""Which env files an editor knows by their name, and which it has to be told of.

By a name of the usual form an editor covers a file before it has asked anybody; of any other
that `ev.yaml` gives to an environment it hears from the server: docs/lsp-extensions.md,
"envlsp/files".
"""

from __future__ import annotations

from envlsp.ide.results import Place
from envlsp.ide.snapshot import Facts


def is_usual(name: str) -> bool:
    """Return whether a name says what it is of, as `.env`, `.env.dev` and `prod.env` do."""
    lower = name.lower()  # to some disks `.ENV` is `.env`
    return lower.startswith(".env.") or lower.endswith(".env")


def unusual(facts: Facts) -> tuple[Place, ...]:
    """Return the files of environments that have another name, in order."""
    files = {file for project in facts.projects for app in project.apps for file in app.files.values()}
    return tuple(sorted(file for file in files if not is_usual(file.replace("\\", "/").rpartition("/")[2])))
