"""Teammates as processes: homes of their own, the real command line, a real signaling server."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.cli import Result, envlsp

WAIT_S = 120.0
_FOREIGN = ("ENVLSP_", "GIT_", "XDG_CONFIG")

DOTENV = b"""\
# Where the API lives
API_URL=https://one.example
export TOKEN="a b#c"   # quoted

PASSWORD='pa:# word'
DB=postgres://shop:${PASSWORD}@db/shop
"""


class Background:
    """A command that goes on; its errors go to a file, so that no pipe fills up."""

    def __init__(self, words: list[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `end`)
        self.process = subprocess.Popen(
            words,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def line(self) -> str:
        """Wait for the next line of data."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode()

    def document(self) -> Any:
        """Wait for the next line of data, which is JSON."""
        line = self.line()
        assert line, self.talk
        return json.loads(line)

    @property
    def talk(self) -> str:
        """All that it said on stderr so far."""
        self._errors.seek(0)
        return self._errors.read().decode()

    def finish(self) -> Result:
        """Wait for its end; return what was not read yet."""
        out, _ = self.process.communicate(timeout=WAIT_S)
        return Result(self.process.returncode, out, self.talk.encode())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> Result:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return self.finish()

    def end(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        if self.process.stdout is not None and not self.process.stdout.closed:
            self.process.stdout.close()
        self.process.wait()
        self._errors.close()


@dataclass(slots=True)
class Teammate:
    """A person: a home, a shop to work in, and commands."""

    name: str
    folder: Path
    url: str
    started: contextlib.ExitStack
    extra: dict[str, str] = field(default_factory=dict)
    within: tuple[str, ...] = ()
    """Words before every command: where in a small internet it runs."""

    def __post_init__(self) -> None:
        """Move in."""
        self.folder.mkdir(parents=True)

    @property
    def home(self) -> Path:
        """The device, as `ENVLSP_HOME`."""
        return self.folder / "home"

    @property
    def shop(self) -> Path:
        """The repository worked in."""
        return self.folder / "shop"

    @property
    def env(self) -> Path:
        """The working copy."""
        return self.shop / ".env"

    @property
    def who(self) -> list[str]:
        """The words that say who this is, and how the device is protected."""
        address = f"{self.name.lower()}@example.com"
        key_file = str(self.folder / "key")
        return ["--as", f"{self.name} <{address}>", "--device", f"{self.name}-pc", "--key-file", key_file]

    def environ(self) -> dict[str, str]:
        """The variables of this person's shell."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        own = {"HOME": str(self.folder), "ENVLSP_HOME": str(self.home), "ENVLSP_SIGNALING": self.url}
        own["ENVLSP_LAN"] = "off"  # nothing is told to the network that the tests run in
        git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        return {**kept, **own, **git, **self.extra}

    def run(self, *words: str, stdin: bytes = b"", at: Path | None = None) -> Result:
        """Run a command to its end."""
        return envlsp(*words, stdin=stdin, cwd=at or self._place(), env=self.environ(), within=self.within)

    def ok(self, *words: str, stdin: bytes = b"", at: Path | None = None) -> Result:
        """Run a command that must succeed."""
        result = self.run(*words, stdin=stdin, at=at)
        assert result.code == 0, f"{self.name}$ envlsp {' '.join(words)}\n{result.text}{result.talk}"
        return result

    def json(self, *words: str, stdin: bytes = b"") -> Any:
        """Run a command with --json that must succeed; return its one object."""
        document = self.ok(*words, "--json", stdin=stdin).document
        assert document["schema"] == 1
        return document

    def meet(self, at: Path | None = None) -> None:
        """Sync until a teammate holds all that is held here: who has just come may not be found at once."""
        wait_until(lambda: self.run("sync", at=at).code == 0)

    def share(self, *words: str, verb: str = "push", stdin: bytes = b"") -> Any:
        """Push until a teammate holds it, whether or not they were found at once; return what was said."""
        pushed = self.json(verb, *words, stdin=stdin)
        if not pushed["reached"]:  # they were on the way, or the machine is very busy
            self.meet()
        return pushed

    def start(self, *words: str) -> Background:
        """Run a command beside the test."""
        return self.beside([*self.within, sys.executable, "-m", "envlsp", *words])

    def beside(self, command: list[str]) -> Background:
        """Run any command of this person's beside the test."""
        return self._started(Background(command, self._place(), self.environ()))

    def agent(self) -> Background:
        """Start an agent and wait until it is ready."""
        agent = self.start("agent", "--json")
        assert agent.document()["ready"] is True
        return agent

    def git(self, *words: str) -> None:
        """Run git in the shop."""
        me = ["-c", f"user.name={self.name}", "-c", "user.email=x@example.com"]
        subprocess.run(["git", *me, *words], cwd=self._place(), env=self.environ(), check=True)

    def has_release(self, label: str) -> Callable[[], bool]:
        """Return a question: whether a release is known here, without asking anybody."""
        return lambda: label in [row["release"] for row in self.json("log")["releases"]]

    def _place(self) -> Path:
        return self.shop if self.shop.is_dir() else self.folder

    def _started(self, child: Background) -> Background:
        self.started.callback(child.end)
        return child


def refused(result: Result, code: int, *, saying: str = "") -> None:
    """Check that a command failed in its last lines, after whatever it had told before."""
    lines = result.talk.splitlines()
    assert result.code == code, result.talk
    assert result.out == b""
    causes = [line for line in lines if line.startswith("envlsp: ")]
    assert len(causes) == 1, lines
    assert causes[0] in lines[-2:], lines
    assert saying in causes[0], lines


def wait_until(holds: Callable[[], bool], *, look_s: float = 0.1) -> None:
    """Wait until something has come to pass, however slow the machine is; look that often."""
    limit = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < limit, "it never came to pass"
        time.sleep(look_s)


@dataclass(slots=True)
class Cast:
    """The people of one test, and the server they meet at."""

    root: Path
    url: str
    started: contextlib.ExitStack

    def person(self, name: str) -> Teammate:
        """Return somebody new, with a device of their own."""
        return Teammate(name, self.root / name.lower(), self.url, self.started)

    def founder(
        self, name: str, dotenv: bytes = DOTENV, settle: Callable[[Teammate], object] = lambda _: None
    ) -> Teammate:
        """Return somebody with a repository, a `.env` in it, and a team of their own.

        Args:
            name: of the person.
            dotenv: what their file says.
            settle: done before their first command.
        """
        founder = self.person(name)
        settle(founder)
        founder.shop.mkdir()
        founder.git("init", "-q", "-b", "main")
        founder.env.write_bytes(dotenv)
        founder.ok("init", *founder.who, "--no-recovery")
        founder.git("add", "--all")
        founder.git("commit", "-q", "-m", "Share secrets")
        return founder

    def clone(self, name: str, of: Teammate) -> Teammate:
        """Return somebody with a fresh clone, and nothing else."""
        person = self.person(name)
        person.git("clone", "-q", str(of.shop), "shop")
        return person

    def team(self) -> tuple[Teammate, Teammate]:
        """Return Alice, and Bob who has joined her team."""
        alice = self.founder("Alice")
        bob = self.clone("Bob", alice)
        join(alice, bob)
        return alice, bob


def join(inviter: Teammate, joiner: Teammate) -> tuple[str, str]:
    """Let somebody in; return the words that the two screens showed."""
    invitation = inviter.start("invite", "--yes", "--json")
    code = invitation.document()["code"]
    joined = joiner.ok("join", "-", *joiner.who, stdin=f"{code}\n".encode())
    invited = invitation.finish()
    assert invited.code == 0, invited.talk
    return shown_words(invited.talk), shown_words(joined.talk)


def shown_words(talk: str) -> str:
    """Return the words to compare that a screen showed."""
    found = re.search(r"both screens must show: (.+)", talk)
    assert found, talk
    return found[1]


def signaling_command(tap: Path | None = None) -> list[str]:
    """Return the words that start a signaling server, with a file for every frame if one is given."""
    if tap is None:
        return [sys.executable, "-m", "envlsp_signaling"]
    # Without -P the folder of the script comes first, and what lies beside it hides the library's.
    return [sys.executable, "-P", str(Path(__file__).with_name("tapped_signaling.py")), str(tap)]


@contextlib.contextmanager
def cast(root: Path, tap: Path | None = None) -> Iterator[Cast]:
    """Start a signaling server; end everything that was started meanwhile.

    Args:
        root: everybody's folder.
        tap: a file into which the server records what it gets and gives.
    """
    with contextlib.ExitStack() as started:
        options = ["--port", "0", "--json", "--mailboxes-per-hour", "1000"]
        server = Background([*signaling_command(tap), *options], root, os.environ)
        started.callback(server.end)
        announced = server.document()
        yield Cast(root, announced["url"], started)
