"""How git sees the env files of a workspace, asked once for each repository."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from envlsp.ide.results import Place
from envlsp.ide.snapshot import GitFacts
from envlsp.service.git import Standing, standings


def git_facts(files: Iterable[Place]) -> dict[Place, GitFacts]:
    """Return how git sees each file; what git cannot say is not told."""
    found = standings([Path(file) for file in files])
    return {
        str(path): GitFacts(is_tracked=seen is Standing.TRACKED, is_exposed=seen is Standing.EXPOSED)
        for path, seen in found.items()
        if seen is not Standing.UNKNOWN
    }
