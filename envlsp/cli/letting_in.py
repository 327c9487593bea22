"""An invitation at the terminal: the code out at once, then the wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envlsp.cli.main import Frame

if TYPE_CHECKING:
    from envlsp.domain.ledger.records import Role
    from envlsp.service.facade import OpenedTeam, Service


def let_in(
    frame: Frame, service: Service, opened: OpenedTeam, role: Role, *, address: str | None = None
) -> None:
    """Show a code, wait for whoever uses it, and say who that was.

    Args:
        frame: where to write.
        service: this device.
        opened: the team.
        role: what they may do.
        address: let in only whoever says this is theirs.
    """
    from envlsp.service.joining.inviting import invite

    def show(code: str) -> None:
        show_code(frame, code, f"read it to them, they type: envlsp join {code}")

    joined = invite(service, opened, role, show, address=address)
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
