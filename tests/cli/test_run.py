"""`envlsp run`: the program, its environment, and the two ways that lead there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from envlsp.cli import fast
from envlsp.service import places
from envlsp.service.as_of import keep_as_of
from tests.support.cli import envlsp, failed
from tests.support.desks import Desk, Started, carry

NOT_LOADED = ("aiortc", "pygls", "tree_sitter", "asyncio", "click", "yaml", "dataclasses", "pathlib")


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an `ev.yaml` count as settled at once."""
    monkeypatch.setattr(places, "SETTLED_S", 0.0)


@contextmanager
def at(desk: Desk) -> Iterator[None]:
    """Stand where a desk stands."""
    before = Path.cwd()
    os.chdir(desk.folder)
    try:
        with patch.dict(os.environ, {"ENVLSP_HOME": str(desk.home)}):
            yield
    finally:
        os.chdir(before)


def short_way(desk: Desk, *words: str) -> Started | int | None:
    """Return what the short way does with a command line."""

    def become(_name: str, program: list[str], environ: dict[str, str]) -> None:
        raise Started(program, environ)

    try:
        with at(desk), patch("os.execvpe", become):
            return fast.attempt(list(words))
    except Started as started:
        return started


def test_the_program_gets_the_secrets(alice: Desk) -> None:
    alice.ok("push")
    started = alice.started("--", "cmd", "--json", "-x")
    assert started.program == ["cmd", "--json", "-x"]
    assert (started.environ["A"], started.environ["B"]) == ("1", "two words")
    assert started.environ["PATH"] == os.environ["PATH"]


