"""A rename changes names, all of them and nothing else, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.errors import BadText, EnvlspError, Misuse, NotFound
from envlsp.ide.positions import Encoding, Position
from envlsp.ide.rename import prepare, rename
from envlsp.ide.results import Edit
from envlsp.ide.snapshot import Snapshot
from tests.support.cursor import ROOT, Scene, make_document, read_scene

SCENE = """
# OLD stays in comments. ${OLD} too.
OLD=hunter2
B="${OLD}/$OLD"
#- .env.staging
export OLD='x' # OLD
#- .env.example
OLD=
#- app.ts
process.env.OLD<|>; process.env["OLD"]; const { OLD } = process.env; const { OLD: x } = process.env
#- app.py
import os
os.environ["OLD"], "OLD"
"""
RENAMED = """
# OLD stays in comments. ${OLD} too.
NEW=hunter2
B="${NEW}/$NEW"
#- .env.staging
export NEW='x' # OLD
#- .env.example
NEW=
#- app.ts
process.env.NEW; process.env["NEW"]; const { NEW: OLD } = process.env; const { NEW: x } = process.env
#- app.py
import os
os.environ["NEW"], "OLD"
"""


def edited(snapshot: Snapshot, edits: Iterable[Edit], dialect: str = "node") -> Snapshot:
    """Return the snapshot after the editor made all edits."""
    for edit in sorted(edits, key=lambda edit: (edit.place, edit.range.start), reverse=True):
        text = snapshot.documents[edit.place].text.replaced(edit.range, edit.new_text)
        snapshot = snapshot.with_source(make_document(edit.place, text, dialect))
    return snapshot


def texts(snapshot: Snapshot) -> dict[str, str]:
    return {place: str(document.text) for place, document in snapshot.documents.items()}


def renamed(scene: Scene, new: str, dialect: str = "node") -> Snapshot:
    edits = rename(scene.snapshot, scene.place, scene.caret, new).edits
    return edited(scene.snapshot, edits, dialect)


def check_refused(scene: str, new: str, error: type[EnvlspError], words: str) -> None:
    found = read_scene(scene)
    with pytest.raises(error) as refused:
        rename(found.snapshot, found.place, found.caret, new)
    assert words in str(refused.value)
    assert refused.value.fix


def test_everywhere() -> None:
    assert texts(renamed(read_scene(SCENE), "NEW")) == texts(read_scene(RENAMED).snapshot)


@pytest.mark.parametrize("place", (".env", ".env.staging", ".env.example", "app.py"))
def test_from_every_side_alike(place: str) -> None:
    scene = read_scene(SCENE)
    text = scene.snapshot.documents[f"{ROOT}/{place}"].text
    line = next(number for number in range(9) if "OLD" in text.line(number) and text.line(number)[0] != "#")
    scene.place, scene.caret = f"{ROOT}/{place}", Position(line, text.line(line).index("OLD"))
    assert texts(renamed(scene, "NEW")) == texts(read_scene(RENAMED).snapshot)


def test_no_edit_holds_a_value_and_each_replaces_the_old_name() -> None:
    scene = read_scene(SCENE)
    edits = rename(scene.snapshot, scene.place, scene.caret, "NEW").edits
    assert len(edits) == 10
    for edit in edits:
        assert scene.snapshot.documents[edit.place].text.between(edit.range) == "OLD"
        assert edit.new_text in ("NEW", "NEW: OLD")


def test_the_inverse_restores_every_byte() -> None:
    scene = read_scene(SCENE)
    before = texts(scene.snapshot)
    scene.snapshot = renamed(scene, "NEW")
    assert texts(renamed(scene, "OLD")) == before


LINES = st.sampled_from(
    (
        "OLD=1\n", "export OLD = 'x'\r\n", "B=${OLD}$OLD\n", "# OLD\n", "\n", "C='😀e\u0301${OLD}'\n",
        'D="${OLD}\n${OLD:-x}"\n', "OLD_2=1\n", "NOT_OLD=${OLD_2}\n", "=broken\n", "OLD\n", "E=\\${OLD}\n",
    )
)  # fmt: skip
CODE = st.sampled_from(
    (
        "process.env.OLD\n", "process.env['OLD'] // OLD\r\n", "const { OLD } = process.env\n",
        "const { OLD: NEW } = process.env\n", "const { OLD: x, OLD_2 } = process.env\n",
        "f('😀', process.env.OLD)\n", "const { OLD = '1' } = process.env\n", "c ? process.env.OLD: NEW\n",
        "const OLD = 1\n",
    )
)  # fmt: skip


@given(
    st.lists(LINES, max_size=8).map("".join),
    st.lists(CODE, max_size=6).map("".join),
    st.sampled_from(list(Encoding)),
    st.sampled_from(("node", "python")),
)
def test_laws(env: str, code: str, encoding: Encoding, dialect: str) -> None:
    scene = read_scene(
        f"OLD=1\n{env}\n#- app.ts\n{code}\nprocess.env.OL<|>D\n", encoding=encoding, dialect=dialect
    )
    before = texts(scene.snapshot)
    after = renamed(scene, "NEW", dialect)
    assert "NEW" in after.documents[f"{ROOT}/.env"].env.names  # type: ignore[union-attr]
    # Where `const { OLD: NEW }` stood there is `const { NEW }`: shorter, so the caret is found anew.
    at = str(after.documents[scene.place].text).splitlines()
    back = Scene(after, scene.place, Position(len(at) - 1, len("process.env.N")))
    assert texts(renamed(back, "OLD", dialect)) == before


def test_prepare_gives_the_name() -> None:
    scene = read_scene("A=${B_<|>C}\n#   ^^^ name\n")
    assert prepare(scene.snapshot, scene.place, scene.caret) == scene.marks[0].range
    scene = read_scene("A=x<|>\n")
    assert prepare(scene.snapshot, scene.place, scene.caret) is None
    scene = read_scene("#- app.ts\nf(process.env.A<|>)\n//            ^ name\n")
    assert prepare(scene.snapshot, scene.place, scene.caret) == scene.marks[0].range


def test_refusals_say_why() -> None:
    check_refused("A<|>=1\nB=2\n", "B", Misuse, "B is in .env already")
    check_refused("A<|>=1\n#- .env.example\nB=2\n", "B", Misuse, "B is in .env.example already")
    check_refused("A<|>=1\n", "with space", BadText, "not a name for a variable")
    check_refused("A<|>=1\n", "", BadText, "not a name for a variable")
    check_refused("A<|>=1\n", "__proto__", BadText, "not a name for the node loader")
    check_refused("A<|>=1\nB=${A}\n", "A-B", BadText, "code and references could not use")
    check_refused("A<|>=1\n#- a.ts\nprocess.env.A\n", "1A", BadText, "code and references could not use")
    check_refused("A=<|>1\n", "B", NotFound, "no name to rename here")


def test_the_same_name_changes_nothing() -> None:
    scene = read_scene("A<|>=1\n")
    assert rename(scene.snapshot, scene.place, scene.caret, "A").edits == ()


def test_a_name_that_only_code_has() -> None:
    scene = read_scene("#- app.ts\nprocess.env.A<|>\n")
    assert texts(renamed(scene, "B"))[f"{ROOT}/app.ts"] == "process.env.B\n"


def test_a_file_that_is_not_open_is_changed_as_it_is_on_disk() -> None:
    scene = read_scene("A<|>=1\n#- .env.staging\nA=2\n")
    place = f"{ROOT}/.env.staging"
    env = scene.snapshot.documents[place].env
    assert env is not None
    scene.snapshot = replace(
        scene.snapshot.without_document(place), facts=replace(scene.snapshot.facts, disk={place: env})
    )
    edits = rename(scene.snapshot, scene.place, scene.caret, "B").edits
    assert [edit.place.removeprefix(ROOT) for edit in edits] == ["/.env", "/.env.staging"]


@pytest.mark.slow
def test_ten_thousand_names() -> None:
    text = "".join(f"NAME_{number}=${{NAME_{number + 1}}}\n" for number in range(10_000))
    scene = read_scene(f"{text}#- app.ts\nprocess.env.NAME_5<|>000\n")
    assert len(rename(scene.snapshot, scene.place, scene.caret, "OTHER").edits) == 3
