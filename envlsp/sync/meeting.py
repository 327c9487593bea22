"""What is said to a proved device that is no active member here (PROTOCOL F.1, A6).

A stranger is asked who it is, and told nothing. A removed member is shown the records
that say so, and may answer with others that say otherwise. Nothing else leaves.
"""

from __future__ import annotations

from collections.abc import Iterable

from envlsp.wire.limits import INTRO_MAX_BYTES, INTRO_MAX_RECORDS


def newest_that_fit(records: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the end of a list of records that fits one introduction, order kept.

    The newest matter most: whoever knows the team at all has the old ones.
    """
    chosen: list[bytes] = []
    size = 0
    for raw in reversed(list(records)):
        if len(chosen) >= INTRO_MAX_RECORDS or size + len(raw) > INTRO_MAX_BYTES:
            break
        chosen.append(raw)
        size += len(raw)
    return tuple(reversed(chosen))