def test_the_short_way_says_what_is_old_and_leaves_a_policy_to_the_long_one(
    alice: Desk, bob: Desk, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert alice.started("--", "cmd").environ["A"] == "1"
    with alice.team() as team:
        keep_as_of(team.store.views, int(time.time()) - 3 * 24 * 3600)
    started = short_way(alice, "run", "--", "cmd")
    assert isinstance(started, Started)
    assert "nobody has confirmed for 3 days that this is the newest" in capfd.readouterr().err
    monkeypatch.setenv("ENVLSP_MAX_AGE", "1h")
    assert short_way(alice, "run", "--", "cmd") is None


def test_without_dashes_the_first_word_is_the_program(alice: Desk) -> None:
    alice.ok("push")
    assert alice.started("cmd", "--env", "x").program == ["cmd", "--env", "x"]
    assert alice.started("--env", "dev", "shop:dev", "--", "cmd").program == ["cmd"]


def test_secrets_win_unless_told_otherwise(alice: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "outer")
    alice.ok("push")
    assert alice.started("--", "cmd").environ["A"] == "1"
    assert alice.started("--no-override", "--", "cmd").environ["A"] == "outer"


def test_the_file_counts_when_asked_for(alice: Desk) -> None:
    alice.ok("push")
    alice.env_file.write_bytes(b"A=local\n")
    assert alice.started("--", "cmd").environ["A"] == "1"
    assert alice.started("--local", "--", "cmd").environ["A"] == "local"


@pytest.mark.parametrize("words", ((), ("--",), ("--env", "dev", "--")))
def test_a_program_is_needed(alice: Desk, words: tuple[str, ...]) -> None:
    failed(alice("run", *words), 2, saying="which program?")


def test_no_program_of_that_name_is_127(alice: Desk) -> None:
    alice.ok("push")
    failed(alice("run", "--", "no-such-program-here"), 127, saying="command not found: no-such-program-here")
    assert signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN  # Python's own, as it was


def test_a_program_that_cannot_be_started_is_126(alice: Desk) -> None:
    alice.ok("push")
    plain = alice.folder / "plain"
    plain.write_text("")
    failed(alice("run", "--", str(plain)), 126, saying="permission denied")


def test_the_short_way_says_the_same(alice: Desk) -> None:
    alice.ok("push")
    long = alice.started("--", "cmd")
    short = short_way(alice, "run", "--", "cmd")
    assert isinstance(short, Started)
    assert (short.program, short.environ) == (long.program, long.environ)


@pytest.mark.parametrize(
    "words",
    (
        "run cmd",
        "run --local -- cmd",
        "run --env prod -- cmd",
        "run other:dev -- cmd",
        "run --json -- cmd",
        "run --",
        "get A --json",
        "get",
        "get NONE",
        "get --help",
    ),
)
def test_anything_unusual_takes_the_long_way(alice: Desk, words: str) -> None:
    alice.ok("push")
    alice.ok("get", "A")
    assert short_way(alice, *words.split()) is None


def test_the_short_way_gets_a_value(alice: Desk, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    alice.ok("push")
    assert short_way(alice, "get", "A") is None
    alice.ok("get", "A")
    assert short_way(alice, "get", "B") == 0
    assert capfdbinary.readouterr() == (b"two words\n", b"")


def test_the_short_way_mentions_a_file_that_differs(alice: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    alice.ok("push")
    alice.ok("get", "A")
    alice.env_file.write_bytes(b"A=local\n")
    assert short_way(alice, "get", "A") == 0
    assert capfd.readouterr() == ("1\n", ".env differs from v1: envlsp diff\n")


def test_news_end_the_short_way_until_they_are_read(alice: Desk, bob: Desk) -> None:
    bob.ok("get", "A")
    assert short_way(bob, "get", "A") == 0
    alice.ok("set", "A", "--offline", stdin=b"new")
    carry(alice, bob)
    assert short_way(bob, "get", "A") is None
    assert bob.ok("get", "A").out == b"new\n"
    assert short_way(bob, "get", "A") == 0


def test_another_ev_yaml_ends_it(alice: Desk) -> None:
    alice.ok("push")
    alice.ok("get", "A")
    config = alice.folder / "ev.yaml"
    config.write_text(config.read_text() + "# changed\n")
    assert short_way(alice, "get", "A") is None


def test_a_nearer_ev_yaml_ends_it(alice: Desk) -> None:
    alice.ok("push")
    inner = Desk(alice.home, alice.folder / "inner", alice.key_file)
    inner.folder.mkdir()
    inner.ok("get", "A")
    assert short_way(inner, "get", "A") == 0
    (inner.folder / "ev.yaml").write_text("version: 1\n")
    assert short_way(inner, "get", "A") is None


def test_a_folder_led_elsewhere_ends_it(alice: Desk) -> None:
    alice.ok("push")
    (alice.folder / "app").mkdir()
    config = alice.folder / "ev.yaml"
    config.write_text(config.read_text().replace("path: '.'", "path: app"))
    alice.ok("get", "A")
    assert short_way(alice, "get", "A") == 0
    (alice.folder / "app").rmdir()
    (alice.folder / "app").symlink_to(alice.home)
    assert short_way(alice, "get", "A") is None


def test_loose_files_are_told_of_by_the_long_way(alice: Desk) -> None:
    alice.ok("push")
    alice.ok("get", "A")
    alice.home.chmod(0o755)
    assert short_way(alice, "get", "A") is None
    failed(alice("get", "A"), 1, saying="chmod 700")


def test_a_damaged_note_is_no_note(alice: Desk) -> None:
    alice.ok("push")
    alice.ok("get", "A")
    (note,) = (alice.home / "places").iterdir()
    for damaged in (b"", b"x" * 100, note.read_bytes()[:-1]):
        note.write_bytes(damaged)
        assert short_way(alice, "get", "A") is None
    alice.ok("get", "A")
    assert short_way(alice, "get", "A") == 0


def test_notes_do_not_pile_up(alice: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.ok("push")
    monkeypatch.setattr(places, "_FILES_MAX", 3)
    for number in range(5):
        inner = Desk(alice.home, alice.folder / f"inner{number}", alice.key_file)
        inner.folder.mkdir()
        inner.ok("get", "A")
    assert len(list((alice.home / "places").iterdir())) <= 3


def settle(desk: Desk) -> None:
    """Run once as a process, after `ev.yaml` has settled."""
    time.sleep(0.2)
    assert envlsp("run", "--", "true", cwd=desk.folder, home=desk.home).code == 0


@pytest.mark.slow
def test_output_and_exit_code_are_the_programs(alice: Desk) -> None:
    alice.ok("push")
    script = "import os, sys; print(os.environ['B'], sys.stdin.read()); sys.exit(37)"
    for words in (("--", sys.executable, "-c", script), (sys.executable, "-c", script)):
        for _ in range(2):
            result = envlsp("run", *words, cwd=alice.folder, home=alice.home, stdin=b"in")
            assert (result.code, result.out, result.err) == (37, b"two words in\n", b"")


@pytest.mark.slow
@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
def test_signals_reach_the_program(alice: Desk, number: signal.Signals) -> None:
    alice.ok("push")
    script = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "envlsp", "run", "--", sys.executable, "-c", script],
        cwd=alice.folder,
        env={**os.environ, "ENVLSP_HOME": str(alice.home)},
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(number)
        assert child.wait(timeout=60) == 7


@pytest.mark.slow
def test_a_pipe_that_closes_ends_the_program_as_it_would_without_us(alice: Desk) -> None:
    alice.ok("push")
    settle(alice)
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m envlsp run -- yes | head -1; echo ${{PIPESTATUS[0]}}"],
        cwd=alice.folder,
        env={**os.environ, "ENVLSP_HOME": str(alice.home)},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == b"y\n141\n"
    assert done.stderr == b""


@pytest.mark.slow
def test_little_is_loaded_on_the_short_way(alice: Desk) -> None:
    alice.ok("push")
    settle(alice)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "envlsp", "run", "--", "true"],
        cwd=alice.folder,
        env={**os.environ, "ENVLSP_HOME": str(alice.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    names = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    ours = {name.partition(".")[0] for name in names[names.index("site") + 1 :]}
    assert "envlsp" in ours
    assert ours.isdisjoint(NOT_LOADED), ours & set(NOT_LOADED)
