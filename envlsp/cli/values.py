"""A value on its way in: from standard input or a hidden question, never from the words of a command.

Those end up in the shell's history and in every process list.
"""

from __future__ import annotations

import sys

from envlsp.cli.main import Frame
from envlsp.cli.output import read_stdin
from envlsp.domain.secret import SecretText


def read_value(frame: Frame, name: str) -> SecretText:
    """Return a value that is typed hidden or piped in; one newline at its end is dropped.

    Raises:
        BadText: it is too long.
    """
    if sys.stdin.isatty():
        return SecretText(frame.talk.ask_hidden(f"value of {name}"))
    data = read_stdin("the value")
    for end in (b"\r\n", b"\n"):
        if data.endswith(end):
            return SecretText(data.removesuffix(end))
    return SecretText(data)
