"""What a search begins with: the byte strings of the vectors, so nothing binary is committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.vectors import read


def hexes(name: str, *keys: str) -> Iterator[bytes]:
    """Yield what stands in hex in a vector file, everywhere or only under these keys."""
    yield from _walk(json.loads(read(name)), frozenset(keys), "")


def _walk(value: Any, keys: frozenset[str], under: str) -> Iterator[bytes]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, keys, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, keys, under)
    elif isinstance(value, str) and (not keys or under in keys):
        try:
            yield bytes.fromhex(value)
        except ValueError:
            return
