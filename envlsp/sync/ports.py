"""What a session must be able to ask of the local replica."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.wire.messages import Progress


class Replica(Protocol):
    """The records of one team on this device, read only.

    Answers reflect every record that `Accepted` was said of. `heads`, `count` and `has` are
    asked for often and should be cheap. What an implementation raises passes through the
    session to whoever called it.
    """

    def heads(self) -> Sequence[RecordId]:
        """Return the records without children, in any order."""
        ...

    def count(self) -> int:
        """Return how many records are stored."""
        ...

    def vector(self) -> Sequence[Progress]:
        """Return the last record of each author, both ids cut to 8 bytes, in any order.

        Of several records of one author with the greatest seq, any one.
        """
        ...

    def has(self, identity: RecordId) -> bool:
        """Return whether this record is stored."""
        ...

    def records(self, ids: Sequence[RecordId]) -> Iterator[bytes]:
        """Yield the raw records among `ids` that are stored, by ascending height."""
        ...

    def own_records(self, ids: Sequence[RecordId], limit_bytes: int) -> Sequence[bytes]:
        """Return the raw records of `ids`, by ascending height, up to the first that must wait.

        That is one that another device wrote, or with which they take more than
        `limit_bytes` together.
        """
        ...

    def missing_for(self, vector: Sequence[Progress]) -> Iterator[bytes]:
        """Yield the raw records a peer with this vector lacks, by ascending height.

        Read lazily over many calls, while records are being added. What to send is
        decided by `sync.reconcile.lacks`.
        """
        ...

    def is_active(self, dpk: DevicePk) -> bool:
        """Return whether this device is an active member's, or allow-listed here."""
        ...

    def is_revoked(self, dpk: DevicePk) -> bool:
        """Return whether this device was a member's and is none now."""
        ...

    def newest(self, *, auth: bool) -> Iterator[tuple[int, bytes]]:
        """Yield the raw records that say who is who, or all others, each behind its height.

        By descending height; read lazily, since whoever asks seldom wants all.
        """
        ...

    def attests(self) -> Sequence[bytes]:
        """Return the newest attestation of each device known, this device's own included.

        The own one must be of now: it is asked for whenever we say where we stand.
        """
        ...
