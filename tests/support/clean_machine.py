"""A machine on which nobody has installed anything: a home, a search path, and the guide's own lines.

It has what a person is told to have: git, make, Python with pipx, and their editor. Programs come
from the system's folders and from what the lines install; the tests' own environment is not among
them. Packages come from where pip's settings on this machine say. Nothing here knows what the
lines do.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ("/usr/local/bin", "/usr/bin", "/bin")
TIMEOUT_S = 300.0
_NETWORK = ("PIP_", "SSL_", "REQUESTS_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""Variables that say how a machine reaches its package index."""


@dataclass(frozen=True, slots=True)
class CleanMachine:
    """One person's new machine."""

    folder: Path

    @property
    def home(self) -> Path:
        """Where the person is."""
        return self.folder / "home"

    @property
    def programs(self) -> Path:
        """What the person had before: pipx, and an editor that a test puts here."""
        return self.folder / "programs"

    @property
    def installed(self) -> Path:
        """Where pipx puts programs."""
        return self.home / ".local" / "bin"

    def environ(self) -> dict[str, str]:
        """Return the variables of the person's shell."""
        network = {name: value for name, value in os.environ.items() if name.upper().startswith(_NETWORK)}
        path = os.pathsep.join([str(self.installed), str(self.programs), *SYSTEM])
        own = {"HOME": str(self.home), "PATH": path, "LANG": "C.UTF-8", "ENVLSP_LAN": "off"}
        git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        return {**network, **settings_of_pip(), **git, **own}

    def has(self, name: str, words: list[str]) -> None:
        """Put a program on the search path."""
        file = self.programs / name
        file.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        file.chmod(0o755)

    def types(self, line: str) -> str:
        """Type a line of a guide into the shell, and return what it said.

        Raises:
            AssertionError: it failed.
        """
        words = line.replace("<this repository>", shlex.quote(str(ROOT)))
        done = subprocess.run(
            ["/bin/bash", "-c", words],
            cwd=self.home,
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, f"$ {line}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def writes(self, block: str) -> Path:
        """Write a block of a guide into the file that its first line names, and return that."""
        name = re.match(r"(?:--|//|#|\") (~/\S+)", block)
        assert name, f"the first line names no file: {block}"
        file = self.home / name[1].removeprefix("~/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block)
        return file


def clean_machine(folder: Path) -> CleanMachine:
    """Make one in an empty folder, with nothing but pipx beside the system's programs."""
    machine = CleanMachine(folder)
    machine.home.mkdir()
    machine.programs.mkdir()
    tools = folder / "pipx"
    subprocess.run([_python(), "-m", "venv", tools], check=True)
    subprocess.run([tools / "bin" / "pip", "install", "-q", "pipx"], check=True, env=machine.environ())
    machine.has("pipx", [str(tools / "bin" / "pipx")])
    return machine


def lines_of(page: str, heading: str, language: str = "sh") -> list[str]:
    """Return the first block of a language below a heading of a page, as its lines."""
    text = (ROOT / page).read_text()
    below = re.split(r"(?m)^## ", text.partition(f"\n## {heading}\n")[2])[0]
    found = re.search(rf"(?ms)^```{language}\n(.+?)^```", below)
    assert found, f"{page} has no block of {language} below {heading}"
    return found[1].splitlines()


def _python() -> str:
    """Return the Python that the tests' environment was made with."""
    return str(Path(sys.base_prefix) / "bin" / "python3")


def settings_of_pip() -> dict[str, str]:
    """Return what the settings of this machine tell pip, as variables: a home is left behind."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    found = re.findall(r"(?m)^(?:global|install)\.([\w-]+)='(.*)'$", listed)
    return {f"PIP_{name.upper().replace('-', '_')}": value for name, value in found}
