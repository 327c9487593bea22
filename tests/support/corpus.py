"""The recorded answers of real loaders: the corpus, and what dotenv made of random files."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from envlsp.domain.dotenv.expand import NO_ENV, evaluate
from envlsp.domain.dotenv.parse import parse
from tests.support.vectors import FOLDER

Values = dict[str, Any]

_LONG_CHARS: Final = 2000
_MANY_NAMES: Final = 300


@dataclass(frozen=True, slots=True)
class Recorded:
    """One file and what each loader made of it; None where it has no answer to compare."""

    id: str
    data: bytes
    env: Mapping[str, str]
    answers: Mapping[str, tuple[Values, Values | None] | None]
    """Dialect to (values with references as written, values in `env`)."""


@cache
def corpus() -> tuple[Recorded, ...]:
    """Return the cases that were written by hand."""
    return tuple(_recorded(case) for case in _read("corpus"))


@cache
def generated() -> tuple[Recorded, ...]:
    """Return random files with node's answers; see tests/scripts/record_node_vectors.cjs."""
    return tuple(
        Recorded(
            f"generated-{number}",
            base64.b64decode(case["base64"]),
            case["env"],
            {"node": (case["parse"], case["values"])},
        )
        for number, case in enumerate(_read("node_generated"))
    )


def values(data: bytes, dialect: str, env: Mapping[str, str] = NO_ENV, *, references: bool = True) -> Values:
    """Return the values of a file as plain text, as our dialect gives them."""
    evaluation = evaluate(parse(data, dialect), env, references=references)
    return {
        name: None if value is None else value.reveal().decode() for name, value in evaluation.values.items()
    }


def shortened(found: Values) -> Values:
    """Return values as the corpus writes them: digests for long ones and for many."""
    short = {name: _shortened(value) for name, value in found.items()}
    if len(short) <= _MANY_NAMES:
        return short
    text = json.dumps(short, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {"#keys": len(short), "#sha256": hashlib.sha256(text.encode()).hexdigest()}


def _shortened(value: str | None) -> object:
    if value is None or len(value) <= _LONG_CHARS:
        return value
    return {"len": len(value), "sha256": hashlib.sha256(value.encode()).hexdigest()}


def _read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "dotenv" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _recorded(case: dict[str, Any]) -> Recorded:
    node, python = case["node"], case["python"]
    known = python["values"]["status"] != "error"
    return Recorded(
        case["id"],
        _input(case["input"]),
        case["env"],
        {
            "node": (node["parse"], node["values"]),
            "python": (python["parse"]["values"], python["values"]["values"]) if known else None,
        },
    )


def _input(source: dict[str, Any]) -> bytes:
    if "base64" in source:
        return base64.b64decode(source["base64"])
    data = "".join(map(_part, source["recipe"])).encode()
    assert hashlib.sha256(data).hexdigest() == source["sha256"]
    return data


def _part(part: dict[str, Any]) -> str:
    if "text" in part:
        return str(part["text"])
    if "repeat" in part:
        return str(part["repeat"]) * int(part["times"])
    return "".join(part["each"].replace("{n}", str(n)) for n in range(part["from"], part["to"]))
