"""Backups, coming back and bundles as verbs: what an editor is answered, and what `--json` prints."""

from __future__ import annotations

import json

import pytest

from envlsp.errors import TrustError
from envlsp.service.ci import keys
from envlsp.service.recovery.recovering import Options
from envlsp.service.verbs.safekeeping import come_back
from envlsp.service.verbs.safekeeping_shapes import recovered_fields
from tests.support.cast import Cast
from tests.support.recovering import team_with_words, writer
from tests.support.verb_desk import Editor


def test_an_editor_makes_a_backup_and_tests_it(cast: Cast) -> None:
    _, (alice,) = team_with_words(cast)
    window = Editor(alice)
    made = window.run("backup", file="team.backup", offline=True)
    path = alice.root / "team.backup"
    assert made == {"file": str(path), "records": len(alice.raws()), "size": path.stat().st_size}
    checked = window.run("backup", file="team.backup", verify=True)
    assert checked.pop("ts") > 0
    assert checked == {
        "file": str(path),
        "records": made["records"],
        "newer": 0,
        "unknown": 0,
        "current_words": True,
    }
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TrustError):
        window.run("backup", file="team.backup", verify=True)


def test_coming_back_tells_who_was_removed_and_what_they_could_read(cast: Cast) -> None:
    words, (alice,) = team_with_words(cast)
    Editor(alice).run("backup", file="team.backup", offline=True)
    dave = cast.actor("dave")
    writer(dave).hidden = [words.encode()]
    options = Options(
        dave.person, alice.root / "team.backup", team=alice.team.id, remove=("alice",), offline=True
    )
    found = come_back(dave.service, options, dave.talk)
    fields = recovered_fields(found)
    assert fields["name"] == "Dave <dave@example.com>"
    assert (fields["new"], fields["members"], fields["met"], fields["reached"]) == (True, 1, 0, 0)
    assert fields["removed"] == ["Alice <alice@example.com>"]
    assert {value.name for value in found.exposures[0].values} == {"TOKEN", "URL"}
    assert not [word for word in ("one", "https") if word in json.dumps(fields)]


def test_an_editor_exports_to_a_ci_key(cast: Cast) -> None:
    _, (alice,) = team_with_words(cast)
    key = keys.key_text(keys.from_secret(keys.new_secret()).public)
    answer = Editor(alice).run("ci.export", key=key, for_="12h", offline=True)
    assert (answer["key"], answer["release"], answer["names"]) == (key, "v1", 2)
    assert answer["signer"].startswith("dv1")
    assert "x.test" not in answer["bundle"]
