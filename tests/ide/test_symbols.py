"""The outline: names under headings, masks only, and names of the whole workspace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from envlsp.domain.secret import MASK
from envlsp.ide.positions import Encoding
from envlsp.ide.results import Symbol
from envlsp.ide.symbols import WORKSPACE_MAX, symbols, workspace_symbols
from envlsp.ide.text import Text
from tests.support.cursor import ROOT, make_document, read_scene

DEV = f"{ROOT}/.env"
CONFIG = f"{ROOT}/ev.yaml"


def shown(found: Sequence[Symbol], depth: int = 0) -> Iterator[str]:
    for one in found:
        lines = f"{one.range.start.line}-{one.range.end.line}"
        yield f"{'  ' * depth}{one.name}: {one.detail} {lines}".replace(":  ", ": ")
        yield from shown(one.children, depth + 1)


def check(text: str, *expected: str) -> None:
    assert list(shown(symbols(read_scene(text).snapshot, DEV))) == list(expected)


def test_names_in_file_order_with_a_mask() -> None:
    check(
        "B=1\nA=\nexport C='x\ny'\nD=\"\"\n\n# comment\nbroken\n",
        f"B: {MASK} 0-0",
        "A: empty 1-1",
        f"C: {MASK} 2-3",
        "D: empty 4-4",
    )


@pytest.mark.parametrize(
    "heading",
    (
        "# --- Database ---",
        "# --- Database",
        "#==== Database ====",
        "## Database",
        "### Database ###",
        "#-- Database",
    ),
)
def test_comments_that_look_like_headings_group_names(heading: str) -> None:
    check(f"A=1\n\n{heading}\nB=1\n\n", f"A: {MASK} 0-0", "Database: 1 name 2-3", f"  B: {MASK} 3-3")


def test_a_title_between_rules_is_a_heading() -> None:
    check(
        "#------\n# Database\n#------\nB=1\n######\n# Mail #\n######\nC=1\n",
        "Database: 1 name 0-3",
        f"  B: {MASK} 3-3",
        "Mail: 1 name 4-7",
        f"  C: {MASK} 7-7",
    )


@pytest.mark.parametrize(
    "comment",
    (
        "# just words",
        "# --- API_KEY=1234 ---",
        "## sk_live_0123456789abcdefghij",
        "# --- " + "x " * 60,
        "#-----",
        "#",
    ),
)
def test_other_comments_and_what_could_be_a_secret_are_none(comment: str) -> None:
    check(f"{comment}\nB=1\n", f"B: {MASK} 1-1")


@pytest.mark.parametrize("line", ("sk_live_geheim", "Geheim", "'ge heim'=1", '"geheim"', "geheim +=1"))
def test_a_line_that_may_be_a_pasted_value_is_not_shown(line: str) -> None:
    document = make_document(DEV, Text.of(f"{line}\nPLAIN\n"), "python")
    snapshot = read_scene("A=1\n").snapshot.with_document(document)
    assert "eheim" not in repr(symbols(snapshot, DEV))
    assert "eheim" not in repr(workspace_symbols(snapshot, "eheim"))
    assert [one.name for one in symbols(snapshot, DEV)] == ["PLAIN"]


def test_what_follows_an_open_quote_is_no_heading() -> None:
    found = symbols(read_scene("## One\nA=1\nB='x\n## geheim\nC=1\n").snapshot, DEV)
    assert [one.name for one in found] == ["One"]


def test_no_value_is_in_an_outline() -> None:
    found = symbols(read_scene("A=geheim\n# B=geheim\nC='geheim\ngeheim'\nge heim=geheim\n").snapshot, DEV)
    assert "geheim" not in repr(found)


@pytest.mark.parametrize(("encoding", "end"), ((Encoding.UTF8, 8), (Encoding.UTF16, 6), (Encoding.UTF32, 5)))
def test_ranges_are_in_the_editors_columns(encoding: Encoding, end: int) -> None:
    found = symbols(read_scene("AB=x😀\n", encoding=encoding).snapshot, DEV)
    assert found[0].range.end.column == end
    assert found[0].selection.end.column == 2


@pytest.mark.parametrize("text", ("A=1", "A=1\r\nB=2\r\n", "\ufeffA=1\n", 'A="1\n2"', "A", "A=1\rB=2\r"))
def test_selections_are_the_names_whatever_the_line_ends(text: str) -> None:
    scene = read_scene("A=1\n")
    for dialect in ("node", "python"):
        document = make_document(DEV, Text.of(text), dialect)
        found = symbols(scene.snapshot.with_document(document), DEV)
        assert [document.text.between(one.selection) for one in found] == [one.name for one in found]
        assert all(one.range.start <= one.selection.start for one in found)
        assert all(one.selection.end <= one.range.end for one in found)


def test_ev_yaml_has_its_fields_and_apps() -> None:
    scene = read_scene(
        "#- ev.yaml\nversion: 1\napps:\n  web:\n    path: .\n"
        "  work: { path: w,\n    dialect: node }\nteam: tm1\n"
    )
    assert [line.replace(": ", " ") for line in shown(symbols(scene.snapshot, CONFIG))] == [
        "version 0-0",
        "apps 1-5",
        "  web 2-3",
        "    path 3-3",
        "  work 4-5",
        "    path 4-4",
        "    dialect 5-5",
        "team 6-6",
    ]


def test_other_documents_have_no_outline() -> None:
    scene = read_scene("A=1\n#- a.py\nimport os\n")
    assert symbols(scene.snapshot, f"{ROOT}/a.py") == ()
    assert symbols(scene.snapshot, f"{ROOT}/unknown") == ()


def test_names_of_the_workspace_are_found_open_or_on_disk() -> None:
    scene = read_scene("API_URL=1\nURL=2\nOTHER=3\n#- .env.qa\nURL_B=1\n")
    opened = scene.snapshot.documents[f"{ROOT}/.env.qa"]
    assert opened.env is not None
    facts = replace(scene.snapshot.facts, disk={opened.place: opened.env})
    snapshot = replace(scene.snapshot.without_document(opened.place), facts=facts)
    found = workspace_symbols(snapshot, "url")
    assert [(name, target.place.rpartition("/")[2]) for name, target in found] == [
        ("URL", ".env"),
        ("URL_B", ".env.qa"),
        ("API_URL", ".env"),
    ]
    assert found[0][1].range.start.line == 1


def test_a_search_of_the_workspace_is_bounded() -> None:
    scene = read_scene("".join(f"NAME_{number}=1\n" for number in range(300)))
    assert len(workspace_symbols(scene.snapshot, "")) == WORKSPACE_MAX
    assert workspace_symbols(scene.snapshot, "nothing like it") == []
