"""A process that holds secrets leaves no core file behind, and its equals cannot look into it."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from envlsp.cli import dumps
from envlsp.cli.main import VERBS

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="what is not dumpable is Linux's")


@pytest.fixture(autouse=True)
def limit_as_it_was() -> Iterator[None]:
    dumps.allow_again()
    yield
    dumps.allow_again()


def test_core_dumps_are_off_and_come_back() -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    dumps.forbid()
    dumps.forbid()
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    dumps.allow_again()
    assert resource.getrlimit(resource.RLIMIT_CORE) == before


@ON_LINUX
def test_what_is_not_dumpable_works_as_before() -> None:
    assert dumps.is_dumpable()
    dumps.forbid()
    assert not dumps.is_dumpable()
    assert "0" in {one.name for one in Path("/proc/self/fd").iterdir()}
    with Path("/proc/self/status").open() as file:
        assert file.readline().startswith("Name:")
    done = subprocess.run(
        [sys.executable, "-c", "from envlsp.cli import dumps; print(dumps.is_dumpable())"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == "True\n", "a program that is started has its own say"
    dumps.allow_again()
    assert dumps.is_dumpable()


def told(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `envlsp words...` in a process that says at its end what it allowed."""
    code = (
        "import os, resource, sys\n"
        "from envlsp.cli import dumps\n"
        "def say(*_):\n"
        "    print(resource.getrlimit(resource.RLIMIT_CORE)[0], dumps.is_dumpable(), file=sys.stderr)\n"
        "    os.close(2)\n"
        f"sys.argv = ['envlsp', *{list(words)!r}]\n"
        "import atexit; atexit.register(say)\n"
        "leave = os._exit\n"
        "os._exit = lambda code: (say(), leave(code))\n"
        "from envlsp.__main__ import main\n"
        "main()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, text=True, stdin=subprocess.DEVNULL
    )


@pytest.mark.slow
@ON_LINUX
@pytest.mark.parametrize("verb", (*VERBS, "lsp --stdio"))
def test_every_verb_runs_so(verb: str) -> None:
    words = verb.split() if " " in verb else [verb, "--help"]
    assert told(*words).stderr.splitlines()[-1] == "0 False"


LOOKED_INTO = """
import sys
from envlsp.cli import dumps
if sys.argv[1] == "forbid":
    dumps.forbid()
import os
if os.geteuid() == 0:
    os.setuid(65534)  # root may look into everybody
    if sys.argv[1] != "forbid":
        dumps._prctl(4, 1)  # a change of user takes it away, too
print("ready", flush=True)
sys.stdin.read()
"""
LOOKING = """
import os, sys
pid = sys.argv[1]
if os.geteuid() == 0:
    os.setuid(65534)
try:
    open(f"/proc/{pid}/mem", "rb").close()
    print("looked")
except PermissionError:
    print("refused")
"""


@pytest.mark.slow
@ON_LINUX
def test_another_process_of_the_same_user_cannot_read_its_memory() -> None:
    words = [sys.executable, "-c", LOOKED_INTO, "forbid"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        looked = subprocess.run(
            [sys.executable, "-c", LOOKING, str(process.pid)], capture_output=True, check=True, text=True
        )
    assert looked.stdout == "refused\n"


@pytest.mark.slow
@ON_LINUX
def test_without_that_it_could() -> None:
    """The test above would not fail if nobody could look anyway: a parent may, where Yama is at work."""
    words = [sys.executable, "-c", LOOKED_INTO, "allow"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with Path(f"/proc/{process.pid}/mem").open("rb"):
            pass
