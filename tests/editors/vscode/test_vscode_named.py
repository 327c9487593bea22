"""Bob's env file is called config/secrets.txt in ev.yaml: VS Code covers it once the server told of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.planted import DOTENV, SECRET, plant_by_ev_yaml
from tests.support.processes import cast
from tests.support.workbench import Workbench, needed
from tests.support.workbench_frames import frames, recorded

pytestmark = pytest.mark.slow

COMMENT = "# Where the API lives"
"""Beside dots it shows only when the server has told of the masks."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    needed()
    with cast(tmp_path) as people:
        bob = people.founder("Bob", DOTENV.encode())
        plant_by_ev_yaml(bob.shop, "config/secrets.txt")
        (bob.shop / "notes.txt").write_text("nothing to see\n")
        with recorded(bob.shop, bob.environ(), SECRET) as found:
            yield found


def test_a_file_that_ev_yaml_names_is_covered(bench: Workbench) -> None:
    bench.open("config/secrets.txt")
    bench.until(lambda: bench.masked("API_URL=") and COMMENT in bench.shown(), "the server has told")
    frames(bench.page)
    bench.open("notes.txt")
    bench.tab("secrets.txt").click()
    bench.until(lambda: bench.masked("API_URL=") and COMMENT in bench.shown())
    assert frames(bench.page).read == ()
