"""Env files and `ev.yaml`s in a workspace: where they are, not what they say.

Reads folders, never files. Rules: folders that hold what was installed or built are not
entered, links are not followed, and what is visited is bounded, so that a workspace
opened at the root of a disk costs a moment and not an hour.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from envlsp.service.config import FILE_NAME

FOLDERS_MAX = 20_000
"""A large monorepo has so many; visiting them takes half a second."""
FILES_MAX = 1_000
DEPTH_MAX = 16
SKIPPED = frozenset(
    {
        ".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", ".venv", "venv", ".tox", ".nox",
        "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".cache", ".gradle", ".next", ".nuxt",
        ".svelte-kit", ".turbo", ".parcel-cache", ".yarn", ".pnpm-store", ".terraform", "site-packages",
        "target", "dist", "vendor", "Pods", "DerivedData",
    }
)  # fmt: skip
"""Folders of things that nobody wrote here."""
INDEX = "index"
"""In git's folder: written anew when a file begins or ceases to be tracked."""
_LINK_MAX_CHARS = 4096
_SUFFIX = ".env"
_LEFTOVERS = ("~", ".swp", ".swo", ".envlsp-tmp")
"""Ends of names of files that a program writes for a moment."""


@dataclass(slots=True)
class Found:
    """What there is below some folders; absolute paths."""

    env_files: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    """Folders with an `ev.yaml`."""


def is_env_name(name: str) -> bool:
    """Return whether a file of that name is one of ours: `.env`, `.env.dev`, `.env.example`."""
    return name == ".env" or (name.startswith(".env.") and len(name) > 5 and not name.endswith(_LEFTOVERS))


def holds_variables(name: str) -> bool:
    """Return whether a file of that name is read as an env file: ours, and `prod.env` too.

    Those that are not ours are no environment, unless `ev.yaml` says so.
    """
    return is_env_name(name) or (name.endswith(_SUFFIX) and len(name) > len(_SUFFIX))


def root_above(folder: str) -> str | None:
    """Return the nearest folder at or above that holds an `ev.yaml`."""
    while not os.path.isfile(os.path.join(folder, FILE_NAME)):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def git_folder(folder: str) -> str | None:
    """Return where git keeps the index of the work tree that a folder is in."""
    while not os.path.lexists(link := os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    if os.path.isdir(link):
        return link
    try:  # a linked work tree, or a submodule
        with open(link, encoding="utf-8", errors="surrogateescape") as stream:
            word, _, target = stream.read(_LINK_MAX_CHARS).strip().partition(": ")
    except OSError:
        return None
    return os.path.normpath(os.path.join(folder, target)) if word == "gitdir" else None


def list_env_files(folder: str) -> Iterable[str]:
    """Return the env files right in a folder; none where it cannot be read."""
    try:
        return [os.path.join(folder, name) for name in os.listdir(folder) if is_env_name(name)]
    except OSError:
        return ()


def search(folder: str) -> Found:
    """Return what there is in a folder and below, the nearest first where it is too much."""
    found, waiting, visited = Found(), deque([(folder, 0)]), 0
    while waiting and visited < FOLDERS_MAX and len(found.env_files) < FILES_MAX:
        place, depth = waiting.popleft()
        visited += 1
        for below in _visit(place, found):
            if depth < DEPTH_MAX:
                waiting.append((below, depth + 1))
    return found


def _visit(folder: str, found: Found) -> list[str]:
    """Note what is in a folder; return the folders in it that are worth a visit."""
    below: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if holds_variables(name):
                    found.env_files.add(entry.path)
                elif name == FILE_NAME:
                    found.roots.add(folder)
                elif name not in SKIPPED and entry.is_dir(follow_symlinks=False):
                    below.append(entry.path)
    except OSError:
        pass  # not ours to read, or gone meanwhile
    return below
