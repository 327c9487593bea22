"""The newest values with the working copy's laid over them: what `--local` means."""

from __future__ import annotations

from envlsp.errors import NotFound
from envlsp.service.context import Context
from envlsp.service.deriving import read_environment
from envlsp.service.reading import Reading
from envlsp.service.team import Team


def read_with_local(team: Team, context: Context) -> Reading:
    """Return the newest values, where the file has a name with the file's value instead.

    A name in conflict that the file has is settled by it. A release is not needed.

    Raises:
        BadText: the file holds a value that is not one by itself.
        NotFound: there is neither a release nor a file.
        WaitingForKey: there is a release, and we hold no key to it yet.
    """
    from envlsp.service.deriving import decoded
    from envlsp.service.working_copy import read_working_copy

    mine = read_working_copy(context.file, context.dialect).snapshot
    try:
        reading = read_environment(team, context.triple, context.dialect)
    except NotFound:
        if mine is None:
            raise
        reading = Reading("", {}, {}, (), b"")
    if mine is None:
        return reading
    return reading._replace(
        literals={**reading.literals, **mine.entries},
        values={**reading.values, **decoded(mine, context.dialect)},
        conflicts=tuple(name for name in reading.conflicts if name not in mine.entries),
    )
