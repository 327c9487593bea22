"""Texts people type: a slip is found, and nothing is quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.ids import TeamId
from envlsp.errors import BadText
from envlsp.wire.text import (
    fingerprint_text,
    from_team_text,
    from_text,
    to_team_text,
    to_text,
)

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
ids = st.binary(min_size=32, max_size=32)


@given(st.binary(max_size=400))
def test_any_bytes_come_back_however_long(data: bytes) -> None:
    assert from_text("req", to_text("req", data)) == data


@given(ids)
def test_case_and_blanks_do_not_matter(team: bytes) -> None:
    text = to_team_text(TeamId(team))
    assert text.startswith("tm1")
    assert from_team_text(f" {text.upper()}\n") == team


@given(ids, st.integers(3, 60), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_found(team: bytes, place: int, letter: str) -> None:
    text = to_team_text(TeamId(team))
    typed = text[:place] + letter + text[place + 1 :]
    if typed == text:
        return
    with pytest.raises(BadText) as caught:
        from_team_text(typed)
    assert typed not in str(caught.value)


@given(st.text(max_size=100))
def test_any_text_is_a_team_or_refused(text: str) -> None:
    with pytest.raises(BadText):
        from_team_text(text)


def test_a_text_too_long_is_refused_unread() -> None:
    with pytest.raises(BadText, match="longer"):
        from_text("tm", "tm1" + "q" * 40_000)


def test_a_fingerprint_has_four_groups_of_four() -> None:
    assert fingerprint_text(bytes(32)) == "qqqq-qqqq-qqqq-qqqq"
