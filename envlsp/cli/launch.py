"""Becoming another program. Imports nothing heavy: it is on the way of `envlsp run`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from envlsp.cli.dumps import allow_again, forbid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envlsp.domain.secret import SecretName, SecretText

EXIT_NOT_FOUND = 127
EXIT_NOT_STARTED = 126
"""The shell's numbers."""


def environment(
    values: Mapping[SecretName, SecretText], environ: Mapping[str, str], *, override: bool = True
) -> dict[str, str]:
    """Return what a program is given: the variables we have, and the secrets.

    Args:
        values: the secrets.
        environ: our own variables.
        override: whether a secret wins over a variable of its name.
    """
    secrets: dict[str, str] = {name: value.reveal_text() for name, value in values.items()}
    return {**environ, **secrets} if override else {**secrets, **environ}


def launch(program: list[str], environ: Mapping[str, str]) -> int:
    """Become `program`, found on its own PATH; return an exit code only when that fails."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        return _replace(program, environ)
    except (FileNotFoundError, NotADirectoryError):
        return _tell(f"command not found: {program[0]}", EXIT_NOT_FOUND)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "it cannot be started"
        return _tell(f"{reason.lower()}: {program[0]}", EXIT_NOT_STARTED)


def _replace(program: list[str], environ: Mapping[str, str]) -> int:
    """Become the program; return its exit code where that cannot be done."""
    if os.name == "nt":  # exec there leaves the shell waiting for nobody
        import subprocess

        return subprocess.run(program, env=dict(environ), check=False).returncode
    import signal

    # Python ignores these for itself, and what is ignored stays so in a new program.
    allow_again()
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGPIPE, signal.SIGXFSZ)}
    try:
        return os.execvpe(program[0], program, environ)  # noqa: S606  (no shell is meant)
    finally:  # it could not be started, and we go on
        for number, handler in before.items():
            signal.signal(number, handler)
        forbid()


def _tell(cause: str, exit_code: int) -> int:
    from envlsp.cli.failures import tell

    return tell(cause, "check its name, and PATH", exit_code)
