"""A process that holds secrets leaves no core file behind."""

import resource
import subprocess
import sys

import pytest

from envlsp.cli import dumps


@pytest.fixture(autouse=True)
def limit_as_it_was() -> None:
    dumps.allow_again()


def test_core_dumps_are_off_and_come_back() -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    dumps.forbid()
    dumps.forbid()
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    dumps.allow_again()
    assert resource.getrlimit(resource.RLIMIT_CORE) == before


def test_every_verb_runs_without_core_dumps() -> None:
    code = (
        "import resource, sys; sys.argv = ['envlsp', '--help'];"
        "from envlsp.__main__ import main; main();"
        "sys.exit(resource.getrlimit(resource.RLIMIT_CORE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
