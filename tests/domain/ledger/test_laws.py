"""Random adversarial histories, scopes included (docs/protocol.md, "I. Adversarial tests", P1 to P10)."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.ledger_fuzz import Chaos
from tests.support.ledger_laws import check_laws, check_no_interference


def history(seed: int, size: int, peers: int = 3) -> Chaos:
    return Chaos(Random(seed), peers=peers).grow(size)


@pytest.mark.parametrize(
    "batch", (*range(2), *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 10)))
)
def test_laws_of_convergence(batch: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(batch * 20, batch * 20 + 20):
        check_laws(history(seed, 12 + seed % 20), counts)
    assert counts["breaks"] > 10  # else the histories are too tame to show anything


@pytest.mark.parametrize("batch", (0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 5))))
def test_case_19_no_interference(batch: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(batch * 20, batch * 20 + 20):
        check_no_interference(history(seed, 10 + seed % 20), counts)
    assert counts["records of interference"] > 20


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rnd=st.randoms(use_true_random=False), size=st.integers(2, 24), peers=st.integers(1, 4))
def test_laws_hold_for_any_history(rnd: Random, size: int, peers: int) -> None:
    check_laws(Chaos(rnd, peers=peers).grow(size))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_laws_of_convergence_at_length() -> None:
    counts: Counter[str] = Counter()
    for seed in range(1_000_000, 1_000_250):
        size = Random(seed).choice((15, 25, 40, 60))
        check_laws(history(seed, size, peers=2 + seed % 3), counts)
        check_no_interference(history(seed, size, peers=2 + seed % 3), counts)
    assert counts["breaks of removals"] > 200
    assert counts["trials of interference"] > 100
