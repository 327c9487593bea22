"""Values that were planted, looked for wherever something may have been written: plain and in disguise."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

SECRET = "planted"
"""In each value of `DOTENV`, and nowhere else in it."""
LONG = f"{SECRET}-long-" * 40
DOTENV = f"""\
# Where the API lives
API_URL=https://{SECRET}.example
export TOKEN='{SECRET} ünd
{SECRET} below'
# OLD={SECRET}-once
LONG={LONG}
no loader reads {SECRET}
LAST={SECRET}
"""
"""A value in each of the ways in which a file may have one."""


def plant_by_ev_yaml(shop: Path, name: str) -> None:
    """Write `DOTENV` to a file that `ev.yaml` alone says to be an env file: qa's."""
    config = shop / "ev.yaml"
    text = config.read_text()
    assert text.count("path: '.'") == 1
    config.write_text(text.replace("path: '.'", f"path: '.', files: {{ qa: '{name}' }}"))
    (shop / name).parent.mkdir(exist_ok=True)
    (shop / name).write_text(DOTENV)


def disguises(value: str) -> list[bytes]:
    """Return the ways in which a value may stand in a file: as it is, in base64, in hex, wide, backwards."""
    plain = value.encode()
    coded = [base64.b64encode(b" " * shift + plain) for shift in range(3)]
    # The first and last characters also hold bits of what is beside the value.
    return [
        plain,
        plain[::-1],
        plain.hex().encode(),
        value.encode("utf-16-le"),
        *(one[4:-4] for one in coded),
    ]


def written(values: Iterable[str], places: Iterable[Path], but: Iterable[Path] = ()) -> list[str]:
    """Return the files below some folders that hold one of the values, in their content or their name.

    Args:
        values: what was planted.
        places: folders.
        but: files that may.
    """
    meant = [form for value in values for form in disguises(value)]
    kept = set(but)
    return [
        str(path)
        for place in places
        for path in below(place)
        if path not in kept and (_holds(str(path).encode(), meant) or _file_holds(path, meant))
    ]


def below(place: Path) -> Iterator[Path]:
    """Go through all that is in a folder, also while somebody makes and removes folders in it."""
    for folder, folders, files in os.walk(place):
        yield from (Path(folder) / name for name in (*folders, *files))


def told_to_processes(values: Iterable[str], pid: int) -> list[str]:
    """Return the processes below one that have a value among their arguments or variables."""
    meant = [form for value in values for form in disguises(value)]
    return [
        f"{one}/{kind}"
        for one in _below(pid)
        for kind in ("cmdline", "environ")
        if _file_holds(Path("/proc") / str(one) / kind, meant)
    ]


def _below(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from _below(int(child))


def _file_holds(path: Path, meant: list[bytes]) -> bool:
    try:
        return path.is_file() and not path.is_symlink() and _holds(path.read_bytes(), meant)
    except OSError:  # it was there a moment ago
        return False


def _holds(data: bytes, meant: list[bytes]) -> bool:
    return any(form in data for form in meant)
