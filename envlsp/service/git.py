"""What git knows about a folder, asked of the git program.

Fixed arguments, never a shell, never a network. The variables by which a caller could
redirect git (GIT_DIR and its like) are taken away, and so is the one setting of a
repository that makes these questions start a program. Without git or a repository
every answer is a plain "no"; where there is a repository that git cannot answer for,
it is `Standing.UNKNOWN`, and the caller decides on the safe side.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path

from envlsp.errors import BadConfig

TIMEOUT_S = 20.0
"""Git answers these in milliseconds; a network disk may need seconds."""

_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_SPECIAL = "\\*?[]!# "


class Standing(Enum):
    """How git sees a path."""

    NO_REPOSITORY = "no repository"
    TRACKED = "tracked"
    IGNORED = "ignored"
    EXPOSED = "neither tracked nor ignored"
    UNKNOWN = "git cannot say"


def top_level(folder: Path) -> Path | None:
    """Return the root of the working tree that holds `folder`."""
    answer = _ask(folder, "rev-parse", "--show-toplevel")
    return Path(os.fsdecode(answer)) if answer else None


def standing(path: Path) -> Standing:
    """Return how git sees a file, which need not exist yet."""
    folder = _existing_folder(path)
    if not _has_repository(folder):
        return Standing.NO_REPOSITORY
    tracked = _run(folder, "ls-files", "--error-unmatch", "--", _literal(path))
    if tracked == 0:
        return Standing.TRACKED
    ignored = _run(folder, "check-ignore", "--quiet", "--no-index", "--", str(path))
    match tracked, ignored:
        case 1, 0:
            return Standing.IGNORED
        case 1, 1:
            return Standing.EXPOSED
        case _:
            return Standing.UNKNOWN


def standings(paths: Iterable[Path]) -> dict[Path, Standing]:
    """Return how git sees many files: two questions for each repository they are in."""
    found: dict[Path, Standing] = {}
    by_root: dict[Path | None, list[Path]] = {}
    for path in paths:
        by_root.setdefault(_repository_of(_existing_folder(path)), []).append(path)
    for root, members in by_root.items():
        if root is None:
            found |= dict.fromkeys(members, Standing.NO_REPOSITORY)
        else:
            found |= _standings_in(root, members)
    return found


def _standings_in(root: Path, paths: Sequence[Path]) -> dict[Path, Standing]:
    names = {path: os.fsencode(path.relative_to(root)) for path in paths}
    specs = (f":(top,literal){os.fsdecode(name)}" for name in names.values())
    tracked = _start(root, ("ls-files", "-z", "--full-name", "--", *specs))
    asked = b"\0".join(names.values())
    ignored = _start(root, ("check-ignore", "-z", "--no-index", "--stdin"), asked)
    if tracked is None or tracked.returncode != 0 or ignored is None or ignored.returncode not in {0, 1}:
        return dict.fromkeys(paths, Standing.UNKNOWN)
    kept, left = set(tracked.stdout.split(b"\0")), set(ignored.stdout.split(b"\0"))
    return {
        path: Standing.TRACKED if name in kept else Standing.IGNORED if name in left else Standing.EXPOSED
        for path, name in names.items()
    }


def are_ignored(*paths: Path) -> bool:
    """Return whether git keeps none of these and is told to leave all of them alone.

    What nearly every write of a `.env` finds, for two questions instead of two a file.

    Args:
        paths: files in one folder.
    """
    folder = _existing_folder(paths[0])
    if not _has_repository(folder):
        return False
    tracked = _start(folder, ("ls-files", "--", *map(_literal, paths)))
    if tracked is None or tracked.returncode != 0 or tracked.stdout:
        return False
    ignored = _start(folder, ("check-ignore", "--no-index", "--", *map(str, paths)))
    return ignored is not None and ignored.returncode == 0 and ignored.stdout.count(b"\n") == len(paths)


def files(folder: Path, *among: Path) -> list[str] | None:
    """Return the files below a folder that git keeps or would keep, their names relative to it.

    Args:
        folder: where to look.
        among: only these; all of them where there are none.

    Returns:
        None where git cannot say. A repository inside of the repository is one name, and
        ends with a slash unless it is a submodule.
    """
    among_words = map(_literal, among)
    done = _start(
        folder, ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *among_words)
    )
    if done is None or done.returncode != 0:
        return None
    return [os.fsdecode(name) for name in dict.fromkeys(done.stdout.split(b"\0")) if name]


def is_tracked(path: Path) -> bool:
    """Return whether git keeps the content of `path`."""
    return standing(path) is Standing.TRACKED


def is_ignored(path: Path) -> bool:
    """Return whether git is told to leave `path` alone."""
    return standing(path) is Standing.IGNORED


def ignore(path: Path, pattern: str | None = None) -> bool:
    """Add `path` to the root's `.gitignore` unless it is ignored already.

    Args:
        path: the file, which need not exist.
        pattern: what to write for its name, where the line is for others like it too.

    Returns:
        Whether a line was added.

    Raises:
        BadConfig: `.gitignore` is a symbolic link, which git itself does not follow.
        OSError: it cannot be written; the file is as it was.
    """
    if standing(path) is not Standing.EXPOSED:
        return False
    root = top_level(_existing_folder(path))
    if root is None:
        return False
    target = root / ".gitignore"
    if target.is_symlink():
        raise BadConfig(f"{target} is a symbolic link", fix=f"make {target} a file of its own")
    inside = (path.parent.resolve() / path.name).relative_to(root.resolve())
    place = inside.as_posix() if pattern is None else inside.as_posix().removesuffix(path.name)
    line = "/" + "".join(f"\\{char}" if char in _SPECIAL else char for char in place) + (pattern or "")
    before = target.read_bytes() if target.exists() else b""
    _replace(target, _with_line(before, line.encode("utf-8", "surrogateescape")))
    return True


def _with_line(text: bytes, line: bytes) -> bytes:
    newline = b"\r\n" if b"\r\n" in text else b"\n"
    if text and not text.endswith(b"\n"):
        text += newline
    return text + line + newline


def _replace(target: Path, content: bytes) -> None:
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
    handle, name = tempfile.mkstemp(prefix=".gitignore.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _literal(path: Path) -> str:
    return f":(literal){path}"


def _existing_folder(path: Path) -> Path:
    folder = path.absolute().parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder


def _repository_of(folder: Path) -> Path | None:
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def _has_repository(folder: Path) -> bool:
    real = folder.resolve()
    return any((place / ".git").exists() for place in (folder, *folder.parents, real, *real.parents))


def _ask(folder: Path, *words: str) -> bytes | None:
    done = _start(folder, words)
    if done is None or done.returncode != 0:
        return None
    return done.stdout.removesuffix(b"\n") or None


def _run(folder: Path, *words: str) -> int:
    done = _start(folder, words)
    return 128 if done is None else done.returncode


def _start(
    folder: Path, words: tuple[str, ...], data: bytes | None = None
) -> subprocess.CompletedProcess[bytes] | None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", *_QUIET, *words],
            cwd=folder,
            env=environment,
            # An empty input, as good as none.
            input=data or b"",
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # no git here, or one that hangs
