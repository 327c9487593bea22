"""Reads the notation of `tests/vectors/signaling.json`: long frames without long files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


def vectors(file: str, part: str) -> list[Any]:
    """Return the cases of one part of a vector file, for `parametrize`."""
    cases = json.loads((VECTORS / file).read_text())[part]
    assert isinstance(cases, list)
    return cases


def name(case: Any) -> str:
    """Return what pytest calls a case."""
    return str(case["name"])


def joined(parts: list[str | list[Any]]) -> bytes:
    """Return the bytes of hex strings and `[hex, times]` pairs, put together."""
    return b"".join(
        bytes.fromhex(part) if isinstance(part, str) else bytes.fromhex(part[0]) * part[1] for part in parts
    )
