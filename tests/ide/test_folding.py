"""What can be folded away, what a selection grows to, and which addresses are links."""

from __future__ import annotations

import pytest

from envlsp.ide.folding import folds
from envlsp.ide.links import links
from envlsp.ide.selection import selections
from tests.support.cursor import ROOT, read_scene

DEV = f"{ROOT}/.env"


def check_folds(text: str, *expected: str) -> None:
    found = folds(read_scene(text).snapshot, DEV)
    shown = [f"{fold.start_line}-{fold.end_line}{' comment' * fold.is_comment}" for fold in found]
    assert shown == list(expected)


def test_runs_of_comments_and_values_of_several_lines() -> None:
    check_folds('# a\n# b\nA=1\n# c\nB="x\ny\nz"\n', "0-1 comment", "4-6")


def test_a_part_ends_before_the_blank_lines_of_the_next() -> None:
    check_folds("A=1\n## One\nB=1\nC=1\n\n\n## Two\n# about\nD=1", "1-3", "6-8")


def test_a_heading_with_nothing_below_folds_nothing() -> None:
    check_folds("## One\n\n## Two\n")


def test_a_value_at_the_end_without_a_line_end() -> None:
    check_folds('A="x\ny"', "0-1")


def test_tables_of_ev_yaml() -> None:
    scene = read_scene("#- ev.yaml\nversion: 1\napps:\n  web:\n    path: .\n  w: { path: x }\n")
    assert [tuple(fold)[:2] for fold in folds(scene.snapshot, f"{ROOT}/ev.yaml")] == [(1, 4), (2, 3)]


def test_nothing_in_code() -> None:
    scene = read_scene("#- a.py\nimport os\n")
    place = f"{ROOT}/a.py"
    assert folds(scene.snapshot, place) == []
    assert links(scene.snapshot, place) == []
    assert selections(scene.snapshot, place, scene.caret) == ()


@pytest.mark.parametrize(
    ("line", "expected"),
    (
        ("# see https://a.test/x.", ["https://a.test/x"]),
        ("# (http://a.test:80) and https://b.test/?q=1&r#s", ["http://a.test:80", "https://b.test/?q=1&r#s"]),
        ("A=1 # https://a.test/x", ["https://a.test/x"]),
        ("A=https://a.test/x", []),
        ("A='# https://a.test/x'", []),
        ("A=https://a.test/#x", []),
        ("# A=https://a.test/x", []),
        ("#export A=https://a.test/x", []),
        ("# https://user:password@a.test/x", []),
        ("# https://user@a.test/x", []),
        ("# postgres://a.test/x", []),
        ("# https://", []),
    ),
)
def test_links_are_addresses_in_comments_without_a_password(line: str, expected: list[str]) -> None:
    scene = read_scene(f"\u00e9=1\n{line}\n")
    found = links(scene.snapshot, DEV)
    assert [link.url for link in found] == expected
    text = scene.snapshot.documents[DEV].text
    assert [text.between(link.range) for link in found] == expected


def test_what_follows_an_open_quote_is_no_link() -> None:
    scene = read_scene("# https://a.test\nB='x\n# https://b.test\n")
    assert [link.url for link in links(scene.snapshot, DEV)] == ["https://a.test"]


def test_a_selection_grows_from_the_reference_to_the_file() -> None:
    scene = read_scene('## One\nA="x ${B<|>C} y"\n\n## Two\nD=1\n')
    text = scene.snapshot.documents[DEV].text
    assert [text.between(one) for one in selections(scene.snapshot, DEV, scene.caret)] == [
        "BC",
        "x ${BC} y",
        '"x ${BC} y"',
        'A="x ${BC} y"',
        '## One\nA="x ${BC} y"\n\n',
        str(text),
    ]


def test_a_selection_in_an_empty_file() -> None:
    scene = read_scene("<|>\n")
    assert len(selections(scene.snapshot, DEV, scene.caret)) <= 2
