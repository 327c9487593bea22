"""The attacks as bytes for other implementations: they say what this one does."""

from __future__ import annotations

import pytest

from tests.scripts.ledger_vectors import ABOUT, cases, replay
from tests.support import vectors
from tests.support.vectors import Case, as_json


@pytest.mark.parametrize("case", vectors.cases("ledger"), ids=lambda case: str(case["name"]))
def test_a_history_comes_out_as_it_is_written_down(case: Case) -> None:
    assert replay(case) == case


@pytest.mark.slow
def test_the_histories_are_those_of_the_attacks() -> None:
    assert as_json(ABOUT, cases()) == vectors.read("ledger"), "run: python -m tests.scripts.ledger_vectors"
