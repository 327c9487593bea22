"""The server's log, for people or for machines: one line each, without addresses, rooms or tags.

A line is an event and numbers. Nothing from a client ever stands in one, so a log can be
kept, shipped and read by whoever keeps logs.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import Final, TextIO

log: Final = logging.getLogger("envlsp_signaling")


def say(event: str, /, level: int = logging.INFO, **numbers: object) -> None:
    """Log an event, with what is counted about it."""
    log.log(level, event, extra={"numbers": numbers})


def set_up(form: str, stream: TextIO | None = None) -> None:
    """Send the log to stderr, as `text` or `json`."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(AsJson() if form == "json" else AsText())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    if root.level in (logging.WARNING, logging.NOTSET):
        root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # below that it names addresses


class AsText(logging.Formatter):
    """`2026-01-31T12:00:00Z info listening url=ws://…`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        numbers = " ".join(f"{name}={value}" for name, value in _numbers(record).items())
        line = f"{_instant(record)} {record.levelname.lower()} {_event(record)} {numbers}".rstrip()
        return f"{line} {_failure(record)}".rstrip()


class AsJson(logging.Formatter):
    """One JSON object: time, level, event, and what is counted about it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {"time": _instant(record), "level": record.levelname.lower(), "event": _event(record)}
        failure = _failure(record)
        return json.dumps({**line, **_numbers(record), **({"failure": failure} if failure else {})})


def _event(record: logging.LogRecord) -> str:
    if record.name != "py.warnings":
        return record.getMessage()
    # The library's warnings quote sockets, and so addresses: only the kind is kept.
    kind = re.search(r"\w+Warning", record.getMessage())
    return f"python {kind[0] if kind else 'Warning'}"


def _numbers(record: logging.LogRecord) -> dict[str, object]:
    numbers = getattr(record, "numbers", {})
    return numbers if isinstance(numbers, dict) else {}


def _instant(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))


def _failure(record: logging.LogRecord) -> str:
    # The kind and the place, never the text: an exception may quote what a client sent.
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    trace = record.exc_info[2]
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else "?"
    return f"{record.exc_info[0].__name__} at {place}"
