"""An invitation at the terminal: the code out at once, then the wait."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from envlsp.cli.delivery import delivered
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near

if TYPE_CHECKING:
    from envlsp.domain.ledger.records import Role
    from envlsp.service.access.scope_members import ScopeLine
    from envlsp.service.facade import OpenedTeam, Service
    from envlsp.service.verbs.carrying import Answered


def let_in(
    frame: Frame,
    service: Service,
    opened: OpenedTeam,
    role: Role,
    *,
    address: str | None = None,
    lines: Collection[ScopeLine] = (),
) -> None:
    """Show a code, wait for whoever uses it, and say who that was.

    Args:
        frame: where to write.
        service: this device.
        opened: the team.
        role: what they may do.
        address: let in only whoever says this is theirs.
        lines: scopes they are let into at once.
    """
    from envlsp.service.joining.inviting import invite

    def show(code: str) -> None:
        show_code(frame, code, f"read it to them, they type: envlsp join {code}")

    joined = invite(service, opened, role, show, address=address, lines=lines)
    if frame.json:
        frame.output.document({"joined": joined})
    else:
        frame.output.line(f"{joined} joined the team")


def show_code(frame: Frame, code: str, use: str) -> None:
    """Print a code at once, before the wait for whoever uses it.

    Args:
        frame: where to write.
        code: as it is spoken.
        use: what to do with it.
    """
    if frame.json:
        frame.output.document({"code": code})
        return
    frame.output.line(code)
    frame.output.flush()
    frame.output.say(use)
    frame.output.say("it works once, for ten minutes, while this command runs")


def show_answered(frame: Frame, answered: Answered, role: str) -> None:
    """Say who was let in by a request, and what to do with the file that answers it."""
    from envlsp.service.verbs.carrying import answered_fields

    if frame.json:
        frame.output.document(answered_fields(answered, role))
        return
    file = near(answered.welcome, frame.cwd)
    frame.output.line(f"{answered.name} is {role} now{delivered(answered.reached)}")
    frame.output.line(file)
    frame.output.say(f"bring that file to their machine, which alone opens it: envlsp join {file}")
