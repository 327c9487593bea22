"""What admission asks of the cryptography it must not import.

`crypto.signing` answers. Both questions need an input that only the state of the
team knows: who owns the adding device, and which key the invitation named.
"""

from __future__ import annotations

from typing import Protocol

from envlsp.domain.ids import DevicePk, TeamId, UserId
from envlsp.domain.ledger.records import Admit, DeviceAdd


class Verify(Protocol):
    """Two signature checks, both pure."""

    def pop(self, team: TeamId, owner: UserId, add: DeviceAdd) -> bool:
        """Tell whether the new device proves possession of its keys, for this owner.

        Args:
            team: the id of the team.
            owner: the user of the device that adds it.
            add: the public part of the record.

        Spec: docs/protocol.md, "B.4 Types", `pop` with purpose 2.
        """
        ...

    def inv_sig(self, team: TeamId, inv_pk: DevicePk, admit: Admit) -> bool:
        """Tell whether the newcomer holds the link: `inv_sig` under the invite's key.

        Args:
            team: the id of the team.
            inv_pk: the key that the invite in the past of the record names.
            admit: the public part of the record.

        Spec: docs/protocol.md, "B.4 Types", `inv_sig`.
        """
        ...
