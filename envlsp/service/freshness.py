"""How new our view is: who has confirmed it, and when (PROTOCOL F.4, rule 5).

Goes by what other devices attest under their signatures. Two questions, and they differ:
an attestation shows that nothing was newer where every head it names is here; and it shows
that its device holds a record where the record is at or below one of those heads. So does a
record itself, of the device that made it: a newcomer has that before any attestation. Times
are claims of those devices; one ahead of our clock counts as now.

A device that is new, or was cut off for long, can be shown an old state by whoever stands
between: only what was attested and remembered can be missed. The age says that much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.service.as_of import keep_as_of, known_as_of
from envlsp.service.promises import is_below, read_attest
from envlsp.service.replica import Replica
from envlsp.service.results import Freshness
from envlsp.wire.attest import Attest


def freshness(replica: Replica, release: Iterable[RecordId] = ()) -> Freshness:
    """Return how many other active devices have attested to hold all we hold, and how old that is.

    Args:
        replica: of this device.
        release: the heads of an environment, to count who holds them.
    """
    found = list(_attests(replica))
    heads, ledger = replica.ledger.heads(), replica.ledger
    wanted = tuple(release)
    return Freshness(
        as_of=_as_of(replica, found),
        confirmed_by=sum(
            _is_here(replica, attest) and all(is_below(ledger, mine, attest.heads) for mine in heads)
            for _, attest in found
        ),
        devices=others(replica),
        held_by=len(holders(replica, wanted)) if wanted else 0,
    )


def others(replica: Replica) -> int:
    """Return how many other active devices the team has; a blind replica is none."""
    return len(_others(replica))


def _others(replica: Replica) -> list[DevicePk]:
    own = replica.keys.dpk
    return [dpk for dpk, device in replica.state.devices.items() if device.active and dpk != own]


def holders(replica: Replica, records: Iterable[RecordId]) -> list[DevicePk]:
    """Return the other active devices that have attested to hold all of some records, or made them."""
    wanted, ledger = tuple(records), replica.ledger
    makers = {record: replica.record(record).header.author for record in wanted}
    attested = {dpk: attest.heads for dpk, attest in _attests(replica)}
    return [
        dpk
        for dpk in _others(replica)
        if all(makers[record] == dpk or is_below(ledger, record, attested.get(dpk, ())) for record in wanted)
    ]


def note_confirmed(replica: Replica) -> None:
    """Keep when our view was last confirmed, for `run` to see at a glance."""
    if not len(replica.ledger):
        return
    keep_as_of(replica.store.views, _as_of(replica, _attests(replica)))


def _as_of(replica: Replica, found: Iterable[tuple[DevicePk, Attest]]) -> int | None:
    """Return when a device last attested to have nothing that is not here; None: never, or alone."""
    if not others(replica):
        return None
    confirmed = [attest.ts for _, attest in found if _is_here(replica, attest)]
    # What was confirmed stays so, though the device that said it may know of more by now.
    before = known_as_of(replica.store.views)
    newest = max([*confirmed, *([before] if before is not None else [])], default=None)
    return None if newest is None else min(newest, replica.now())


def _attests(replica: Replica) -> Iterator[tuple[DevicePk, Attest]]:
    """Yield the newest attestation of every other active device that has one."""
    notes, own = replica.store.peers.all(), replica.keys.dpk
    for dpk, device in replica.state.devices.items():
        if device.active and dpk != own and dpk in notes:
            attest = read_attest(notes[dpk].attestation)
            if attest is not None:
                yield dpk, attest


def _is_here(replica: Replica, attest: Attest) -> bool:
    return all(head in replica.ledger for head in attest.heads)
