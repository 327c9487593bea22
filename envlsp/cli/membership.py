"""Members as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from envlsp.cli.main import Frame
from envlsp.cli.scoped import show_scopes
from envlsp.cli.words import plain
from envlsp.service.verbs.access_shapes import members_fields

if TYPE_CHECKING:
    from envlsp.service.results import MemberInfo
    from envlsp.service.team import Team


def show_members(frame: Frame, team: Team) -> None:
    """Print the members of a team, and who reads what not everybody reads."""
    from envlsp.service.verbs.granting import members, scope_infos

    found, scopes = members(team), scope_infos(team)
    if frame.json:
        frame.output.document(members_fields(found, scopes))
    else:
        frame.output.table(map(_row, found), ("ID", "NAME", "ADDRESS", "ROLE", "DEVICES"))
        if suspects := [f"{member.name} <{member.address}>" for member in found if not member.trusted]:
            frame.output.say(not_trusted(suspects))
        show_scopes(frame, scopes)


def show_alarms(frame: Frame, team: Team) -> None:
    """Warn of what looks like a copied key, a flood or a leaked link."""
    from envlsp.service.access.alarms import alarm_lines, alarms

    for line in alarm_lines(alarms(team)):
        frame.output.warn(plain(line))


def show_removal(frame: Frame, team: Team) -> None:
    """Say that this device was removed, and what to do."""
    from envlsp.service.access.removal import is_removed, removed

    if is_removed(team.replica):
        found = removed(team.replica)
        frame.output.say(f"{found.detail}: {found.fix}")


def not_trusted(names: Sequence[str]) -> str:
    """Return the line that says who gets no new key from this device."""
    return f"not trusted with new secrets yet: {plain(', '.join(names))}; envlsp access confirm"


def _row(member: MemberInfo) -> tuple[str, ...]:
    name = f"{member.name} (you)" if member.is_self else member.name
    devices = ", ".join(label or identity for identity, label in member.devices)
    return member.id, name, member.address, member.role, devices
