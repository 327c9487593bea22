"""The fuzzers themselves: their seeds pass, a short round finds nothing, and what is broken is found."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.__main__ import NO_ATHERIS, TARGETS, has_atheris, search, targets

SECONDS = 2
SEEDS_AT_LEAST = 4


def module_of(target: str) -> Any:
    return importlib.import_module(TARGETS + target)


@pytest.mark.parametrize("target", [name for name in targets() if name != "dotenv"])
def test_a_target_takes_what_the_vectors_hold(target: str) -> None:
    module = module_of(target)
    seeds = list(module.seeds())
    assert len(seeds) >= SEEDS_AT_LEAST
    for seed in seeds:
        module.take(seed)
        module.take(seed[: len(seed) // 2])


def test_the_dotenv_target_takes_every_tenth_file_that_loaders_were_asked() -> None:
    module = module_of("dotenv")
    for seed in list(module.seeds())[::10]:
        module.take(seed)


def need_atheris() -> None:
    if has_atheris():
        return
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(NO_ATHERIS)
    pytest.skip(NO_ATHERIS)


@pytest.mark.slow
@pytest.mark.parametrize("target", targets())
def test_a_short_round_finds_nothing(target: str, tmp_path: Path) -> None:
    need_atheris()
    told = search(TARGETS + target, SECONDS, tmp_path)
    assert not told.found, told.found
    assert told.runs > 100
    assert told.covered[1] > 20


@pytest.mark.slow
def test_an_undocumented_error_is_found_and_told_with_a_way_to_see_it_again(tmp_path: Path) -> None:
    need_atheris()
    told = search("tests.fuzz.planted", SECONDS, tmp_path)
    assert "IndexError" in told.found
    assert "python" in told.found.splitlines()[-1]
    assert list((tmp_path / "found" / "planted").iterdir())
