"""Where the demo plays: a folder, two people with a home each, and the audience.

Knows no scene. Rules: what is shown as typed is what is run, word for word, in the
person's own folder and home; what is shown below it is what the process said; a
command that fails ends the demo.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from envlsp.cli.demo.children import Child, Children, Stopped, deadline, run
from envlsp.cli.output import Style, paint

POLL_S = 0.25
WIDTH = 96
CONTINUED = "\\\n    "
"""Goes on in the next line, as in a shell."""
_OURS = {"envlsp": "envlsp", "envlsp-signaling": "envlsp_signaling"}
_FOREIGN = ("ENVLSP_", "GIT_", "XDG_", "NVIM")


@dataclass(slots=True)
class Stage:
    """What all scenes share."""

    root: Path
    children: Children
    shown: list[str] = field(default_factory=list)
    """Every line the audience saw."""

    def show(self, line: str = "", style: Style | None = None) -> None:
        """Show one line."""
        self.shown.append(line)
        print(paint(line, style, sys.stdout) if style else line, flush=True)

    def title(self, text: str) -> None:
        """Begin a scene."""
        self.show()
        self.show(f"── {text} ".ljust(WIDTH, "─"), "bold")

    def tell(self, text: str) -> None:
        """Say something between the commands."""
        for line in textwrap.wrap(text, WIDTH - 2, break_on_hyphens=False, break_long_words=False):
            self.show(f"# {line}", "dim")


@dataclass(slots=True)
class Actor:
    """A person, or nobody in particular, who types commands."""

    stage: Stage
    name: str
    style: Style
    address: str = ""

    @property
    def home(self) -> Path:
        """The person's home folder."""
        return self.stage.root / self.name

    @property
    def shop(self) -> Path:
        """The person's copy of the repository."""
        return self.home / "shop"

    def type(self, line: str, *, at: Path | None = None, ends_with: int = 0) -> str:
        """Type a command and wait for its end; return what it said.

        Raises:
            Stopped: it ended with another exit code.
        """
        self._prompt(line)
        code, text = run(self.words(line), at or self.shop, self.environ())
        for said in text.splitlines():
            self.stage.show(said)
        if code != ends_with:
            raise Stopped(f"{self.name}$ {line}: it ended with {code}")
        return text

    def start(self, line: str, *, until: Callable[[str], bool]) -> tuple[Child, str]:
        """Type a command that goes on; return it, and the first line for which `until` holds.

        Raises:
            Stopped: it ended without such a line.
        """
        self._prompt(f"{line} &")
        child = self.stage.children.start(self.words(line), self._place(), self.environ())
        for said in child.lines():
            self.stage.show(said)
            if until(said):
                for more in child.pending():
                    self.stage.show(more)
                return child, said
        raise Stopped(f"{self.name}$ {line}: it ended with {child.finish()}")

    def go_on(self, child: Child, line: str) -> str:
        """Show what a command in the background said meanwhile, to its end; return that.

        Raises:
            Stopped: it failed.
        """
        self.stage.tell(f"Meanwhile {self.name.title()}'s {' '.join(line.split()[:2])} went on:")
        said = list(child.lines())
        for text in said:
            self.stage.show(text)
        if code := child.finish():
            raise Stopped(f"{self.name}$ {line}: it ended with {code}")
        return "\n".join(said)

    def wait_until(self, line: str, holds: Callable[[str], bool]) -> None:
        """Ask quietly, again and again, until the answer is right.

        Raises:
            Stopped: it never was.
        """
        self.wait_for(self.words(line), holds)

    def wait_for(self, words: Sequence[str], holds: Callable[[str], bool]) -> None:
        """Run a program quietly, again and again, until what it says is right.

        Raises:
            Stopped: it never was.
        """
        limit = deadline()
        for code, text in self._answers(words):
            if code == 0 and holds(text):
                return
            if time.monotonic() > limit:
                raise Stopped(f"{self.name}$ {shlex.join(words)}: the wrong answer to the end: {text}")

    def _answers(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        while True:
            yield run(words, self._place(), self.environ())
            time.sleep(POLL_S)

    def act(self, what: str, where: str) -> None:
        """Do something that is not a command: say what, and where."""
        self._prompt(what, f"{self.name}'s {where}>")

    def _prompt(self, line: str, prompt: str = "") -> None:
        prompt = prompt or f"{self.name}$"
        self.stage.shown.append(f"{prompt} {line}")
        print(f"{paint(prompt, self.style, sys.stdout)} {line}", flush=True)

    def _place(self) -> Path:
        return self.shop if self.shop.is_dir() else self.home

    def words(self, line: str) -> list[str]:
        """Return the program and the arguments that a line stands for."""
        home, line = str(self.home), line.replace(CONTINUED, " ")
        words = [home + word[1:] if word.startswith("~/") else word for word in shlex.split(line)]
        if words[0] in _OURS:  # this very program, whatever else the PATH may have
            return [sys.executable, "-m", _OURS[words[0]], *words[1:]]
        return ["sh", "-c", line] if "&&" in words else words

    def environ(self) -> dict[str, str]:
        """Return the environment of this person's processes."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {
            **kept,
            "HOME": str(self.home),
            "PATH": os.pathsep.join((os.path.dirname(sys.executable), kept.get("PATH", os.defpath))),
            "ENVLSP_HOME": str(self.home / ".envlsp"),
            "ENVLSP_LAN": "off",  # a demo tells the network around it nothing
            "PYTHONUNBUFFERED": "1",  # errors and data in the order they were said
            "PYTHONSAFEPATH": "1",  # the repository's own files are no modules of ours
            # A machine without any git settings, and one with many, play the same.
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": self.name.title(),
            "GIT_AUTHOR_EMAIL": self.address,
            "GIT_COMMITTER_NAME": self.name.title(),
            "GIT_COMMITTER_EMAIL": self.address,
        }


def is_in_step(peers: str) -> bool:
    """Return whether `envlsp peers --json` says that somebody is there and everybody has all of it."""
    found = json.loads(peers)["peers"]
    return bool(found) and all(peer["in_sync"] for peer in found)
