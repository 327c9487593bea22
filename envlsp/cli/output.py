"""Lines out: data on stdout, everything else on stderr.

Rules: a script that reads stdout sees data and nothing more; `--json` is one object
with a `schema` field; colour only on a terminal, and never with NO_COLOR.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TextIO

from envlsp.cli.words import plain
from envlsp.errors import BadText

STDIN_MAX_BYTES = 1024 * 1024
"""The most that is read from standard input: more than any `.env` a release carries."""

Style = Literal["bold", "dim", "red", "green", "yellow"]
_CODES: Mapping[str, str] = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


@dataclass(slots=True)
class Output:
    """The two streams of a command."""

    json: bool = False
    """Whether data is wanted as JSON."""

    def line(self, text: str = "") -> None:
        """Print one line of data."""
        print(text, file=sys.stdout)

    def flush(self) -> None:
        """Let whoever reads see now what was printed so far."""
        sys.stdout.flush()

    def raw(self, data: bytes) -> None:
        """Print data as it is: a value, a file."""
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def document(self, content: Mapping[str, Any], *, schema: int = 1) -> None:
        """Print one JSON object on one line, at once, so that a reader need not wait for the end."""
        text = json.dumps({"schema": schema, **content}, ensure_ascii=False, separators=(", ", ": "))
        # A value may hold bytes that were never text (lone surrogates): escape those only.
        self.raw(text.encode("utf-8", "backslashreplace") + b"\n")

    def say(self, text: str) -> None:
        """Tell the person something; never data."""
        print(text, file=sys.stderr)

    def warn(self, text: str) -> None:
        """Tell the person something they should not miss."""
        print(f"{paint('warning:', 'yellow', sys.stderr)} {text}", file=sys.stderr)

    def table(self, rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> None:
        """Print rows in columns; the header only on a terminal, where it helps."""
        cells = [[plain(cell) for cell in row] for row in rows]
        if header and cells and sys.stdout.isatty():
            cells.insert(0, list(header))
        if not cells:
            return
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row in cells:
            self.line("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())


def paint(text: str, style: Style, stream: TextIO) -> str:
    """Return `text` in a style where `stream` can show it."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if has_colour(stream) else text


def has_colour(stream: TextIO) -> bool:
    """Return whether to paint: a terminal that is not dumb, and nobody said NO_COLOR."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def read_stdin(what: str, *, limit_bytes: int = STDIN_MAX_BYTES) -> bytes:
    """Return all of standard input: a code, a value, a file given as `-`.

    Raises:
        BadText: it is longer than the limit.
    """
    data = sys.stdin.buffer.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise BadText(f"{what} on standard input is larger than {limit_bytes // 1024} KiB", fix="give less")
    return data
