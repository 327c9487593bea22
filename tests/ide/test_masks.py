"""What an editor covers of an env file, and how its lines stand."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.dotenv.parse import entries, parse
from envlsp.ide.envfile import EnvFile
from envlsp.ide.masks import SEEN_AT_MOST, Change, Changes, changes, masks
from envlsp.ide.positions import Encoding, to_index
from envlsp.ide.settings import Settings
from envlsp.ide.snapshot import Document, Kind, Snapshot
from envlsp.ide.text import Text
from tests.support.cursor import ROOT, read_scene
from tests.support.dotenv_files import DIALECTS, files

ENV = f"{ROOT}/.env"


def opened(text: str, dialect: str = "node", place: str = ENV, settings: Settings | None = None) -> Snapshot:
    content = Text.of(text)
    document = Document(place, f"file://{place}", "dotenv", 1, content, Kind.ENV)
    document = replace(document, env=EnvFile.of(content, dialect))
    return Snapshot(documents={place: document}, settings=settings or Settings())


def seen(snapshot: Snapshot, place: str = ENV) -> str:
    """Return a file as a person sees it: a bullet for whatever is covered."""
    covered, document = masks(snapshot, place), snapshot.documents[place]
    assert covered is not None
    assert len(covered) == len(document.text.lines)
    shown = []
    for number, spans in enumerate(covered):
        text, at, parts = document.text.line(number), 0, []
        for start, end in spans:
            first, last = (to_index(text, column, document.text.encoding) for column in (start, end))
            assert at <= first < last <= len(text), "in order, none empty, none beyond the line"
            parts += [text[at:first], "•"]
            at = last
        shown.append("".join([*parts, text[at:]]))
    return "\n".join(shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    (
        ("A=1", "A=•"),
        ('export A = "x y" # why', "export A = • # why"),
        ("A=\nB=''", "A=\nB=•"),
        ('KEY="-----BEGIN\nline two\nend"\nB=2', "KEY=•\n•\n•\nB=•"),
        ("# A=old", "# A=•"),
        ("#export OLD='x\n#second\n# third'\n# words\nB=1", "#export OLD=•\n•\n•\n# words\nB=•"),
        ("# before the move: A=old", "# before the move: A=•"),
        ("# at https://bob:hunter2@db.test/x", "# at https://bob:•@db.test/x"),
        ("# eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "# •"),
        ("# was AKIAIOSFODNN7EXAMPLE, once", "# was •, once"),
        ("# MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7", "# •"),
        ("A=hunter2\n# it is hunter2 there", "A=•\n# it is • there"),
        ("ghp_1234567890abcdef", "•"),
        ('A="x" left over', "A=•"),
        ("A='never closed\n# perhaps of it\nB=2", "A=•\n•\nB=•"),
        ("# plain words, http://api.test/path\n\nA=1", "# plain words, http://api.test/path\n\nA=•"),
        ("# -----------------------------------------", "# -----------------------------------------"),
        ("É=1\nA=é😀x # ü", "•\nA=• # ü"),
    ),
)
def test_only_what_is_known_to_be_harmless_is_seen(text: str, shown: str) -> None:
    assert seen(opened(text)) == shown


def test_a_name_alone_lets_nothing_be_seen() -> None:
    text = "LOG_LEVEL=debug\nLOG_URL=https://a:b12@c.test\nLOG_KEY=sk_live_4242424242\nPORT=1"
    shown = seen(opened(text, settings=Settings(masks_show=frozenset({"LOG_*", "PORT"}))))
    assert shown == "LOG_LEVEL=debug\nLOG_URL=•\nLOG_KEY=•\nPORT=1"
    hidden = Settings(masks_show=frozenset({"*"}), masks_hide=frozenset({"PORT"}))
    assert seen(opened("PORT=1\nA=b", settings=hidden)) == "PORT=•\nA=b"


def test_examples_are_seen_as_long_as_they_look_like_examples() -> None:
    place = f"{ROOT}/.env.example"
    text = "API_URL=https://example.test\nTOKEN=changeme\nKEY=AKIAIOSFODNN7EXAMPLE\n"
    assert seen(opened(text, place=place), place) == "API_URL=https://example.test\nTOKEN=changeme\nKEY=•"
    assert seen(opened(text, place=place, settings=Settings(masks_files=frozenset())), place).count("•") == 3


def test_choices_that_the_comment_lists_may_be_seen() -> None:
    text = "# one of: debug, info\nLEVEL=debug\n# one of: a, b\nOTHER=secret\n"
    assert "LEVEL=•" in seen(opened(text))
    shown = seen(opened(text, settings=Settings(masks_choices=True)))
    assert "LEVEL=debug" in shown
    assert "OTHER=•" in shown


def test_other_documents_have_no_masks() -> None:
    scene = read_scene("A=1\n#- app.ts\nprocess.env.A\n")
    assert masks(scene.snapshot, f"{ROOT}/app.ts") is None


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_no_value_is_ever_seen(dialect: str, data: st.DataObject) -> None:
    text = data.draw(files).decode("utf-8", "replace")
    shown = seen(opened(text, dialect))
    for name, literal in entries(parse(Text.of(text).to_bytes(), dialect)).items():
        value = literal.reveal().decode("utf-8", "replace").strip("'\"`")
        if len(value) >= 6 and text.count(value) == 1 and value not in name:
            assert value not in shown


@given(before=files, after=files)
def test_what_is_kept_between_keystrokes_changes_no_answer(before: bytes, after: bytes) -> None:
    first, second = (text.decode("utf-8", "replace") for text in (before, after))
    masks(opened(first), ENV)
    again = masks(opened(second), ENV)
    assert again == masks(opened(second, place="/elsewhere/.env"), "/elsewhere/.env")


@given(text=files)
def test_columns_are_the_editors(text: bytes) -> None:
    shown = set()
    for encoding in Encoding:
        content = Text.of(text.decode("utf-8", "replace"), encoding)
        document = Document(ENV, f"file://{ENV}", "dotenv", 1, content, Kind.ENV)
        snapshot = Snapshot(
            encoding=encoding, documents={ENV: replace(document, env=EnvFile.of(content, "node"))}
        )
        shown.add(seen(snapshot))
    assert len(shown) == 1


def test_what_is_shown_before_anybody_has_looked_holds_no_value() -> None:
    """The same in a line of base64 that ends with its padding, or in one of a value of many lines."""
    at_most = re.compile(SEEN_AT_MOST)
    for line in (
        "abcd1234EFGH==",
        "ghp_1234=",
        "  A=1",
        "a=1",
        "# A=1",
        "hunter2",
        "JBSWY3DP=",
        "MZXW6===",
        "A=",
    ):
        assert at_most.match(line) is None
    found = at_most.match("export API_KEY=hunter2")
    assert found is not None
    assert found[0] == "export API_KEY="


def test_how_lines_stand_to_the_newest_release() -> None:
    scene = read_scene("A=1\nB=2 # mine\nC=3\n#- dev v1 by Alice\nA=1\nB=1\nD=1\n")
    assert changes(scene.snapshot, ENV) == Changes((Change(1, "changed"), Change(2, "added")), removed=("D",))
