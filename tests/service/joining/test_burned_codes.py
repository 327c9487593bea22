"""A guesser does not go unnoticed."""

from pathlib import Path

import pytest

from envlsp.errors import CodeRefused
from envlsp.service.joining.burned_codes import HOUR_S, BurnedCodes
from envlsp.store.team import TeamStore


def test_the_third_burned_code_of_an_hour_stops_invitations(tmp_path: Path) -> None:
    now = 1_000_000.0
    codes = BurnedCodes(TeamStore(str(tmp_path / "team"), bytes(32)), lambda: now)
    for _ in range(3):
        codes.check()
        codes.note()
        now += 60
    with pytest.raises(CodeRefused, match="guessing"):
        codes.check()
    now += HOUR_S - 120
    codes.check()


def test_a_clock_that_went_back_locks_nobody_out(tmp_path: Path) -> None:
    now = 1_000_000.0
    codes = BurnedCodes(TeamStore(str(tmp_path / "team"), bytes(32)), lambda: now)
    for _ in range(3):
        codes.note()
    now -= 10 * HOUR_S
    codes.check()
