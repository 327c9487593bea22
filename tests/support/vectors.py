"""Vectors: files of inputs and answers that belong to the spec.

Each file is `{"about": …, "cases": [{…, "expect": word}]}`; bytes are hex. The word
is from a closed list, so that another implementation can use the same files.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from envlsp.errors import (
    BadSignature,
    BadText,
    CannotOpen,
    EnvlspError,
    LimitExceeded,
    Malformed,
    RecordRefused,
    UpgradeNeeded,
)

FOLDER: Final = Path(__file__).parent.parent / "vectors"

Case = dict[str, Any]

EXPECT: Final[dict[type[EnvlspError], str]] = {
    Malformed: "malformed",
    LimitExceeded: "limit",
    UpgradeNeeded: "upgrade",
    RecordRefused: "refused",
    BadSignature: "bad-signature",
    CannotOpen: "cannot-open",
    BadText: "bad-text",
}
"""What can come of a vector that is not `ok`."""


def outcome(call: Callable[[], object]) -> str:
    """Return the word for what happens; an error outside the list is a bug and passes through."""
    try:
        call()
    except tuple(EXPECT) as error:
        return next(word for kind, word in EXPECT.items() if isinstance(error, kind))
    return "ok"


def as_json(about: str, cases: list[Case]) -> str:
    """Return the text of a vector file."""
    return json.dumps({"about": about, "cases": cases}, indent=1, ensure_ascii=False) + "\n"


def read(name: str) -> str:
    """Return the committed text of a vector file."""
    return (FOLDER / f"{name}.json").read_text(encoding="utf-8")


def cases(name: str) -> list[Case]:
    """Return the cases of a vector file."""
    found: list[Case] = json.loads(read(name))["cases"]
    return found


def write(name: str, text: str) -> None:
    """Replace a vector file; the difference is for a person to review."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
