"""The laws of convergence as searches (docs/protocol.md, "I. Adversarial tests", P1 to P10).

Histories of `ledger_fuzz`: peers in partitions, backdating, forks, removals of every kind,
scopes, links, invites, second devices, new root keys. P8 and P9 are about releases: they
are in `test_machine`, beside P7 with real keys and P10 with a replica that has none, and
P5, about sync, is in `tests/sync/test_law_p5.py`.

That the searches meet what they are about was measured on 400 histories of 15 to 60
records (13,500 in all) and is held from below by `test_the_histories_are_hostile`: per
100 histories about 700 removals that stand and 230 that a more senior one removes, 175
that void something, 60 circles of removals (a quarter of three and more), 65 removals
from scopes, 190 scopes and 160 that end without a key nobody outside has, 760 exposed
epochs, 250 second devices, more than 60 admits, and several overused invites.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.support import ledger_naive
from tests.support.ledger_fuzz import Chaos
from tests.support.ledger_laws import (
    check_ancestors_only,
    check_birth,
    check_breaks,
    check_fixpoint,
    check_laws,
    check_naive,
    check_no_interference,
    check_no_key_outside,
    check_order,
    measure,
)

histories = st.builds(
    lambda rnd, size, peers: Chaos(rnd, peers=peers).grow(size),
    rnd=st.randoms(use_true_random=False),
    size=st.integers(2, 24),
    peers=st.integers(1, 4),
)
many = settings(max_examples=40)


def history(seed: int, size: int, peers: int = 3) -> Chaos:
    return Chaos(Random(seed), peers=peers).grow(size)


# --- one law each -------------------------------------------------------------------------------


@pytest.mark.slow
@many
@given(chaos=histories)
def test_law_1_and_3_any_order_of_delivery_ends_alike(chaos: Chaos) -> None:
    """P1, P3: also twice, also from a store; heads, state, alarms and what counts are equal."""
    check_order(chaos, Counter())


@pytest.mark.slow
@many
@given(chaos=histories)
def test_law_2_a_records_ancestors_alone_decide_about_it(chaos: Chaos) -> None:
    check_ancestors_only(chaos)


@pytest.mark.slow
@many
@given(chaos=histories)
def test_law_4_a_removal_stands_exactly_if_no_standing_one_breaks_it(chaos: Chaos) -> None:
    """And whoever breaks is senior: so removals do not break each other in a circle."""
    check_fixpoint(chaos.book.ledger)
    check_breaks(chaos.book.ledger, Counter())
    check_birth(chaos)


@pytest.mark.slow
@many
@given(chaos=histories)
def test_law_6_what_a_removed_user_writes_changes_nobody_else(chaos: Chaos) -> None:
    check_no_interference(chaos, Counter())


@pytest.mark.slow
@many
@given(chaos=histories)
def test_law_7_a_current_key_has_no_holder_outside(chaos: Chaos) -> None:
    check_no_key_outside(chaos.book.ledger)


@pytest.mark.slow
@many
@given(chaos=histories)
def test_law_10_a_second_resolver_written_from_the_text_agrees(chaos: Chaos) -> None:
    """It has no keys and no cleverness: sets and recursion, slowly."""
    event(f"standing removals: {min(len(chaos.book.state.kills), 4)}")
    event(f"void records: {min(len(chaos.book.state.void), 4)}")
    check_naive(chaos.book.ledger)


def test_the_second_resolver_is_independent() -> None:
    """It shares the shapes of records and the names of ids with the first one, and nothing else."""
    tree = ast.parse(Path(ledger_naive.__file__).read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    ours = {name for name in modules if name and name.startswith(("envlsp", "tests"))}
    assert ours == {"envlsp.domain.ids", "envlsp.domain.ledger.records"}


# --- all of them, on the same histories every time ------------------------------------------------


@pytest.mark.parametrize(
    "batch", (*range(1), *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 10)))
)
def test_laws_of_convergence(batch: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(batch * 20, batch * 20 + 20):
        check_laws(history(seed, 12 + seed % 20), counts)
    assert counts["breaks"] > 10  # else the histories are too tame to show anything


@pytest.mark.parametrize("batch", (0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 5))))
def test_case_19_no_interference(batch: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(batch * 20, batch * 20 + 20):
        check_no_interference(history(seed, 10 + seed % 20), counts)
    assert counts["records of interference"] > 20


@pytest.mark.slow
@settings(max_examples=25)
@given(chaos=histories)
def test_laws_hold_for_any_history(chaos: Chaos) -> None:
    check_laws(chaos)


HOSTILE = {
    "standing removals": 400,
    "removals removed": 120,
    "removals that void something": 100,
    "circles of removals": 35,
    "circles of three and more": 10,
    "standing scope_set": 35,
    "standing root_replace": 4,
    "standing invite_cancel": 8,
    "overused invites": 4,
    "type admit": 50,
    "type device_add": 150,
    "exposed epochs": 400,
}
"""Of 100 histories, at least."""


@pytest.mark.slow
def test_the_histories_are_hostile() -> None:
    counts: Counter[str] = Counter()
    for seed in range(100):
        measure(history(seed, Random(seed).choice((15, 25, 40, 60)), peers=2 + seed % 3).book.ledger, counts)
    assert {name: counts[name] for name, least in HOSTILE.items() if counts[name] < least} == {}


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
