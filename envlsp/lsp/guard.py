"""What leaves when something goes wrong: our own sentences, and else nothing but a type's name.

The text of a foreign exception may hold a piece of a file, so it is neither sent to the
editor nor written to the log, and no traceback is. What is left says where it happened,
which is enough to find it. Our own errors are written to be read by people and never
quote a value (`envlsp.errors`).
"""

from __future__ import annotations

import logging
import sys
import threading
from asyncio import CancelledError
from concurrent.futures import CancelledError as FutureCancelled
from contextlib import suppress
from types import TracebackType

from lsprotocol.types import ErrorCodes, LSPErrorCodes, ResponseError
from pygls.exceptions import JsonRpcMethodNotFound

from envlsp.errors import EnvlspError, Stopped
from envlsp.ide.words import unlinked

_FIX_MAX = 250
"""Characters of a fix that still fit a notification; a longer one is in the data alone."""


def failure(error: BaseException) -> ResponseError:
    """Return what the editor is told of an exception."""
    if isinstance(error, (CancelledError, FutureCancelled, Stopped)):
        return ResponseError(LSPErrorCodes.RequestCancelled.value, "cancelled")
    if isinstance(error, EnvlspError):
        data = {"code": error.code, "fix": error.fix and unlinked(error.fix)}
        said = sentence(error) if len(error.fix or "") <= _FIX_MAX else str(error)
        return ResponseError(LSPErrorCodes.RequestFailed.value, unlinked(said), data)
    if isinstance(error, JsonRpcMethodNotFound):
        return ResponseError(ErrorCodes.MethodNotFound.value, "there is no such method")
    return ResponseError(ErrorCodes.InternalError.value, sentence(error))


def sentence(error: BaseException) -> str:
    """Return what a person is told of an exception: one line."""
    if not isinstance(error, EnvlspError):
        return f"something went wrong ({type(error).__name__})"
    return f"{error}; {error.fix}" if error.fix else str(error)


def where(error: BaseException | None) -> str:
    """Return the type of an exception and the last line of code it came through."""
    if error is None:
        return ""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    at = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return f" ({type(error).__name__}{at})"


class _Terse(logging.Handler):
    """Says which logger, how bad and where; not what, since that may be a message's body."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; where even that fails, logging itself would print what was logged."""
        error = record.exc_info[1] if record.exc_info else None
        with suppress(OSError, ValueError):
            sys.stderr.write(
                f"envlsp: {record.levelname.lower()} from {record.name}:{record.lineno}{where(error)}\n"
            )


def keep_logs_quiet() -> None:
    """Let every log, and every exception that nobody catches, say where and never what."""
    logging.basicConfig(level=logging.WARNING, handlers=[_Terse()], force=True)
    for name in ("pygls", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    sys.excepthook = _on_exception
    threading.excepthook = _on_thread_exception


def note(error: BaseException, what: str) -> None:
    """Log that something of ours failed: `what` is a fixed word, never data."""
    with suppress(OSError, ValueError):  # nobody reads it
        sys.stderr.write(f"envlsp: {what}{where(error)}\n")


def _on_exception(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None, /) -> None:
    note(error, "stopped")


def _on_thread_exception(args: threading.ExceptHookArgs, /) -> None:
    if args.exc_value is not None:
        note(args.exc_value, "a thread stopped")
