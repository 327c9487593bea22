"""Reads in an editor's columns: their ranges hold the name, whatever stands before it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.code.languages import language_for
from envlsp.ide.positions import Encoding
from envlsp.ide.source import site_in, usages_in
from envlsp.ide.text import Text

BEFORE = st.text(st.sampled_from("aé漢🚀\u0301 "), max_size=6)
ENDS = st.sampled_from(("\n", "\r\n", "\r"))
READS = {"a.py": 'x = "{}", os.environ["{}"]', "a.ts": "x('{}', process.env.{})"}


@pytest.mark.parametrize("encoding", Encoding)
@given(befores=st.lists(BEFORE, min_size=1, max_size=5), end=ENDS)
def test_ranges_hold_the_name(encoding: Encoding, befores: list[str], end: str) -> None:
    for file, line in READS.items():
        language = language_for(file)
        assert language is not None
        lines = [line.format(before, f"NAME_{number}") for number, before in enumerate(befores)]
        text = Text.of(end.join(lines), encoding)
        usages = usages_in(language, text)
        assert [usage.name for usage in usages] == [f"NAME_{number}" for number in range(len(befores))]
        for usage in usages:
            assert text.between(usage.range) == usage.name
            found = site_in(language, text, usage.range.end)
            assert found is not None
            assert found[1] == usage.range
