"""What editors say of a result is worded here, and is the same in each of them."""

from __future__ import annotations

from typing import Any

import pytest

from envlsp.lsp.rows import Row
from envlsp.lsp.sentences import words

NOW = 1_000_000
NAMES: dict[str, list[str]] = {"added": ["A"], "changed": [], "removed": []}
NONE: dict[str, list[str]] = {"added": [], "changed": [], "removed": []}
RELEASE = {
    "release": "v3",
    "id": "c0",
    "author": "Alice",
    "ts": NOW - 7200,
    "kind": "release",
    "message": "new key",
    **NAMES,
    "void": False,
}


@pytest.mark.parametrize(
    ("verb", "result", "said"),
    (
        (
            "push",
            {"release": "v3", "made": True, "changed": NAMES, "reached": 1},
            "v3: +1 ~0 -0; 1 device reached",
        ),
        (
            "set",
            {"release": "v3", "made": True, "changed": NAMES, "reached": 0},
            "v3: +1 ~0 -0; not delivered yet",
        ),
        (
            "push",
            {"release": "v3", "made": False, "changed": NONE, "reached": 0},
            "nothing to do: v3 is what this would be",
        ),
        ("pull", {"release": "v3", "written": True, "changed": NAMES, "kept": NONE}, "v3: +1 ~0 -0"),
        (
            "pull",
            {"release": "v3", "written": False, "changed": NONE, "kept": NAMES},
            "the file is at v3; your edits stay",
        ),
        ("sync", {"devices": 2, "reached": 0, "received": 0}, "nobody else is there now"),
        ("sync", {"devices": 0, "reached": 0, "received": 0}, "there is no other device in this team yet"),
        ("sync", {"devices": 2, "reached": 2, "received": 1}, "2 devices reached, 1 record new"),
        ("mask.toggle", {"masked": False, "presenting": False}, "values are seen in this window"),
        ("access.grant", {"name": "Bob", "role": "viewer", "scope": None, "changed": True}, "Bob is viewer"),
        ("access.grant", {"joined": "Bob"}, "Bob has joined"),
        (
            "access.revoke",
            {"name": "Bob", "removed": False, "scope": "shop/web/prod"},
            "Bob no longer reads shop/web/prod",
        ),
        ("join", {"inviter": "Alice\x1b[2J", "already": False}, "you are in the team of Alice [2J"),
        ("peers", {"schema": 1, "peers": []}, "nothing to show"),
    ),
)
def test_what_became_of_a_command_is_one_line(verb: str, result: dict[str, Any], said: str) -> None:
    assert words(verb, result, NOW).sentence == said


def test_a_list_is_rows_that_say_what_they_are_about() -> None:
    found = words("log", {"schema": 1, "releases": [RELEASE]}, NOW)
    assert found.rows == (Row(("v3", "Alice", "2 hours ago", "+1 ~0 -0", "new key"), "releases", 0),)
    assert found.lines() == ["v3  Alice  2 hours ago  +1 ~0 -0  new key"]


def test_where_something_stands_comes_before_its_lists() -> None:
    result = {"old": "v2", "new": "v3", "changes": [], "old_text": "A=••••••", "new_text": "A=••••••"}
    assert words("diff", result, NOW).lines() == ["v2 → v3  0 names differ"]
    line = {"name": "A", "change": "changed", "old_mark": "12ab", "new_mark": "34cd"}
    rows = words("diff", {**result, "changes": [line]}, NOW).rows
    assert [row.cells for row in rows] == [("v2 → v3", "1 name differs"), ("~", "A", "12ab", "34cd")]


def test_a_field_nobody_thought_of_is_shown_by_its_name() -> None:
    result = {
        "schema": 1,
        "id": "c0",
        "some_day": 3,
        "is": True,
        "who": ["Alice", "Bob"],
        "last_seen": NOW - 120,
    }
    lines = words("something.new", result, NOW).lines()
    assert lines == ["some day  3", "is  yes", "who  Alice, Bob", "last seen  2 minutes ago"]


@pytest.mark.parametrize("verb", ("backup", "ci.export", "replica.add"))
def test_no_row_holds_a_command_to_a_terminal(verb: str) -> None:
    hostile = {"name": "\x1b[2J", "more": ["\x07", 1], "things": [{"said": "\x1b", "at": "\n"}]}
    found = words(verb, hostile, NOW)
    assert [row.of for row in found.rows] == ["", "", "things"]
    assert all(cell.isprintable() for row in found.rows for cell in row.cells)


def test_who_may_get_new_keys_again_is_a_sentence() -> None:
    bob = {"name": "Bob"}

    def said(confirmed: list[dict[str, str]], suspects: list[dict[str, str]]) -> str:
        result = {"confirmed": confirmed, "suspects": suspects, "reached": 0}
        return words("access.confirm", result, NOW).sentence

    assert said([bob, bob], []) == "Bob may get new keys again"
    assert said([], [bob]) == "Bob may get no new key from this device"
    assert said([], []) == "nobody waits to be confirmed"
