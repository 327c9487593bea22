"""How far a cancellation of ours would reach back, asked before it is written.

A link is cancelled once, so a cancellation by somebody too junior to reach the admits that
come late takes the place of one that would. Ranks are compared as C.3 compares them.

Spec: docs/protocol.md, "C.3 Which removals stand".
"""

from __future__ import annotations

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import Role
from envlsp.domain.ledger.state import TeamState


def reaches_admits(ledger: Ledger, author: DevicePk, invite: RecordId) -> bool:
    """Tell whether a cancellation by this device, written now, would void late admits of a link.

    Raises:
        NotFound: there is no such record.
    """
    record = ledger.get(invite)
    if record is None:
        return False
    before = ledger.state_after(record.header.parents)
    if record.header.author == before.root.root_sign:
        return author == ledger.state.root.root_sign
    mine, theirs = (
        _admin_rank(ledger, ledger.state, author),
        _admin_rank(ledger, before, record.header.author),
    )
    return mine is not None and theirs is not None and mine <= theirs


def _admin_rank(ledger: Ledger, state: TeamState, dpk: DevicePk) -> tuple[tuple[int, RecordId], ...] | None:
    """Return what made this device's user an admin, and what brought the device in; None if he is none."""
    device = state.devices.get(dpk)
    member = state.members.get(device.user) if device is not None and device.active else None
    if device is None or member is None or member.role is not Role.ADMIN:
        return None
    return _order(ledger, member.in_force[0]), _order(ledger, device.intro)


def _order(ledger: Ledger, identity: RecordId) -> tuple[int, RecordId]:
    record = ledger.get(identity)
    assert record is not None, "what a state names is stored"
    return record.header.height, identity
