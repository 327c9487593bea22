"""The `.env` file on disk: read, compared with the releases, and written whole.

What release a file was last in step with is remembered per path, sealed. Writing is
refused where git would keep the content, and the file is 0600.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from envlsp.domain.environment import Triple
from envlsp.domain.ids import RecordId
from envlsp.domain.layout import WHOLE_FILE, FileReading, snapshot_of
from envlsp.domain.release import Snapshot
from envlsp.errors import BadText, Misuse, NotFound, StoreError
from envlsp.service import git
from envlsp.store.files import write_whole
from envlsp.store.team import TeamStore
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import KIB, MIB

FILE_MAX_BYTES = MIB
"""A release has at most 1 MiB with everything; a larger file is no `.env`."""
TEMPORARY = ".envlsp-tmp"
"""The end of the name of a half-written file; git is told to ignore it."""


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A file as it was read just now."""

    path: Path
    data: bytes | None = field(repr=False)
    """None where there is no file."""
    reading: FileReading | None

    @property
    def snapshot(self) -> Snapshot | None:
        """The entries and the layout of the file."""
        return self.reading.snapshot if self.reading else None


def read_working_copy(path: Path, dialect: str) -> WorkingCopy:
    """Read a file as its dialect sees it.

    Raises:
        StoreError: it cannot be read.
        BadText: it is too large to be one.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would keep us waiting
            raise StoreError(f"{path} is not a file", fix=f"move {path} away")
        with path.open("rb") as stream:
            data = stream.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        return WorkingCopy(path, None, None)
    except OSError as exc:
        raise StoreError(f"cannot read {path}: {exc.strerror}", fix=f"ls -l {path}") from exc
    if len(data) > FILE_MAX_BYTES:
        raise BadText(
            f"{path} is larger than {FILE_MAX_BYTES // MIB} MiB",
            fix="make it smaller: a release holds no more",
        )
    return WorkingCopy(path, data, snapshot_of(data, dialect))


def snapshot_to_push(copy: WorkingCopy) -> Snapshot:
    """Return what a release of this file would hold.

    Raises:
        NotFound: there is no file.
        BadText: it holds what no release can carry; the detail names the line.
    """
    if copy.reading is None:
        raise NotFound(f"there is no {copy.path}", fix="envlsp pull, or write the file first")
    refuse_unreadable(copy.reading, str(copy.path))
    return copy.reading.snapshot


def refuse_unreadable(reading: FileReading, what: str, *, shift: int = 0) -> None:
    """Make sure that a release can carry all of a file.

    Args:
        reading: of the file.
        what: to call it.
        shift: how many lines a person sees above it.

    Raises:
        BadText: it cannot; the line is named.
    """
    if reading.refusals:
        first = reading.refusals[0]
        if first.code in WHOLE_FILE:
            raise BadText(f"{what} has {first.message}", fix="make it smaller, then push again")
        raise BadText(
            f"{what}, line {first.line + shift}: {first.message}", fix="correct that line, then push again"
        )


def check_writable(path: Path) -> None:
    """Make sure that git will not keep what is about to be written.

    Adds the ignore entries where they are missing.

    Raises:
        Misuse: git tracks the file, or cannot say; or it is a link, which would be lost.
    """
    if path.is_symlink():
        raise Misuse(f"{path} is a symbolic link", fix=f"make {path.name} a file of its own")
    # What a crash in the middle of a write leaves behind must not be committed either.
    leftover = path.with_name(f"{path.name}.0{TEMPORARY}")
    if git.are_ignored(path, leftover):
        return
    match git.standing(path):
        case git.Standing.TRACKED:
            import shlex  # the name is whoever's who committed it, and the fix is entered as it stands

            raise Misuse(f"git tracks {path}", fix=f"git rm --cached {shlex.quote(path.name)}")
        case git.Standing.UNKNOWN:
            raise Misuse(f"git cannot say whether it tracks {path}", fix="git status")
        case git.Standing.EXPOSED:
            git.ignore(path)
        case _:
            pass
    git.ignore(leftover, pattern=f"{path.name}.*{TEMPORARY}")


def write_working_copy(path: Path, data: bytes) -> None:
    """Put `data` in place of the file, whole or not at all. Call `check_writable` before.

    Raises:
        StoreError: it cannot be written; the old file stands.
    """
    for leftover in path.parent.glob(f"{path.name}.*{TEMPORARY}"):
        leftover.unlink(missing_ok=True)  # a crash in the middle of a write
    write_whole(os.fspath(path), data, suffix=TEMPORARY)


class Bases:
    """Which releases each working copy was last in step with."""

    def __init__(self, store: TeamStore) -> None:
        self._meta = store.meta

    def get(self, path: Path, triple: Triple) -> tuple[RecordId, ...] | None:
        """Return the heads the file was in step with; None where nobody knows."""
        data = self._meta.get(_name(path, triple))
        if data is None:
            return None
        ids = decode_untrusted(data, limit_bytes=64 * KIB)
        assert isinstance(ids, list)
        return tuple(RecordId(item) for item in ids if isinstance(item, bytes))

    def set(self, path: Path, triple: Triple, heads: tuple[RecordId, ...]) -> None:
        """Note that the file is in step with these heads, local edits aside."""
        # Lost in a power cut, it is found again by the next pull.
        self._meta.put(_name(path, triple), encode(tuple(sorted(heads))), durable=False)


def _name(path: Path, triple: Triple) -> bytes:
    return encode(["base", os.fsencode(path.resolve()), str(triple)])
