"""`ev.yaml` while one types: what may stand at the caret, and what the word under it means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from envlsp.ide import evyaml
from envlsp.ide.positions import Encoding, Position
from envlsp.ide.snapshot import Standing
from envlsp.ide.text import Text
from tests.support.cursor import ROOT, Scene, make_document, read_scene

CONFIG = f"{ROOT}/ev.yaml"
RELEASES = "#- dev v1 by Alice\nA=1\n#- dev v2 by Bob\nA=2\n#- qa v1 by Alice\nA=1\n"
TOP = ["version", "team", "project", "default_env", "apps", "signaling", "dialect", "members_max"]


def scene_of(text: str) -> Scene:
    return read_scene(f"#- ev.yaml\n{text}\n{RELEASES}")


def offered(text: str) -> list[str]:
    scene = scene_of(text)
    document = scene.snapshot.documents[CONFIG]
    return [item.label for item in evyaml.complete(scene.snapshot, document, scene.caret).items]


def after(text: str, label: str) -> str:
    """Return the file once a completion was taken."""
    scene = scene_of(text)
    document = scene.snapshot.documents[CONFIG]
    items = evyaml.complete(scene.snapshot, document, scene.caret).items
    edit = next(item.edit for item in items if item.label == label)
    return str(document.text.replaced(edit.range, edit.new_text)).removesuffix("\n")


def hovered(text: str, **changes: object) -> str | None:
    scene = scene_of(text)
    project = replace(scene.snapshot.facts.projects[0], **changes)  # type: ignore[arg-type]
    snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, projects=(project,)))
    found = evyaml.hover(snapshot, snapshot.documents[CONFIG], scene.caret)
    return None if found is None else found.markdown


@pytest.mark.parametrize(
    ("text", "missing"),
    (
        ("<|>", []),
        ("version: 1\n<|>", ["version"]),
        ("version: 1\npro<|>\nteam: tm1", ["version", "team"]),
        ("version: 1\nproject<|>: shop\nteam: tm1", ["version", "team"]),
        ("<|>\napps:\n  web: { path: . }", ["apps"]),
        ("{ version: 1, <|> }", ["version"]),
    ),
)
def test_fields_that_are_missing_at_the_top(text: str, missing: list[str]) -> None:
    assert offered(text) == [name for name in TOP if name not in missing]


@pytest.mark.parametrize(
    "text",
    (
        "apps:\n  web:\n    path: .\n    <|>",
        "apps:\n  web:\n    path: .\n    d<|>\n  other: { path: x }",
        "apps:\n  web: { path: ., <|> }",
        "apps:\n  web: { path: ., <|>",
        "apps: { web: { path: ., <|>",
        "apps:\n  web: {\n    path: .,\n    <|>\n  }",
        "apps:\n  'web':\n    path: .  # here\n    <|>",
        "apps:\n  web:\n    <|>\n    path: .",
        "team tm1\nproject\napps:\n  web:\n    path: .\n    <|>",
    ),
)
def test_fields_of_an_app_also_where_the_file_is_no_yaml(text: str) -> None:
    assert offered(text) == ["dialect", "files"]


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("default_env: <|>", ["dev", "qa"]),
        ("default_env: d<|>\nteam: x", ["dev", "qa"]),
        ("apps: { web: { files: { <|> } } }", ["dev", "qa"]),
        ("apps:\n  web:\n    files:\n      dev: .env\n      <|>", ["qa"]),
        ("apps:\n  web:\n    files:\n      qa: <|>", [".env.qa"]),
        ("version: <|>", ["1"]),
        ("project: <|>", []),
        ("apps:\n  <|>", []),
        ("apps:\n  web: <|>", []),
        ("version: 1 <|>", []),
        ("version: 1 # <|>", []),
        ("apps: { web: { path: . } <|>", []),
        ("nothing:\n  <|>", []),
        ("signaling: [<|>]", []),
        ("signaling:\n- <|>", []),
        ("signaling:\n  - wss://a\n  - <|>", []),
    ),
)
def test_words_that_are_known(text: str, expected: list[str]) -> None:
    assert offered(text) == expected


def test_dialects_for_the_project_and_for_an_app() -> None:
    everywhere = offered("dialect: <|>")
    assert everywhere[:2] == ["node", "python"]
    assert offered("apps:\n  web:\n    path: .\n    dialect: p<|>") == everywhere


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    (
        ("version: 1\nde<|>", "default_env", "version: 1\ndefault_env: "),
        ("ap<|>", "apps", "apps:"),
        ("proj<|>ct: shop", "project", "project: shop"),
        ("dialect:<|>", "node", "dialect: node"),
        ("dialect: no<|>de", "python", "dialect: python"),
        ("dialect: 'no<|>de'", "python", "dialect: python"),
        ("{ é: 1, ver<|>", "version", "{ é: 1, version: "),
        ("{ 😀: 1, ver<|> }", "version", "{ 😀: 1, version:  }"),
        ("apps: { web: { files: { d<|> } } }", "dev", "apps: { web: { files: { dev:  } } }"),
    ),
)
def test_what_is_taken_replaces_the_word(text: str, label: str, expected: str) -> None:
    assert after(text, label) == expected


def test_fields_say_what_they_are() -> None:
    scene = scene_of("<|>")
    items = evyaml.complete(scene.snapshot, scene.snapshot.documents[CONFIG], scene.caret).items
    assert all(item.documentation for item in items)
    assert [item.label for item in items if item.detail == "required"] == ["team", "project", "apps"]


@pytest.mark.parametrize(
    "text", ("pro<|>ject: shop", "project: s<|>hop", "{project<|>: shop}", "project: shop<|>")
)
def test_a_field_says_what_it_means_on_its_name_and_on_its_value(text: str) -> None:
    found = hovered(text)
    assert found is not None
    assert found.startswith("**project**\n\nThe name of this project inside the team.")


def test_a_default_and_the_known_words() -> None:
    found = hovered("dia<|>lect: node")
    assert found is not None
    assert "One of `node`, `python`" in found
    assert "Without it: `node`." in found


def test_the_team_says_who_is_in_it() -> None:
    found = hovered("te<|>am: tm1x", role="admin")
    assert found is not None
    assert "2 members: Alice, Bob\n\nYour role: admin" in found


def test_a_team_that_is_out_of_reach_says_why() -> None:
    found = hovered(
        "te<|>am: tm1x", standing=Standing.LOCKED, detail="the key is locked; envlsp unlock", members=()
    )
    assert found is not None
    assert found.endswith("the key is locked; envlsp unlock")


def test_an_app_says_which_environments_it_has() -> None:
    found = hovered("apps:\n  we<|>b: { path: . }")
    assert found is not None
    assert found.startswith("**web**: an app\n\nA service inside the project.")
    assert "- `dev` in `.env`: v2, Bob, 1 hour ago" in found
    assert "- `qa` in `.env.qa`: v1, Alice, 1 hour ago" in found


def test_an_environment_without_a_release_says_so() -> None:
    found = hovered("apps:\n  we<|>b: { path: . }", environments={})
    assert found is not None
    assert "- `dev` in `.env`: no release yet" in found


def test_names_of_people_are_no_markup() -> None:
    found = hovered("te<|>am: tm1x", members=("[a](https://x)", "*b*"))
    assert found is not None
    assert r"\[a\]" in found
    assert r"\*b\*" in found


@pytest.mark.parametrize(
    "text", ("<|>", "# pro<|>ject", "other: x<|>", "  <|>  ", "apps:\n  web: { pth<|>: x }")
)
def test_nothing_is_said_where_nothing_is_known(text: str) -> None:
    assert hovered(text) is None


WORDS = (
    "apps",
    "web",
    ":",
    ": ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\n",
    "\n  ",
    "- ",
    "'",
    '"',
    "#",
    " ",
    "é",
    "😀",
    "x",
    "\r",
    "? ",
)


@given(
    st.lists(st.sampled_from(WORDS), max_size=14),
    st.integers(0, 5),
    st.integers(0, 20),
    st.sampled_from(Encoding),
)
@example(["\n  ", "- ", "x"], 1, 4, Encoding.UTF16)
@example(["}", "]", ",", ":"], 0, 4, Encoding.UTF8)
def test_any_text_and_any_place_is_answered(
    words: list[str], line: int, column: int, encoding: Encoding
) -> None:
    text = Text.of("".join(words), encoding)
    snapshot = replace(scene_of("x").snapshot, encoding=encoding)
    document = make_document(CONFIG, text)
    evyaml.hover(snapshot, document, Position(line, column))
    for item in evyaml.complete(snapshot, document, Position(line, column)).items:
        assert item.edit.range.start <= item.edit.range.end
    for problem in evyaml.problems(snapshot, document):
        assert problem.range.start <= problem.range.end
        assert problem.range.end.line <= max(len(text.lines), 1)
