"""No core dump of a process that holds secrets; a program we become may have its own again.

Imports nothing heavy: it is on the way of every verb. Windows keeps no core files.
"""

from __future__ import annotations

import sys

_before: list[tuple[int, int]] = []

if sys.platform == "win32":

    def forbid() -> None:
        """Do nothing: there are no core files."""

    def allow_again() -> None:
        """Do nothing."""

else:
    import resource

    def forbid() -> None:
        """Let a crash write nothing of this process to disk."""
        if not _before:
            soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
            _before.append((soft, hard))
            resource.setrlimit(resource.RLIMIT_CORE, (0, hard))

    def allow_again() -> None:
        """Put the limit back as it was: what follows is another program."""
        if _before:
            resource.setrlimit(resource.RLIMIT_CORE, _before.pop())
