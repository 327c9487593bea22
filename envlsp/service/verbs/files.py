"""The verbs about a file alone, without a team or a key: parse it, have git ignore it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from envlsp.errors import BadText, Misuse, NotFound, NotInitialised
from envlsp.service import git
from envlsp.service.context import find_context, open_project
from envlsp.service.parse_report import parse_report
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.shapes import ignored_fields, parsed_fields
from envlsp.service.working_copy import FILE_MAX_BYTES


def _parse(desk: Desk, arguments: Arguments) -> Json:
    """Say which names a loader reads in a document, as the editor has it, and what is odd in it."""
    path = desk.place
    data = desk.text_of(path)
    if data is None:
        data = _read(path)
    return parsed_fields(parse_report(data, arguments.text("dialect") or _dialect(path)))


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise NotFound(f"{path} is not a file", fix="name a .env file")
    with path.open("rb") as stream:
        data = stream.read(FILE_MAX_BYTES + 1)
    if len(data) > FILE_MAX_BYTES:
        raise BadText(f"{path} is larger than {FILE_MAX_BYTES // 1024} KiB", fix="give another file")
    return data


def _dialect(path: Path) -> str:
    try:
        return find_context(open_project(path), path).dialect
    except (Misuse, NotInitialised):
        return "node"  # no project, or none that says which loader


def _ignore(desk: Desk, _arguments: Arguments) -> Json:
    """Add the document to the repository's `.gitignore`."""
    path = desk.place
    if path.is_dir():
        raise Misuse("a file is ignored, not a folder", fix="open the file, then try again")
    match git.standing(path):
        case git.Standing.NO_REPOSITORY:
            raise Misuse(f"{path.name} is in no git repository", fix="git init")
        case git.Standing.UNKNOWN:
            raise Misuse(f"git cannot say whether it tracks {path.name}", fix="git status")
        case git.Standing.TRACKED:
            raise Misuse(
                f"git tracks {path.name}, so ignoring it changes nothing",
                fix=f"git rm --cached {shlex.quote(path.name)}",
            )
        case _:
            return ignored_fields(str(path), added=git.ignore(path))


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {"parse": _parse, "git.ignore": _ignore}
