"""How long ago something was."""

from __future__ import annotations

import pytest

from envlsp.ide.ages import ago, counted

NOW = 1_750_000_000


@pytest.mark.parametrize(
    ("seconds", "words"),
    (
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (2 * 86_400, "2 days ago"),
        (45 * 86_400, "1 month ago"),
        (800 * 86_400, "2 years ago"),
        (-500, "just now"),
    ),
)
def test_an_age_is_the_largest_unit_that_fits(seconds: int, words: str) -> None:
    assert ago(NOW - seconds, NOW) == words


def test_one_is_singular() -> None:
    assert (counted(1, "name"), counted(0, "name")) == ("1 name", "0 names")
    assert counted(2, "copy", "copies") == "2 copies"
