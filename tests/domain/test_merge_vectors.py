"""The merge against `tests/vectors/merge.json`, which belongs to the protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from envlsp.domain.environment import team_environment
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.merge import History, ReleaseNode
from envlsp.domain.release import ReleaseKind, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.domain.versions import Versions

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "merge.json").read_text())["cases"]


def rid(text: str) -> RecordId:
    return RecordId(bytes.fromhex(text) * 32)


def to_node(release: dict[str, Any]) -> ReleaseNode:
    return ReleaseNode(
        rid(release["id"]),
        DevicePk(rid(release["author"])),
        release["height"],
        team_environment("shop", "web", release.get("environment", "dev")),
        ReleaseKind[release["kind"].upper()],
        tuple(rid(other) for other in release["base"]),
        rid(release["of"]) if "of" in release else None,
        release.get("void", False),
        release.get("misplaced", False),
    )


def to_snapshot(entries: dict[str, str]) -> Snapshot:
    return Snapshot({SecretName(name): SecretText(value) for name, value in entries.items()})


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_vector(case: dict[str, Any]) -> None:
    contents = {rid(release["id"]): to_snapshot(release["entries"]) for release in case["releases"]}
    nodes = [to_node(release) for release in case["releases"]]
    history = History(team_environment("shop", "web", "dev"), nodes, contents)
    view = history.view()
    assert [head.hex()[:2] for head in view.heads] == case["heads"]
    assert {name: value.reveal_text() for name, value in view.entries.items()} == case["entries"]
    assert {
        name: [
            [
                None if each.value is None else each.value.reveal_text(),
                each.release.hex()[:2],
                each.author.hex()[:2],
            ]
            for each in candidates
        ]
        for name, candidates in view.conflicts.items()
    } == case["conflicts"]
    versions = Versions(history)
    for release, label in case["labels"].items():
        assert versions.label(rid(release)) == label
    for release, names in case.get("changed", {}).items():
        assert sorted(history.changed(rid(release))) == names
