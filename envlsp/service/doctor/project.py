"""The repository we stand in: what `ev.yaml` says, and whether git keeps a file of secrets."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from envlsp.errors import BadConfig, NotInitialised
from envlsp.service.config import FILE_NAME
from envlsp.service.context import NOT_ENVIRONMENTS, Project, env_file, open_project
from envlsp.service.doctor.findings import Finding, fail, ok, skipped, warn
from envlsp.service.git import Standing, standings

FILES_MAX: Final = 200


def project(place: Path) -> Iterator[Finding]:
    """Look at `ev.yaml`, and at the files of secrets beside it."""
    try:
        found = open_project(place)
    except NotInitialised:
        yield skipped("ev.yaml", "no project here")
        return
    except BadConfig as exc:
        yield fail("ev.yaml", str(exc), exc.fix or f"correct {FILE_NAME}")
        return
    except OSError as exc:
        yield fail("ev.yaml", f"{FILE_NAME} cannot be read: {exc.strerror}", f"ls -l {FILE_NAME}")
        return
    apps = len(found.config.apps)
    yield ok("ev.yaml", f"valid: project {found.config.project}, {apps} app{'s' if apps != 1 else ''}")
    yield from _git(found)


def _git(found: Project) -> Iterator[Finding]:
    seen = standings(_env_files(found))
    tracked = _named(found, seen, Standing.TRACKED)
    exposed = _named(found, seen, Standing.EXPOSED)
    if tracked:
        yield fail(
            "git",
            f"git keeps {_several(tracked)}, with its values",
            f"git rm --cached {shlex.quote(tracked[0])}; then give every value in it anew",
            tracked=len(tracked),
        )
    elif exposed:
        yield warn(
            "git",
            f"git would take {_several(exposed)} along with the next add",
            f"echo {shlex.quote(exposed[0])} >> .gitignore",
            exposed=len(exposed),
        )
    elif all(standing is Standing.NO_REPOSITORY for standing in seen.values()):
        yield skipped("git", "no repository here")
    elif Standing.UNKNOWN in seen.values():
        yield warn("git", "git cannot say what it keeps here", "git status")
    else:
        yield ok("git", "ignores every file of secrets, and keeps none")


def _env_files(found: Project) -> list[Path]:
    """Return the files of every app: those that are there, and the usual one."""
    files = dict[Path, None]()
    for app in found.config.apps.values():
        for env in (found.config.default_env, *app.files):
            files[env_file(found, app, env)] = None
        folder = found.root / app.path
        files.update(dict.fromkeys(_beside(folder)))
    return list(files)[:FILES_MAX]


def _beside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _is_secret(path.name))
    except OSError:
        return []


def _is_secret(name: str) -> bool:
    return name == ".env" or (name.startswith(".env.") and name.removeprefix(".env.") not in NOT_ENVIRONMENTS)


def _named(found: Project, seen: dict[Path, Standing], standing: Standing) -> list[str]:
    return [os.path.relpath(path, found.root) for path, how in seen.items() if how is standing]


def _several(names: Iterable[str]) -> str:
    first, *more = names
    return f"{first} and {len(more)} more" if more else first
