"""Answers that are put together past the library's classes are what those classes say they are."""

from __future__ import annotations

import pytest
from lsprotocol import converters, types

from envlsp.ide.positions import Position, Range
from envlsp.ide.results import Completion, Edit, Item, ItemKind, Problem, Related, Severity, Target
from envlsp.lsp.client import Client
from envlsp.lsp.convert import (
    to_completion,
    to_diagnostic,
    to_location,
    to_locations,
    to_many_diagnostics,
    to_many_edits,
    to_workspace_edit,
)
from envlsp.lsp.session import Session

RANGE = Range(Position(1, 2), Position(1, 5))
OTHER = Range(Position(1, 2), Position(1, 6))
PLAIN = Item(
    "API_URL", Edit("/shop/.env", RANGE, "API_URL"), detail="dev", sort="0api", data={"place": "/shop/.env"}
)
QUOTED = Item("A B", Edit("/shop/.env", RANGE, '"A B"'), ItemKind.VALUE, documentation="**why**")


@pytest.mark.parametrize("items", ((), (PLAIN, QUOTED), (PLAIN, Item("X", Edit("/shop/.env", OTHER, "X")))))
@pytest.mark.parametrize("capable", (True, False))
def test_a_completion_is_one(items: tuple[Item, ...], *, capable: bool) -> None:
    client = Client(item_defaults=capable, item_default_data=capable, markdown_completion=capable)
    found = to_completion(Session(client), Completion(items, is_incomplete=True)).json
    converter = converters.get_converter()
    read = converter.structure(found, types.CompletionList)
    assert converter.unstructure(read) == found
    assert [item.label for item in read.items] == [item.label for item in items]
    assert all(
        item.text_edit or (read.item_defaults and item.text_edit_text != item.label) for item in read.items
    )


@pytest.mark.parametrize(("ranges", "data"), ((True, True), (True, False), (False, True)))
def test_what_all_items_share_is_said_once(*, ranges: bool, data: bool) -> None:
    session = Session(Client(item_defaults=ranges, item_default_data=data))
    found = to_completion(session, Completion((PLAIN, PLAIN._replace(label="API_KEY")))).json
    assert sorted(found["itemDefaults"]) == ["data"] * data + ["editRange"] * ranges
    for item in found["items"]:
        assert (item.get("data") or found["itemDefaults"]["data"]) == PLAIN.data
        assert ("textEdit" in item, "data" in item) == (not ranges, not data)
    mixed = to_completion(session, Completion((PLAIN, QUOTED))).json
    assert ["data" in item for item in mixed["items"]] == [True, False]


def test_places_are_the_same_as_by_the_classes() -> None:
    session = Session(Client())
    targets = [Target("/shop/.env", RANGE), Target("/shop/a b.py", OTHER)]
    expected = [to_location(session, target) for target in targets]
    assert to_locations(session, targets).json == converters.get_converter().unstructure(expected)


@pytest.mark.parametrize("capable", (True, False))
def test_many_edits_are_the_same_as_by_the_classes(*, capable: bool) -> None:
    session = Session(Client(document_changes=capable))
    session.open("file:///shop/.env", "dotenv", 7, "A=1\n")
    places = ("/shop/.env", "/shop/a.py", "/shop/.env")
    edits = [Edit(place, RANGE, f"new {place}") for place in places]
    expected = converters.get_converter().unstructure(to_workspace_edit(session, edits))
    assert to_many_edits(session, edits).json == expected


@pytest.mark.parametrize("capable", (True, False))
def test_many_diagnostics_are_the_same_as_by_the_classes(*, capable: bool) -> None:
    session = Session(Client(diagnostic_tags=capable, related_information=capable, diagnostic_data=capable))
    related = (Related(Target("/shop/a b.py", OTHER), "there"),)
    problems = [
        Problem("x", RANGE, "words", Severity.HINT, True, related, {"name": "A"}),
        Problem("y", OTHER, "other words", Severity.ERROR),
    ]
    expected = [to_diagnostic(session, problem) for problem in problems]
    assert to_many_diagnostics(session, problems) == converters.get_converter().unstructure(expected)
