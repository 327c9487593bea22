"""The person at the terminal, as `service.ports.Talk` asks for one.

Rules: questions go to stderr and only to a terminal, so a script never hangs on one
and stdout stays data; what somebody chose shows as `plain` text; a secret is never
echoed, and what was typed appears in no error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from envlsp.cli.words import plain
from envlsp.errors import BadText, UsageError


@dataclass(frozen=True, slots=True)
class Talk:
    """Says and asks on the terminal.

    With `yes`, every question that `--yes` may answer is answered without asking.
    """

    yes: bool = False

    def say(self, line: str) -> None:
        """Tell the person something that is not the result."""
        print(plain(line), file=sys.stderr)

    def show_once(self, title: str, lines: Sequence[str]) -> None:
        """Show something that is written down now or never.

        Raises:
            UsageError: there is no terminal; in a file or a log it would stay.
        """
        _need_person(title, "")
        print(f"\n{plain(title)}\n", file=sys.stderr)
        for line in lines:
            print(f"    {plain(line)}", file=sys.stderr)
        print(file=sys.stderr, flush=True)

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask yes or no; an empty answer is the default.

        Raises:
            UsageError: nobody is there to answer and `--yes` was not given.
        """
        if self.yes:
            return True
        answer = self._read(f"{question} [{'Y/n' if default else 'y/N'}] ", flag="--yes").lower()
        return answer in {"y", "yes"} if answer else default

    def ask(self, question: str, *, default: str = "", flag: str = "") -> str:
        """Ask for one line of text; an empty answer is the default.

        Raises:
            UsageError: nobody is there to answer; the fix is `flag`.
        """
        hint = f" [{default}]" if default else ""
        return self._read(f"{question}{hint}: ", flag=flag) or default

    def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
        """Ask for a passphrase or a value without showing it.

        Args:
            question: what is asked for.
            twice: it is being chosen, so a slip of the finger would lock it away.

        Raises:
            UsageError: nobody is there to answer, or they ended the input (Ctrl-D).
            BadText: nothing was typed, or the two answers differ.
        """
        _need_person(question, "--key-file PATH")
        answer = _hidden_line(question)
        if not answer:
            raise BadText("nothing was typed", fix="try again")
        if twice and _hidden_line(f"{question}, again") != answer:
            raise BadText("the two answers differ", fix="try again")
        return answer.encode("utf-8", "surrogateescape")

    def pick(self, question: str, options: Sequence[tuple[str, str, str]]) -> str:
        """Ask which of several, by number.

        Raises:
            UsageError: nobody is there to answer.
            BadText: no such number.
        """
        _need_person(question, "")
        for number, (_, label, detail) in enumerate(options, 1):
            print(f"{number:3}. {plain(label)}  {plain(detail)}".rstrip(), file=sys.stderr)
        answer = self._read(f"{question} [1-{len(options)}] ", flag="")
        if not answer.isascii() or not answer.isdigit() or not 1 <= int(answer) <= len(options):
            raise BadText("that is no number of the list", fix="try again")
        return options[int(answer) - 1][0]

    def _read(self, prompt: str, *, flag: str) -> str:
        _need_person(prompt.strip(" :"), flag)
        print(plain(prompt), end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:  # Ctrl-D is no answer, and not the default either
            raise _ended()
        return line.strip()


def _hidden_line(question: str) -> str:
    from getpass import getpass

    try:
        return getpass(f"{plain(question)}: ", stream=sys.stderr)
    except EOFError:
        raise _ended() from None


def _ended() -> UsageError:
    print(file=sys.stderr)  # the question's own line is still open
    return UsageError("the input ended before an answer", fix="try again")


def _need_person(question: str, flag: str) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"no terminal to ask on: {question}", fix=f"add {flag}" if flag else "run it in a terminal"
        )
