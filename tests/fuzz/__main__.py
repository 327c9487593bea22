"""`make fuzz`: search for bytes that make a decoder fail in a way that is not documented.

    python -m tests.fuzz [--seconds N] [TARGET...]

Each target runs for a bounded time and within bounded memory, in a process of its own,
beginning with what `seeds` makes of the vectors and with what earlier searches found
(`.fuzz/corpus`). What breaks a target is saved under `.fuzz/found`, and the command to
see it again is printed. Fails when something was found, or when atheris is not here.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".fuzz"
TARGETS = "tests.fuzz.targets."
SECONDS = 60
MEMORY_MAX_MIB = 1_024
"""With the instrumentation and libFuzzer's own tables; the decoders alone need a tenth."""
ONE_INPUT_MAX_S = 10
"""A decoder that thinks this long about a few kilobytes can be stopped by a stranger."""

NO_ATHERIS = "the fuzzers need atheris, which has wheels for Linux on x86_64 alone: pip install atheris"
_STAT = re.compile(r"^stat::(\w+):\s+(\d+)", re.MULTILINE)
_COVERED = re.compile(r"\bcov: (\d+)")


@dataclass(frozen=True, slots=True)
class Round:
    """What one search came to."""

    target: str
    runs: int
    per_second: int
    covered: tuple[int, int]
    """Branches and edges reached by the seeds, and at the end."""
    found: str
    """The end of what was printed when something broke; empty where nothing did."""

    def __str__(self) -> str:
        first, last = self.covered
        line = f"{self.target:<10} {self.runs:>9,} runs {self.per_second:>7,}/s   coverage {first} -> {last}"
        return f"{line}\n{self.found}" if self.found else line


def targets() -> list[str]:
    """Return the names of all targets."""
    return sorted(path.stem for path in (Path(__file__).parent / "targets").glob("*.py"))


def has_atheris() -> bool:
    """Return whether this machine can search."""
    return importlib.util.find_spec("atheris") is not None


def search(module_name: str, seconds: int, home: Path = HOME) -> Round:
    """Search one target, in a process of its own.

    Args:
        module_name: of the target, such as `tests.fuzz.targets.records`.
        seconds: when to stop; starting takes two more.
        home: the folder of what is kept.
    """
    target = module_name.rpartition(".")[2]
    corpus, found = home / "corpus" / target, home / "found" / target
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(module_name)
    for seed in module.seeds():
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    options = (
        f"-max_total_time={seconds}",
        f"-max_len={module.MAX_BYTES}",
        f"-rss_limit_mb={MEMORY_MAX_MIB}",
        f"-timeout={ONE_INPUT_MAX_S}",
        f"-artifact_prefix={found}{os.sep}",
        "-print_final_stats=1",
        str(corpus),
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.engine", module_name, *options],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        errors="replace",
    )
    return _told(module_name, done, found)


def _told(module_name: str, done: subprocess.CompletedProcess[str], found: Path) -> Round:
    said = done.stdout + done.stderr
    numbers = {name: int(value) for name, value in _STAT.findall(said)}
    covered = [int(value) for value in _COVERED.findall(said)] or [0]
    trouble = ""
    if done.returncode:
        saved = sorted(found.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        again = (
            f"{sys.executable} -m tests.fuzz.engine {module_name} {saved[-1]}"
            if saved
            else "nothing was saved"
        )
        trouble = "\n".join((*said.splitlines()[-30:], f"to see it again: {again}"))
    return Round(
        found.name,
        numbers.get("number_of_executed_units", 0),
        numbers.get("average_exec_per_sec", 0),
        (covered[0], covered[-1]),
        trouble,
    )


def main() -> int:
    """Search all targets, or those named, one after the other."""
    words = argparse.ArgumentParser(prog="python -m tests.fuzz")
    words.add_argument("targets", nargs="*", metavar="TARGET", choices=[[], *targets()])
    words.add_argument("--seconds", type=int, default=SECONDS)
    asked = words.parse_args()
    if not has_atheris():
        print(NO_ATHERIS, file=sys.stderr)
        return 1
    broken = 0
    for target in asked.targets or targets():
        told = search(TARGETS + target, asked.seconds)
        print(told, flush=True)
        broken += bool(told.found)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
