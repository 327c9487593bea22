"""Private files and folders: made 0600 and 0700, refused when looser, written whole.

Refuses to know what is in them. On Windows the access lists of the user's profile
stand in for modes, so modes are not looked at there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from envlsp.errors import LoosePermissions, StoreError

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
_OTHERS: Final = 0o077
_HAS_MODES: Final = os.name != "nt"


def make_private_folder(path: str, *, may_be_link: bool = False) -> None:
    """Make a folder and its parents, or check the one that is there.

    Args:
        path: the folder.
        may_be_link: a person named it, and may have put it on another disk.

    Raises:
        LoosePermissions: it exists and others may enter.
        StoreError: it cannot be made.
    """
    try:
        _make_folders(os.path.abspath(path))
    except OSError as exc:
        raise StoreError(f"cannot make the folder {path}: {exc.strerror}") from exc
    check_private(path, may_be_link=may_be_link)


def _make_folders(path: str) -> None:
    if os.path.isdir(path):
        return
    _make_folders(os.path.dirname(path))
    # One by one: os.makedirs gives the mode to the last folder only.
    try:
        os.mkdir(path, FOLDER_MODE)
    except FileExistsError:
        if not os.path.isdir(path):  # else another process was faster
            raise


def check_private(path: str, *, may_be_link: bool = False) -> None:
    """Check that a file or folder is ours and that only we can use it.

    Args:
        path: in our own folders, where nothing is a link; a file that a person names may be one.
        may_be_link: look at what a link leads to. That may be root's, too: so are the
            secrets that a container is given.

    Raises:
        LoosePermissions: others can use it, or it is another user's; the fix says how to mend it.
        FileNotFoundError: there is none.
    """
    found = os.stat(path) if may_be_link else os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        raise LoosePermissions(f"{path} is a link", fix=f"put what it leads to in its place: {path}")
    if _HAS_MODES:
        _check_owner(path, found, {os.geteuid(), 0} if may_be_link else {os.geteuid()})


def check_handle(handle: int, path: str) -> None:
    """Check the same of a file that is open.

    Raises:
        LoosePermissions: others can use it, or it is another user's.
    """
    if _HAS_MODES:
        _check_owner(path, os.fstat(handle), {os.geteuid()})


def _check_owner(path: str, found: os.stat_result, owners: set[int]) -> None:
    mode = found.st_mode
    if found.st_uid not in owners:
        raise LoosePermissions(f"{path} belongs to another user", fix=f"chown {os.geteuid()} {path}")
    if mode & _OTHERS:
        wanted = FOLDER_MODE if stat.S_ISDIR(mode) else FILE_MODE
        raise LoosePermissions(f"{path} has mode {stat.S_IMODE(mode):o}", fix=f"chmod {wanted:o} {path}")


def make_private_file(path: str) -> None:
    """Make an empty file that nobody else can read, or check the one that is there.

    Raises:
        LoosePermissions: it exists and others may read it.
        StoreError: it cannot be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, FILE_MODE))
    except OSError as exc:
        raise StoreError(f"cannot make {path}: {exc.strerror}") from exc
    check_private(path)


def write_whole(path: str, data: bytes, *, durable: bool = True, suffix: str = ".tmp") -> None:
    """Put `data` in place of a file: readers see the old bytes or the new, never a part.

    Args:
        path: the file; its folder exists.
        data: what it will hold.
        durable: be back only when a power cut cannot undo it.
        suffix: how the half-written file's name ends.

    Raises:
        StoreError: it cannot be written; the old file is as it was.
    """
    temporary = f"{path}.{os.getpid()}{suffix}"
    try:
        _write_new(temporary, data, durable=durable)
        os.replace(temporary, path)
        if durable:
            _sync_folder(os.path.dirname(path) or ".")
    except OSError as exc:
        raise StoreError(f"cannot write {path}: {exc.strerror}") from exc


@contextmanager
def writing_whole(path: str) -> Iterator[BinaryIO]:
    """Write a file piece by piece, in place of the old one when the block ends well; mode 0600.

    Raises:
        StoreError: it cannot be written; the old file is as it was.
    """
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        if os.path.lexists(temporary):
            os.unlink(temporary)
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(handle)
            os.replace(temporary, path)
        except BaseException:
            if os.path.lexists(temporary):
                os.unlink(temporary)
            raise
        _sync_folder(os.path.dirname(path) or ".")
    except OSError as exc:
        raise StoreError(f"cannot write {path}: {exc.strerror}") from exc


def _write_new(path: str, data: bytes, *, durable: bool) -> None:
    # A leftover of a crashed process with the same id is not ours to trust.
    if os.path.lexists(path):
        os.unlink(path)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(handle)


def _sync_folder(path: str) -> None:
    if not _HAS_MODES:  # Windows cannot open a folder; its rename is written through
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
