"""Members as lines and as fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envlsp.cli.main import Frame

if TYPE_CHECKING:
    from envlsp.service.results import MemberInfo
    from envlsp.service.team import Team


def show_members(frame: Frame, team: Team) -> None:
    """Print the members of a team."""
    team.replica.refresh()
    members = team.people.list()
    if frame.json:
        frame.output.document({"members": [member_fields(member) for member in members]})
    else:
        frame.output.table(map(_row, members), ("ID", "NAME", "ADDRESS", "ROLE", "DEVICES"))


def member_fields(member: MemberInfo) -> dict[str, Any]:
    """Return one member for `--json`."""
    return {
        "id": member.id,
        "name": member.name,
        "address": member.address,
        "role": member.role,
        "devices": [{"id": identity, "label": label} for identity, label in member.devices],
        "you": member.is_self,
    }


def _row(member: MemberInfo) -> tuple[str, ...]:
    name = f"{member.name} (you)" if member.is_self else member.name
    devices = ", ".join(label or identity for identity, label in member.devices)
    return member.id, name, member.address, member.role, devices
