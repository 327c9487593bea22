"""An environment as a document that is never on disk: its own layout, every value masked.

Only what is known to be harmless is shown; whatever else stands in a file is a mask
(`domain.dotenv.covering` tells which is which).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from envlsp.domain.dotenv.covering import Covering, repeated
from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.edit import apply, line_end_of
from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.tokens import BOM
from envlsp.domain.environment import Triple
from envlsp.domain.ids import RecordId
from envlsp.domain.layout import render
from envlsp.domain.release import Snapshot
from envlsp.errors import BadConfig
from envlsp.service.deriving import decoded, view_snapshot
from envlsp.service.history import EnvironmentHistory
from envlsp.service.reading import no_release
from envlsp.service.sides import sides_of
from envlsp.service.team import Team


@dataclass(frozen=True, slots=True)
class Shown:
    """An environment as a document."""

    head: str
    """What stands above it: which release it is; up to and with the first blank line."""
    data: bytes = field(repr=False)
    """The file itself."""
    covering: Covering = field(repr=False)
    """What of it must not be seen."""
    dialect: str

    def to_text(self) -> str:
        """Return the document, without any of its values."""
        body = apply(self.data, self.covering.all_edits()).removeprefix(BOM)
        return self.head + body.decode("utf-8", "replace")


def show(team: Team, triple: Triple, dialect: str, release: str | None = None) -> Shown:
    """Return an environment as a document.

    Args:
        team: opened.
        triple: which environment.
        dialect: the loader of its app; empty: the one its layout names.
        release: `v3` as people write it; None for what it holds now.

    Raises:
        NotFound, AmbiguousName, BadText: which release is meant; there is none.
        WaitingForKey: there are releases we hold no key to.
        BadText: literals that no file can hold, by name.
    """
    team.replica.refresh()
    found = team.releases.of(triple)
    heads = found.history.heads()
    if not heads or not team.releases.is_readable(triple):
        raise no_release(team, triple)
    if release is None:
        snapshot, shown = view_snapshot(found, found.view()), heads
    else:
        record = found.versions.find(release)
        snapshot, shown = found.snapshots[record], (record,)
    loader = dialect or _own_dialect(snapshot)
    data = render(snapshot, loader).data
    lines = [*_header(team, found, triple, shown)]
    if release is None:
        lines += _conflict_lines(team, found, loader)
    line_end = line_end_of(data).decode()
    head = "".join(f"# {line}{line_end}" for line in lines) + line_end
    return Shown(head, data, Covering(parse(data, loader), repeatable(snapshot, loader)), loader)


def date_of(ts: int) -> str:
    """Return the day and minute of a claimed time, in UTC."""
    try:
        return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "at no possible time"  # whoever made it claims the year 300 million


def _own_dialect(snapshot: Snapshot) -> str:
    name = snapshot.layout.dialect if snapshot.layout else "node"
    try:
        dialect_named(name)
    except BadConfig:
        return "node"  # a newer envlsp knows it; the values are masked either way
    return name


def _header(
    team: Team, found: EnvironmentHistory, triple: Triple, records: tuple[RecordId, ...]
) -> Iterator[str]:
    yield f"{triple}, values masked"
    for record in records:
        info = team.releases.info(found, record)
        void = ", void" if info.void else ""
        yield f"{info.label} by {info.author}, {date_of(info.ts)}{void}"


def _conflict_lines(team: Team, found: EnvironmentHistory, dialect: str) -> Iterator[str]:
    for name, sides in sides_of(team, found, dialect).items():
        yield f"in conflict: {name} ({', '.join(map(str, sides))})"


def repeatable(snapshot: Snapshot, dialect: str) -> re.Pattern[bytes] | None:
    """Return what finds a value again where it does not belong."""
    texts = {literal.reveal() for literal in snapshot.entries.values()}
    texts |= {text.strip(b"'\"`") for text in texts}
    texts |= {value.reveal() for value in decoded(snapshot, dialect).values()}
    return repeated(frozenset(texts))
