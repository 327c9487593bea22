"""Why somebody is what they are, and what they could read, as lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from envlsp.cli.main import Frame
from envlsp.cli.membership import not_trusted
from envlsp.cli.shapes import when
from envlsp.cli.words import count
from envlsp.service.verbs.access_shapes import exposure_fields, reasons_fields

if TYPE_CHECKING:
    from envlsp.service.results import ExposedValue, Exposure, Reasons, ReasonStep

SCREEN_ROWS = 40
"""The most lines of values on a terminal: what comes after them must stay on the screen."""
ID_CHARS = 8


def show_reasons(frame: Frame, found: Reasons) -> None:
    """Print the records that decide what somebody is, the oldest first."""
    from envlsp.service.access.reasons import sum_up

    if frame.json:
        frame.output.document(reasons_fields(found))
        return
    frame.output.table(map(_step_row, found.steps), ("RECORD", "WHEN", "WHAT", "NOW"))
    frame.output.line(sum_up(found))
    if not found.trusted:
        frame.output.say(not_trusted([found.who]))


def _step_row(step: ReasonStep) -> tuple[str, ...]:
    from envlsp.service.access.reasons import act_words, outcome_words

    said = when(step.ts) if step.ts is not None else ""
    return step.id[:ID_CHARS], said, act_words(step), outcome_words(step)


def show_exposure(frame: Frame, found: Exposure) -> None:
    """Print the names whose values somebody could read, newest first."""
    from envlsp.service.verbs.explaining import INCOMPLETE, extra_lines

    if frame.json:
        frame.output.document(exposure_fields(found))
    else:
        shown = found.values[:SCREEN_ROWS] if _is_screen() else found.values
        header = ("ENVIRONMENT", "NAME", "RELEASE", "AUTHOR", "WHEN")
        frame.output.table(map(_value_row, shown), header)
        if len(shown) < len(found.values):
            left = len(found.values) - len(shown)
            frame.output.say(f"and {left} more: envlsp access exposure {found.id} | less")
    for line in extra_lines(found):
        frame.output.say(line)
    frame.output.say(_sum_up(found))
    if not found.complete:
        frame.output.warn(INCOMPLETE)


def _is_screen() -> bool:
    return sys.stdout.isatty()


def _value_row(value: ExposedValue) -> tuple[str, ...]:
    return str(value.triple), value.name, value.release, value.author, when(value.ts)


def _sum_up(found: Exposure) -> str:
    values = count(len(found.values), "value")
    if found.is_member:
        return f"{found.who} can read {values}"
    if not found.values:
        return f"{found.who} could read no value that is still in use"
    return f"{found.who} could read {values} still in use; change at the source, then push"
