"""What a process costs, as Linux counts it: memory of its own, processor time, wake-ups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


def uss_mib(pid: int) -> float:
    """Return the memory that would be free without the process and its children, in MiB."""
    lines = [line for each in family(pid) for line in _text(each / "smaps_rollup").splitlines()]
    private = [line.split()[1] for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:"))]
    return sum(map(int, private)) / 1024


@dataclass(frozen=True, slots=True)
class Spent:
    """Of a process and its children since they began."""

    cpu_s: float
    wake_ups: int
    """Voluntary context switches: each is a thread that slept and was woken."""


def spent(pid: int) -> Spent:
    """Return what all threads have used so far."""
    threads = [thread for each in family(pid) for thread in (each / "task").iterdir()]
    cpu_ns = sum(int(_text(thread / "schedstat").split()[0]) for thread in threads)
    return Spent(cpu_ns / 1e9, sum(_switches(_text(thread / "status")) for thread in threads))


def family(pid: int) -> list[Path]:
    """Return the folders of a process and its children."""
    found = [Path("/proc") / str(pid)]
    for folder in found:
        for thread in (folder / "task").iterdir():
            found += [Path("/proc") / child for child in _text(thread / "children").split()]
    return found


def _switches(status: str) -> int:
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("voluntary_ctxt"))


def _text(path: Path) -> str:
    return path.read_text()
