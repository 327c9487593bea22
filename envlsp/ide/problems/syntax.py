"""How the file is written: what its loader skips, and what only looks right."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.domain.dotenv.parse import MESSAGES
from envlsp.ide.problems.characters import described
from envlsp.ide.problems.codes import CODES
from envlsp.ide.problems.look import Finding, Look
from envlsp.ide.results import Related, Target


def faults(look: Look) -> Iterator[Finding]:
    """Yield what the parser found."""
    for index, note in look.noted:
        for code in note.faults:
            yield Finding(code, index, MESSAGES[code], CODES[code].severity)


def invisible(look: Look) -> Iterator[Finding]:
    """Yield the statements with characters that nobody can see."""
    code = "invisible-character"
    for index, note in look.noted:
        if note.invisible:
            rest = len(note.invisible) - 1
            more = f", and {rest} more like it" if rest else ""
            message = f"{described(note.invisible[0])} stands in this line{more}; nobody can see it"
            yield Finding(code, index, message, CODES[code].severity)


def unsafe(look: Look) -> Iterator[Finding]:
    """Yield the unquoted values that a shell, or another loader, reads otherwise."""
    code = "unsafe-unquoted-value"
    message = "without quotes, a shell or another loader may read this value differently"
    for index, note in look.noted:
        if note.is_unsafe:
            yield Finding(code, index, message, CODES[code].severity)


def duplicates(look: Look) -> Iterator[Finding]:
    """Yield every assignment of a name but the last, which counts."""
    code = "duplicate-name"
    if len(look.env.by_name) == look.named_blocks:
        return
    for _, places in look.names():
        if len(places) > 1:
            last = look.range_of(places[-1])
            related = (Related(Target(look.place, last), "this one counts"),)
            message = f"assigned again on line {last.start.line + 1}; the last assignment counts"
            for index in places[:-1]:
                yield Finding(code, index, message, CODES[code].severity, related)
