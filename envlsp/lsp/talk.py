"""The person in front of the editor, as `service.ports.Talk` asks for one.

Runs in a command's thread and waits there; the messages go out by the event loop. What
plain LSP can ask (one of several buttons) is asked so where the editor has nothing of its
own; for a line of text it has nothing, and then the error says which argument to pass.

A message goes away by itself. So in an editor with `confirm` what is said stands in the line of
progress, a question has what was said just before it, and only what could not be read is told
by a message as well.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillWaiting
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from envlsp.errors import BadText, Stopped, UsageError
from envlsp.ide.words import unlinked

if TYPE_CHECKING:
    from envlsp.lsp.server import Server

INPUT = "envlsp/input"
PICK = "envlsp/pick"
CONFIRM = "envlsp/confirm"
LOOK_S = 0.1
"""How often a waiting command looks whether it was stopped."""
READ_S = 3.0
"""A line of progress that stood so long was read."""
YES, NO = "Yes", "No"
BUTTONS_MAX = 10


class EditorTalk:
    """Says and asks in the editor.

    Args:
        server: whose editor it is.
        loop: the event loop that messages go out by.
        is_cancelled: whether the person has stopped the command.
        report: shows a line of progress; called in the loop.
    """

    def __init__(
        self,
        server: Server,
        loop: asyncio.AbstractEventLoop,
        is_cancelled: Callable[[], bool],
        report: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._server = server
        self._loop = loop
        self._is_cancelled = is_cancelled
        self._report = report
        self._said: list[tuple[float, str]] = []
        """When, and what, since the last question or other news."""

    def say(self, line: str) -> None:
        """Tell the person something that is not the result."""
        if "confirm" not in self._server.client.extensions:
            self._tell(line)
            return
        self._said.append((time.monotonic(), line))
        self._loop.call_soon_threadsafe(self._report, " · ".join(line for _, line in self._said))

    def turn(self) -> None:
        """Note that something else is being done now, or nothing: the line of progress changes."""
        now = time.monotonic()
        unread = [line for at, line in self._said if now - at < READ_S]
        self._said.clear()
        if unread:
            self._tell(" · ".join(unread))  # in one message: editors hold back what comes in heaps

    def show_once(self, title: str, lines: Sequence[str]) -> None:
        """Refuse: what is shown once is a secret, and an editor keeps what it shows.

        Raises:
            UsageError: always.
        """
        del lines
        raise UsageError(f"an editor cannot show this: {title}", fix="do it with envlsp in a terminal")

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask yes or no.

        Raises:
            Stopped: the person closed the question.
        """
        if "confirm" in self._server.client.extensions:
            lines = [line for _, line in self._said]
            self._said.clear()
            return self._confirm({"title": question, "lines": lines, "value": default})
        first, second = (YES, NO) if default else (NO, YES)
        return self._buttons(question, [first, second]) == YES

    def ask(self, question: str, *, default: str = "", flag: str = "") -> str:
        """Ask for a line of text; an empty answer is the default.

        Raises:
            UsageError: the editor has no field for text; the fix names the argument.
            Stopped: the person closed the field.
        """
        return self._input(question, default, flag, is_hidden=False) or default

    def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
        """Ask for a secret without showing it.

        Raises:
            UsageError: the editor has no field for that.
            BadText: nothing was typed, or the two answers differ.
            Stopped: the person closed the field.
        """
        answer = self._input(question, "", "", is_hidden=True)
        if not answer:
            raise BadText("nothing was typed", fix="try again")
        if twice and self._input(f"{question}, again", "", "", is_hidden=True) != answer:
            raise BadText("the two answers differ", fix="try again")
        return answer.encode("utf-8", "surrogateescape")

    def pick(self, question: str, options: Sequence[tuple[str, str, str]]) -> str:
        """Ask which of several; return its value.

        Raises:
            Stopped: they want none of them.
            UsageError: there are too many for buttons, and the editor has nothing else.
        """
        if "pick" in self._server.client.extensions:
            items = [{"value": value, "label": label, "detail": detail} for value, label, detail in options]
            answer = self._answer(PICK, {"title": question, "items": items})
            picked = answer.get("value") if isinstance(answer, dict) else None
            if picked not in {value for value, _, _ in options}:
                raise Stopped
            return str(picked)
        if len(options) > BUTTONS_MAX:
            raise UsageError(f"your editor cannot ask this: {question}", fix="pass it as an argument")
        titles = [f"{label} ({detail})" if detail else label for _, label, detail in options]
        title = self._buttons(question, titles)
        return next(value for (value, _, _), shown in zip(options, titles, strict=True) if shown == title)

    def _input(self, question: str, default: str, flag: str, *, is_hidden: bool) -> str:
        if "input" not in self._server.client.extensions:
            fix = f"pass the argument '{_argument(flag)}'" if flag else "do it with envlsp in a terminal"
            raise UsageError(f"your editor cannot ask this: {question}", fix=fix)
        answer = self._answer(INPUT, {"title": question, "value": default, "password": is_hidden})
        value = answer.get("value") if isinstance(answer, dict) else None
        if not isinstance(value, str):
            raise Stopped
        return value

    def _confirm(self, params: dict[str, Any]) -> bool:
        answer = self._answer(CONFIRM, params)
        value = answer.get("value") if isinstance(answer, dict) else None
        if not isinstance(value, bool):
            raise Stopped
        return value

    def _tell(self, line: str) -> None:
        self._loop.call_soon_threadsafe(self._server.show, types.MessageType.Info, line)

    def _buttons(self, question: str, titles: Sequence[str]) -> str:
        params = types.ShowMessageRequestParams(
            types.MessageType.Info, unlinked(question), [types.MessageActionItem(title) for title in titles]
        )
        answer = self._answer(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
        title = answer.get("title") if isinstance(answer, dict) else None
        if title not in titles:
            raise Stopped
        return str(title)

    def _answer(self, method: str, params: Any) -> Any:
        """Ask the editor, and wait for as long as the command is wanted."""
        future: Future[Any] = asyncio.run_coroutine_threadsafe(
            self._server.protocol.ask(method, params), self._loop
        )
        while True:
            try:
                return future.result(LOOK_S)
            except StillWaiting:
                if self._is_cancelled():
                    future.cancel()
                    raise Stopped from None


def _argument(flag: str) -> str:
    """Return the name of the argument that an option of the command line stands for."""
    return flag.split(maxsplit=1)[0].lstrip("-").lower()
