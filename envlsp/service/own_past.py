"""What this device has written, by the word of others: a restored backup, noticed (PROTOCOL F.4, rule 2).

A whole folder put back from a backup looks right to itself. The first peer it meets knows
better: it passes on what this device attested under its own signature, or its vector shows
a higher `seq` of ours. From then on nothing is written here until that has been fetched, or
a second record would get a number that is taken, and a copied key is what that looks like.

Rules: our own signature counts, whoever brings it; a teammate's vector is only a claim, so
it counts until that teammate has been in step with us and shown what it has. Whoever knows
that nobody has the rest can go on without it (`sync --accept-loss`), and no claim of those
who made one is believed again until they are in step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NoReturn

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.errors import LimitExceeded, Malformed, StoreCorrupt, StoreError
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import HEADS_MAX, KIB

if TYPE_CHECKING:
    from envlsp.service.replica import Replica
    from envlsp.wire.attest import Attest

_NAME: Final = b"own-past"
_MAX_BYTES: Final = 16 * KIB
_CLAIMS_MAX: Final = 64
"""Devices whose claims are remembered: more than a team has people who could make one."""


@dataclass(frozen=True, slots=True)
class _Past:
    """What others say we had."""

    heads: tuple[RecordId, ...] = ()
    """Attested by ourselves; of several attestations, those that were missing."""
    claims: tuple[tuple[DevicePk, int], ...] = ()
    """Whose vector showed which `seq` of ours."""
    deaf: tuple[DevicePk, ...] = ()
    """Whose claims count for nothing until they are in step with us."""
    noted_s: int = 0
    """The newest claimed time of an attestation of ours that named them, seconds since 1970."""
    accepted_s: int = 0
    """What we attested until then is let go of."""


def note_own_attest(replica: Replica, attest: Attest) -> None:
    """Take in our own attestation that somebody passed on: it names what was here."""
    missing = [head for head in attest.heads if head not in replica.store.records]
    if not missing:
        return
    with replica.store.database.write():
        past = _read(replica)
        known = (head for head in past.heads if head not in replica.store.records)
        heads = tuple(dict.fromkeys((*known, *missing)))[:HEADS_MAX]
        if attest.ts > past.accepted_s and heads != past.heads:
            _keep(replica, replace(past, heads=heads, noted_s=max(past.noted_s, attest.ts)))


def note_vector(replica: Replica, dpk: DevicePk, seq: int) -> None:
    """Take in that a teammate's vector shows this `seq` of ours."""
    if seq <= replica.store.records.own_seq():
        return
    with replica.store.database.write():
        past = _read(replica)
        if dpk in past.deaf:
            return
        state = replica.state
        answered_for = {who: theirs for who, theirs in past.claims if state.is_active(who)}
        claims = {**answered_for, dpk: seq}  # who was removed takes nobody's place
        if len(claims) <= _CLAIMS_MAX and tuple(claims.items()) != past.claims:
            _keep(replica, replace(past, claims=tuple(claims.items())))


def note_in_step(replica: Replica, dpk: DevicePk) -> None:
    """Drop what a teammate claimed: it has shown all it has."""
    if replica.store.meta.get(_NAME) is None:
        return
    with replica.store.database.write():
        past = _read(replica)
        claims = tuple(claim for claim in past.claims if claim[0] != dpk)
        deaf = tuple(one for one in past.deaf if one != dpk)
        if (claims, deaf) != (past.claims, past.deaf):
            _keep(replica, replace(past, claims=claims, deaf=deaf))


def is_behind(replica: Replica) -> bool:
    """Return whether others have shown that records of ours, or what we held, are not here."""
    if replica.store.meta.get(_NAME) is None:
        return False
    past, records = _read(replica), replica.store.records
    if any(head not in records for head in past.heads):
        return True
    state, own = replica.state, records.own_seq()
    return any(seq > own and state.is_active(dpk) for dpk, seq in past.claims)


def demand_fetched(replica: Replica) -> None:
    """Make sure that what is written next gets a number that is free. Call it inside `writing`.

    Raises:
        StoreError: others have records of this device that are not here.
    """
    if is_behind(replica):
        _refuse()


def accept_loss(replica: Replica) -> None:
    """Go on with what is here: a person has said that no device has the rest."""
    with replica.store.database.write():
        past = _read(replica)
        deaf = tuple(dict.fromkeys((*past.deaf, *(dpk for dpk, _ in past.claims))))
        _keep(replica, _Past(deaf=deaf[-_CLAIMS_MAX:], accepted_s=max(replica.now(), past.noted_s)))


def _refuse() -> NoReturn:
    raise StoreError(
        "an older store was put back: teammates have records of this device that it lacks, so it only reads",
        fix="envlsp sync; where no device has the rest: envlsp sync --accept-loss",
    )


def _keep(replica: Replica, past: _Past) -> None:
    claims: list[Value] = [[dpk, seq] for dpk, seq in past.claims]
    row: list[Value] = [list(past.heads), claims, list(past.deaf), past.noted_s, past.accepted_s]
    replica.store.meta.put(_NAME, encode(row))


def _read(replica: Replica) -> _Past:
    data = replica.store.meta.get(_NAME)
    if data is None:
        return _Past()
    try:
        match decode_untrusted(data, limit_bytes=_MAX_BYTES):
            case [list(heads), list(claims), list(deaf), int(noted_s), int(accepted_s)]:
                return _Past(
                    tuple(RecordId(one) for one in heads if isinstance(one, bytes)),
                    tuple(_claim(one) for one in claims),
                    tuple(DevicePk(one) for one in deaf if isinstance(one, bytes)),
                    noted_s,
                    accepted_s,
                )
    except (Malformed, LimitExceeded):
        pass
    raise StoreCorrupt("what this device had before is not readable")


def _claim(value: Value) -> tuple[DevicePk, int]:
    match value:
        case [bytes(dpk), int(seq)]:
            return DevicePk(dpk), seq
    raise Malformed("not a claim")
