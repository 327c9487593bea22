"""Whom this device gives no new keys although they are members: remembered, told, confirmed.

`domain.ledger.suspicion` says who is suspect; this keeps it, in the transaction that
keeps the records which showed it, so that no crash forgets it. It is this device's own
caution: nothing of it is sent, and no other device decides anything by it.

Spec: docs/protocol.md, "C.5 What this yields", tombstones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from envlsp.domain.ids import DevicePk, RecordId, ScopeId
from envlsp.domain.ledger.suspicion import EVERYWHERE, Suspect, Suspicion, can_matter, suspects_after
from envlsp.errors import LimitExceeded, Malformed, StoreCorrupt
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import MIB

if TYPE_CHECKING:
    from envlsp.domain.ledger.ledger import Ledger
    from envlsp.domain.ledger.state import TeamState
    from envlsp.store.meta import Meta

_NAME: Final = b"suspects"
_FORM: Final = 1
_CODES: Final = {Suspicion.RETURNED: 0, Suspicion.DUEL: 1, Suspicion.BROUGHT_IN: 2}
_RECORDS_MAX: Final = 64
"""Reasons that are remembered of one suspect."""
_KEPT_MAX_BYTES: Final = MIB
_WHYS: Final = {code: why for why, code in _CODES.items()}


class Tombstones:
    """The suspects of one team, as this device remembers them.

    Several processes share the memory, so it is read anew each time.

    Args:
        meta: where they are kept.
        own: this device, which never suspects itself.
    """

    def __init__(self, meta: Meta, own: DevicePk) -> None:
        self._meta = meta
        self._own = own

    def all(self) -> frozenset[Suspect]:
        """Return every suspect, those who are no members at the moment too.

        Raises:
            StoreCorrupt: what was kept is not readable; nobody is trusted by mistake.
        """
        kept = self._meta.get(_NAME)
        return frozenset() if kept is None else from_bytes(kept)

    def note(self, ledger: Ledger, before: TeamState | None, news: Iterable[RecordId]) -> None:
        """Remember what records have shown. Call it in the transaction that stores them.

        Args:
            ledger: with them.
            before: who was in the team without them.
            news: their ids.
        """
        fresh = _of_weight(ledger, news)
        if fresh:
            known = self.all()
            found = suspects_after(ledger, before, fresh, known, self._own)
            if found != known:
                self._keep(found)

    def confirm(self, devices: Collection[DevicePk]) -> None:
        """Trust these devices again, everywhere."""
        self._keep(one for one in self.all() if one.device not in devices)

    def _keep(self, found: Iterable[Suspect]) -> None:
        self._meta.put(_NAME, to_bytes(_bounded(tuple(found))))


def _of_weight(ledger: Ledger, news: Iterable[RecordId]) -> list[RecordId]:
    """Return the auth-class records that can change whom we trust."""
    known = ((identity, ledger.get(identity)) for identity in news)
    return [i for i, record in known if record is not None and can_matter(record)]


def distrusted(suspects: Collection[Suspect], state: TeamState, scope: ScopeId) -> frozenset[DevicePk]:
    """Return the devices that may read a scope and get no new key of it from us."""
    return frozenset(
        one.device for one in suspects if one.scope in {EVERYWHERE, scope} and state.access(one.device, scope)
    )


# --- on the disk -------------------------------------------------------------------------------


def _bounded(found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the suspects with no more reasons than can be read again: a flood of removals gives many.

    Nobody is left out. Where even one reason each is too much, a suspect in many scopes is
    one everywhere.
    """
    for most in (_RECORDS_MAX, 1):
        fewer = tuple(replace(one, records=one.records[:most]) for one in found)
        if len(to_bytes(fewer)) <= _KEPT_MAX_BYTES:
            return fewer
    devices = {one.device: replace(one, scope=EVERYWHERE, records=one.records[:1]) for one in found}
    return tuple(devices.values())


def to_bytes(found: Iterable[Suspect]) -> bytes:
    """Return the canonical bytes `[1, [[dpk32, scope16|0, why, [id32...]]...]]`."""
    return encode((_FORM, [(s.device, s.scope, _CODES[s.why], s.records) for s in sorted(found)]))


def from_bytes(data: bytes) -> frozenset[Suspect]:
    """Return the suspects that `to_bytes` wrote.

    Raises:
        StoreCorrupt: it did not write these.
    """
    try:
        match decode_untrusted(data, limit_bytes=2 * MIB):
            case [1, list(rows)]:
                return frozenset(map(_suspect, rows))
    except (Malformed, LimitExceeded, KeyError):
        pass
    raise StoreCorrupt("what this device knows of removed members is not readable")


def _suspect(row: Any) -> Suspect:
    match row:
        case [bytes(device), bytes(scope), int(why), list(records)]:
            return Suspect(DevicePk(device), ScopeId(scope), _WHYS[why], tuple(map(RecordId, records)))
    raise KeyError
