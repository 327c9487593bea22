"""Who may be talked to, as far as the records on this device say (PROTOCOL F.1, A6).

An active device of a member, and the key of the recovery words that counts now: it is
no device and yet signs, so it is met and synced with like one. A ledger without a record
knows nobody.
"""

from __future__ import annotations

from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.service.replica import Replica


def is_root(replica: Replica, dpk: DevicePk) -> bool:
    """Return whether this is the root key of now."""
    return len(replica.ledger) > 0 and dpk == replica.state.root.root_sign


def is_peer(replica: Replica, dpk: DevicePk) -> bool:
    """Return whether records are shared with whoever proves to be this."""
    return len(replica.ledger) > 0 and (replica.state.is_active(dpk) or is_root(replica, dpk))


def is_known(replica: Replica, dpk: DevicePk) -> bool:
    """Return whether this is a peer, or a device that was one: it has to be told (A6)."""
    return len(replica.ledger) > 0 and (dpk in replica.state.devices or is_root(replica, dpk))


def box_of(replica: Replica, dpk: DevicePk) -> BoxPk | None:
    """Return what messages to a peer are sealed to; None for strangers."""
    if is_root(replica, dpk):
        return replica.state.root.root_box
    device = replica.state.devices.get(dpk) if len(replica.ledger) else None
    return device.xpk if device else None
