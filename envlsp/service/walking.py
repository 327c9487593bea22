"""The code files of a workspace: which there are, not what they say.

Git knows best what somebody wrote and what was built: its files, tracked or not, minus
the ignored ones. Without git, folders are walked, those of installed and built things left
out. Links are not followed, and there is an end to what is listed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from envlsp.code.languages import suffixes
from envlsp.ide.results import Place
from envlsp.service import git
from envlsp.service.finding import SKIPPED

FILES_MAX = 200_000
"""The largest monorepos that people open whole have so many; listing them takes a second."""

_INSTALLED = frozenset({"node_modules", "bower_components", ".venv", "venv", "site-packages", "__pycache__"})
"""Left out even where nobody told git to ignore them."""
_BUILT = SKIPPED | {"build", "out", ".output", ".vercel", "coverage", "htmlcov"}


def code_files(folder: Place, limit: int = FILES_MAX) -> list[Place]:
    """Return the files of a folder whose language we know."""
    return list(islice(_code_files(folder), limit))


def code_among(folder: Place, places: Iterable[Place]) -> list[Place]:
    """Return those of some places in a folder that `code_files` would list."""
    code = [place for place in places if place.endswith(suffixes())]
    names = git.files(Path(folder), *map(Path, code)) if code else []
    if names is None:
        return [place for place in code if not _is_in(_BUILT, os.path.relpath(place, folder))]
    return [_join(folder, name) for name in names if not _is_in(_INSTALLED, name)]


def _code_files(folder: Place) -> Iterator[Place]:
    names = git.files(Path(folder))
    # Nothing at all: the folder itself is one that git ignores, and was opened on purpose.
    yield from _walk(folder) if not names else _kept(folder, names)


def _kept(folder: Place, names: list[str]) -> Iterator[Place]:
    endings = suffixes()
    for name in names:
        if name.endswith(endings) and not _is_in(_INSTALLED, name):
            yield _join(folder, name)
    for inner in _repositories(folder, names):
        yield from _code_files(inner)


def _repositories(folder: Place, names: list[str]) -> Iterator[Place]:
    """Return the repositories inside of a repository, of which git lists only the name."""
    has_modules = ".gitmodules" in names
    for name in names:
        if name.endswith("/") or (has_modules and "." not in name.rpartition("/")[2]):
            place = Path(folder, name)
            if not place.is_symlink() and (place / ".git").exists():
                yield str(place)


def _walk(folder: Place) -> Iterator[Place]:
    endings, waiting = suffixes(), [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in _BUILT:
                            waiting.append(entry.path)
                    elif entry.name.endswith(endings) and not entry.is_symlink():
                        yield entry.path
        except OSError:
            continue  # not ours to read, or gone meanwhile


def _is_in(folders: frozenset[str], name: str) -> bool:
    return not folders.isdisjoint(name.split("/")[:-1])


def _join(folder: Place, name: str) -> Place:
    return folder.rstrip("/") + "/" + name
