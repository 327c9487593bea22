"""No core dump of a process that holds secrets, and no reading of its memory by its equals.

A core limit of nothing keeps the kernel from writing a file, but not from piping the
dump to a program that a system has for it; a process that is not dumpable is left out
of both, and no other process of its user may trace it or read `/proc/PID/mem` (root
may). A program we become may have both again. Imports nothing heavy: it is on the way
of every verb. Windows keeps no core files.
"""

from __future__ import annotations

import sys
from typing import Any, Final

_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4

_before: list[tuple[int, int]] = []


def _prctl(option: int, value: int) -> int | None:
    """Call prctl(2); None where the system has none, or we cannot reach it.

    By cffi's own machine, which PyNaCl has loaded or will load: ctypes would take as long
    to import as a verb may take to start.
    """
    if sys.platform != "linux":
        return None
    try:
        import _cffi_backend as machine  # type: ignore[import-untyped]

        number, wide = machine.new_primitive_type("int"), machine.new_primitive_type("unsigned long")
        shape = machine.new_function_type((number, wide, wide, wide, wide), number, False)
        function: Any = machine.load_library(None, 0).load_function(shape, "prctl")
    except (ImportError, AttributeError, OSError, TypeError, ValueError):
        return None
    return int(function(option, value, 0, 0, 0))


def is_dumpable() -> bool:
    """Return whether other processes of this user may look into this one; True where nobody can say."""
    return _prctl(_PR_GET_DUMPABLE, 0) != 0


if sys.platform == "win32":

    def forbid() -> None:
        """Do nothing: there are no core files."""

    def allow_again() -> None:
        """Do nothing."""

else:
    import resource

    def forbid() -> None:
        """Let a crash write nothing of this process to disk, and let no equal look into it."""
        if not _before:
            soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
            _before.append((soft, hard))
            resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
            _prctl(_PR_SET_DUMPABLE, 0)

    def allow_again() -> None:
        """Put both back as they were: what follows is another program."""
        if _before:
            resource.setrlimit(resource.RLIMIT_CORE, _before.pop())
            _prctl(_PR_SET_DUMPABLE, 1)
