"""The checks that admission needs and cannot make itself: the ledger's `Verify` port.

Both depend on other records for what they are about (whose device, which invite),
so `crypto.signing.check` could not make them.
"""

from __future__ import annotations

from envlsp.crypto.signing import PopPurpose, Purpose, inv_digest, pop_digest, verify
from envlsp.domain.ids import DevicePk, TeamId, UserId
from envlsp.domain.ledger.records import Admit, DeviceAdd
from envlsp.errors import BadSignature


class Signatures:
    """Says yes or no; never raises on what a stranger wrote."""

    def pop(self, team: TeamId, owner: UserId, add: DeviceAdd) -> bool:
        """Return whether a new device asked to be this owner's, and nobody else's."""
        digest = pop_digest(team, PopPurpose.DEVICE_ADD, owner, add.dpk, add.xpk)
        return _holds(add.dpk, "pop", digest, add.pop)

    def inv_sig(self, team: TeamId, inv_pk: DevicePk, admit: Admit) -> bool:
        """Return whether the key in the invitation's link signed for these device keys."""
        digest = inv_digest(team, admit.invite, admit.dpk, admit.xpk)
        return _holds(inv_pk, "inv", digest, admit.inv_sig)


def _holds(public: DevicePk, purpose: Purpose, digest: bytes, signature: bytes) -> bool:
    try:
        verify(public, purpose, digest, signature)
    except BadSignature:
        return False
    return True
