from __future__ import annotations

import pytest

from envlsp.domain.dotenv.dialects import dialect_named, dialect_names
from envlsp.errors import BadConfig


def test_every_dialect_goes_by_its_own_name() -> None:
    assert dialect_names() == ("node", "python")
    assert [dialect_named(name).name for name in dialect_names()] == ["node", "python"]
    with pytest.raises(BadConfig, match="cobol cannot be read"):
        dialect_named("cobol")


@pytest.mark.parametrize(
    ("dialect", "literal", "expected"),
    (
        ("node", b"'$A ${B:-x} \\$C $5 ${D}'", [("A", 2), ("B", 6), ("D", 21)]),
        ("python", b'"$A ${B:-x} ${C}"', [("B", 6), ("C", 14)]),
    ),
)
def test_references_and_their_places(dialect: str, literal: bytes, expected: list[tuple[str, int]]) -> None:
    found = list(dialect_named(dialect).references(literal))
    assert [(ref.name, ref.start) for ref in found] == expected
    assert all(literal[ref.start : ref.end].decode() == ref.name for ref in found)
