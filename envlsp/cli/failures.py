"""How a command says that it failed: one line of cause, one line `fix: <command>`, an exit code.

Knows no click, so that a verb with a fast path fails in the same words. Rules: both
lines go to stderr; an exception we did not foresee is told by its type and place
only, since its text may hold a value.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

from envlsp.cli.words import plain
from envlsp.errors import EnvlspError

if TYPE_CHECKING:
    import traceback

EXIT_GENERIC = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141
"""The shell's numbers for SIGINT and SIGPIPE."""

_CHECK = "check that place, then try again"
_FIXES = {
    errno.ENOSPC: "make room on that disk, then try again",
    errno.EROFS: "make that disk writable, then try again",
    errno.EACCES: "make it yours: ls -l shows who may use it",
    errno.EPERM: "make it yours: ls -l shows who may use it",
}

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def fail(error: BaseException) -> int:
    """Say why a command failed and return its exit code."""
    match error:
        case EnvlspError():
            return tell(str(error), error.fix, error.exit_code)
        case KeyboardInterrupt():
            return tell("interrupted", None, EXIT_INTERRUPTED)
        case BrokenPipeError():
            return _close_stdout()
        case OSError() if error.strerror:
            place = f": {error.filename}" if isinstance(error.filename, str) else ""
            return tell(
                f"{error.strerror.lower()}{place}", _FIXES.get(error.errno or 0, _CHECK), EXIT_GENERIC
            )
        case _:
            return _internal(error)


def tell(cause: str, fix: str | None, exit_code: int) -> int:
    """Print the cause and what mends it; return `exit_code`."""
    print(f"envlsp: {plain(cause)}", file=sys.stderr)
    if fix:
        print(f"fix: {plain(fix)}", file=sys.stderr)
    return exit_code


def _close_stdout() -> int:
    # The reader went away (`envlsp log | head`). Whatever Python still flushes at exit goes nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_BROKEN_PIPE


def _internal(error: BaseException) -> int:
    import traceback  # only when something is broken already

    frames = traceback.extract_tb(error.__traceback__)
    debug = bool(os.environ.get("ENVLSP_DEBUG"))
    for frame in frames if debug else ():  # places only: source lines and messages may hold values
        print(f"  {_place(frame)} in {frame.name}", file=sys.stderr)
    ours = [frame for frame in frames if frame.filename.startswith(_PACKAGE)] or list(frames)
    place = _place(ours[-1]) if ours else "unknown place"
    cause = f"internal error, please report it: {type(error).__name__} at {place}"
    return tell(cause, None if debug else "ENVLSP_DEBUG=1 shows the way there", EXIT_GENERIC)


def _place(frame: traceback.FrameSummary) -> str:
    name = frame.filename
    if name.startswith(_PACKAGE):
        name = name.removeprefix(os.path.dirname(_PACKAGE.rstrip(os.sep)) + os.sep)
    return f"{name}:{frame.lineno}"
