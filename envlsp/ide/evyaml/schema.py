"""The schema of `ev.yaml`: what stands at a path, what it means, and what it refuses."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from envlsp.ide.evyaml.tree import Name, Path

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

Schema: TypeAlias = Mapping[str, Any]


_TYPES = {
    "object": "a table of names",
    "array": "a list of words",
    "string": "a word",
    "integer": "a number",
}


class Refusal(NamedTuple):
    """One rule of the schema that a file breaks."""

    rule: str
    """The keyword: `required`, `enum`, …."""
    path: Path
    """Of what breaks it; for a name, of the table that it is in."""
    name: str | None
    """The name, where it is that which is wrong."""
    wanted: Any
    """What the keyword says."""
    part: Any
    """Where in the schema it stands."""


@cache
def schema() -> Schema:
    """Return the whole schema."""
    data = pkgutil.get_data(__package__, "schema.json")
    assert data is not None
    found: dict[str, Any] = json.loads(data)
    return found


def schema_at(path: Sequence[Name]) -> Schema | None:
    """Return the schema of what stands at a path; None where the format has nothing."""
    found: Schema | None = resolved(schema())
    for name in path:
        if found is None:
            return None
        found = found.get("items") if isinstance(name, int) else _under(found, name)
        found = resolved(found) if isinstance(found, Mapping) else None
    return found


def resolved(part: Schema) -> Schema:
    """Return a part of the schema with the definition it refers to; its own words come first."""
    target = part.get("$ref")
    if target is None:
        return part
    definition = schema()["$defs"][target.removeprefix("#/$defs/")]
    return {**definition, **part}


def fields_of(part: Schema) -> Mapping[str, Schema]:
    """Return the fields that the format names in a table."""
    found: Mapping[str, Schema] = part.get("properties", {})
    return {name: resolved(field) for name, field in found.items()}


def is_table(part: Schema) -> bool:
    """Return whether a table stands here."""
    return part.get("type") == "object"


def _under(part: Schema, name: str) -> Any:
    return part.get("properties", {}).get(name, part.get("additionalProperties"))


def refusals(instance: object) -> Iterator[Refusal]:
    """Yield what the schema refuses in a file, given as JSON."""
    for error in _validator().iter_errors(instance):
        name = str(error.instance) if "propertyNames" in error.absolute_schema_path else None
        path = tuple(error.absolute_path)
        yield Refusal(str(error.validator), path, name, error.validator_value, error.schema)


def rule_in_words(refusal: Refusal) -> str:
    """Return what a value must be, as the end of a sentence."""
    wanted = refusal.wanted
    words: dict[str, Callable[[], str]] = {
        "type": lambda: f"must be {_TYPES[wanted[0] if isinstance(wanted, list) else wanted]}",
        "enum": lambda: f"must be one of {', '.join(wanted)}",
        "const": lambda: f"must be {wanted}",
        "minimum": lambda: f"must be {refusal.part['minimum']} to {refusal.part['maximum']}",
        "maximum": lambda: f"must be {refusal.part['minimum']} to {refusal.part['maximum']}",
        "minLength": lambda: "must not be empty",
        "minProperties": lambda: "must name at least one app",
        "pattern": lambda: str(refusal.part["patternErrorMessage"]),
    }
    return words[refusal.rule]()


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())
