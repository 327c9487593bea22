"""`envlsp doctor`: look everything over, and say what would mend what is not right."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Final

import click

from envlsp.cli.environment import offline_option
from envlsp.cli.main import Frame
from envlsp.cli.output import Style, paint
from envlsp.cli.words import plain

if TYPE_CHECKING:
    from envlsp.service.doctor.findings import Finding, Section

WIDTH: Final = 80
_NAME, _STATUS = 10, 7
_FIX: Final = "fix: "
_INDENT: Final = 2 + _STATUS + 2 + _NAME + 2
_STYLES: Final[dict[str, Style]] = {"ok": "green", "warn": "yellow", "fail": "red", "skipped": "dim"}


@click.command()
@offline_option
@click.pass_obj
def command(frame: Frame, offline: bool) -> int:
    """Look over everything envlsp needs, and say how to mend what does not work.

    This device, the team's records, the project, editors, the signaling server and what it
    sees, the router, relays, the LAN, and each teammate's device. Takes up to ten seconds, and
    changes nothing. Works before `envlsp init` too. Exit code 1 if something failed.
    """
    from envlsp.service.doctor.examining import examine
    from envlsp.service.doctor.findings import is_well
    from envlsp.service.verbs.examining import doctor_fields

    with frame.service() as service:
        sections = examine(service, frame.cwd, offline=offline)
    if frame.json:
        frame.output.document(doctor_fields(sections))
    else:
        for section in sections:
            _print(frame, section)
        frame.output.say(_summary(sections))
    return 0 if is_well(sections) else 1


def _print(frame: Frame, section: Section) -> None:
    frame.output.line(paint(section.title, "bold", sys.stdout))
    for finding in section.findings:
        for line in _lines(finding):
            frame.output.line(line)


def _lines(finding: Finding) -> list[str]:
    status = paint(finding.status.ljust(_STATUS), _STYLES[finding.status], sys.stdout)
    lines = _beside(f"  {status}  {plain(finding.name).ljust(_NAME)}  ", _INDENT, finding.says)
    if finding.fix is not None:
        lines += _beside(" " * _INDENT + _FIX, _INDENT + len(_FIX), finding.fix)
    return lines


def _beside(begin: str, width: int, text: str) -> list[str]:
    """Return a text in lines, the first one after some words that take so many columns."""
    # Not within a word: a command must stay one that can be copied.
    first, *more = textwrap.wrap(
        plain(text), WIDTH - width, break_long_words=False, break_on_hyphens=False
    ) or [""]
    return [begin + first, *(" " * width + each for each in more)]


def _summary(sections: tuple[Section, ...]) -> str:
    statuses = [finding.status for section in sections for finding in section.findings]
    failed, warned = statuses.count("fail"), statuses.count("warn")
    if not failed and not warned:
        return "all is well"
    parts = [f"{failed} failed"] * bool(failed) + [f"{warned} could be better"] * bool(warned)
    return ", ".join(parts)
