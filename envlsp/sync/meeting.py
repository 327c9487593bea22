"""What is said to a proved device that is no active member here (PROTOCOL F.1, F.7).

A stranger is asked who it is, and told nothing. A removed member is shown the records
that say so, and may answer with others that say otherwise. Whoever we take for a member
and does not know us yet is shown the records that let us in, with those they follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from envlsp.sync.ports import Replica
from envlsp.wire.limits import INTRO_MAX_BYTES, INTRO_MAX_RECORDS


def who_is_who(replica: Replica) -> tuple[bytes, ...]:
    """Return the newest records that say who is who, as many as one introduction takes.

    The newest matter most: whoever knows the team at all has the old ones.
    """
    return _ascending(_that_fit(replica.newest(auth=True)))


def who_we_are(replica: Replica) -> tuple[bytes, ...]:
    """Return the same for a member who may have been away: with the releases in between, as many as fit.

    Without these, records that follow upon a release would wait for it.
    """
    chosen = list(_that_fit(replica.newest(auth=True)))
    if not chosen:
        return ()
    top = max(height for height, _ in chosen)
    between = (one for one in replica.newest(auth=False) if one[0] < top)
    return _ascending(_that_fit(chain(chosen, between)))


def _that_fit(records: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    size = 0
    for count, (height, raw) in enumerate(records):
        size += len(raw)
        if count >= INTRO_MAX_RECORDS or size > INTRO_MAX_BYTES:
            return
        yield height, raw


def _ascending(records: Iterable[tuple[int, bytes]]) -> tuple[bytes, ...]:
    return tuple([raw for _, raw in sorted(records)])
