"""Who may be talked to, as far as the records on this device say (PROTOCOL F.1, A6).

An active device of a member; the key of the recovery words that counts now, which is no
device and yet signs; and a replica that this device allows (A4). A ledger without a
record knows nobody.
"""

from __future__ import annotations

from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.errors import PeerError, TrustError
from envlsp.service.replica import Replica
from envlsp.service.replicas.allowed import allowed, is_allowed
from envlsp.wire.attest import decode_attest_untrusted


def is_root(replica: Replica, dpk: DevicePk) -> bool:
    """Return whether this is the root key of now."""
    return len(replica.ledger) > 0 and dpk == replica.state.root.root_sign


def is_peer(replica: Replica, dpk: DevicePk) -> bool:
    """Return whether records are shared with whoever proves to be this."""
    if not len(replica.ledger):
        return False
    return replica.state.is_active(dpk) or is_root(replica, dpk) or is_blind(replica, dpk)


def is_blind(replica: Replica, dpk: DevicePk) -> bool:
    """Return whether this is a replica that may have the records, and is told who we are."""
    return is_allowed(replica, dpk) is not None


def is_known(replica: Replica, dpk: DevicePk) -> bool:
    """Return whether this is a peer, or a device that was one: it has to be told (A6)."""
    return len(replica.ledger) > 0 and (dpk in replica.state.devices or is_peer(replica, dpk))


def box_of(replica: Replica, dpk: DevicePk) -> BoxPk | None:
    """Return what messages to a peer are sealed to; None for strangers."""
    if is_root(replica, dpk):
        return replica.state.root.root_box
    device = replica.state.devices.get(dpk) if len(replica.ledger) else None
    if device is not None:
        return device.xpk
    blind = is_allowed(replica, dpk)
    return blind.pairing.xpk if blind else None


def has_heard_of_us(replica: Replica, dpk: DevicePk) -> bool:
    """Return whether this device has attested that it holds the record which let ours in.

    One that says nothing, or was not heard since, may have been away then: it takes us for a stranger.
    """
    own = replica.state.devices.get(replica.keys.dpk)
    note = replica.store.peers.get(dpk).attestation
    if own is None or not note:
        return False
    try:
        heads = decode_attest_untrusted(note).heads
    except (PeerError, TrustError):
        return False
    ledger = replica.ledger
    return any(
        head in ledger and (head == own.intro or ledger.is_ancestor(own.intro, head)) for head in heads
    )


def is_alone(replica: Replica) -> bool:
    """Return whether there is nobody to share records with: no other device, and no replica."""
    others = any(device.active for device in replica.state.devices.values() if device.dpk != replica.keys.dpk)
    return not others and not allowed(replica)
