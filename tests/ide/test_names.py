"""A table of names finds what a plain search finds, and can be changed in place of being made anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.code.reads import Form
from envlsp.ide import names as names_module
from envlsp.ide.names import Names
from envlsp.ide.positions import line_range
from envlsp.ide.usages import Usage, Usages

WORDS = st.text(st.sampled_from("abAB_é"), min_size=1, max_size=4)
SETS = st.frozensets(WORDS, max_size=12)


@given(SETS, WORDS)
def test_beginnings(words: frozenset[str], typed: str) -> None:
    found = Names.of(words).beginning(typed)
    assert sorted(found) == sorted(word for word in words if word.lower().startswith(typed.lower()))
    assert [word.lower() for word in found] == sorted(word.lower() for word in found)


@given(SETS, WORDS)
def test_letters_further_in(words: frozenset[str], typed: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names_module, "_SUBSEQUENCE_MAX", 0)
        found = {word.lower() for word in Names.of(words).holding(typed)}
    wanted = typed.lower()
    assert found == {
        word.lower() for word in words if wanted in word.lower() and not word.lower().startswith(wanted)
    }


def test_letters_with_gaps() -> None:
    assert list(Names.of(["DB_URL", "DEBUG", "URL", "DUL"]).holding("dul")) == ["DB_URL"]


@given(SETS, SETS)
def test_a_changed_table_is_like_a_new_one(before: frozenset[str], after: frozenset[str]) -> None:
    assert Names.of(before).changed(before - after, after - before) == Names.of(after)


FILES = st.lists(st.tuples(st.sampled_from("xyz"), st.lists(WORDS, max_size=3)), max_size=6)


@given(FILES)
def test_an_index_of_reads_keeps_its_table(files: list[tuple[str, list[str]]]) -> None:
    usages = Usages()
    for place, read in files:
        assert usages.sorted_names is not None
        found = [
            Usage(name, line_range(0, 0, 1), Form.STRING, has_default=False, is_write=False) for name in read
        ]
        usages = usages.with_file(place, found)
        assert usages.sorted_names == Names.of(usages.by_name)
        assert {
            name: {at for at, its in usages.files.items() if any(u.name == name for u in its)}
            for name in usages.by_name
        } == usages.by_name
