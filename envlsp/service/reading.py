"""The newest values of an environment, without loading the ledger when nothing is new.

A sealed row keeps what was derived last; any record that arrives makes it stale.
`run` and `get` come through here, so nothing heavier than the store is imported
before the row has been looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from envlsp.domain.environment import Triple
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import ConflictedName, NotFound, StoreCorrupt, WaitingForKey
from envlsp.service.team import Team
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import MIB

_ROW_VERSION = 1
_ROW_MAX_BYTES = 8 * MIB  # our own bytes; literals and values of a release of 1 MiB, with room
MARK_BYTES = 2


class Reading(NamedTuple):
    """What an environment holds, as programs see it."""

    release: str
    """The label of the newest release, or labels where there are several."""
    literals: Mapping[SecretName, SecretText]
    values: Mapping[SecretName, SecretText]
    conflicts: tuple[SecretName, ...]
    rendering: bytes
    """A keyed digest of the file these releases give, to compare the working copy with."""


def read_environment(team: Team, triple: Triple, dialect: str) -> Reading:
    """Return the newest values of an environment, references resolved.

    Raises:
        NotFound: it has no release yet.
        WaitingForKey: it has, and we hold no key to it yet.
    """
    name = encode(["reading", _ROW_VERSION, str(triple), dialect])
    row = team.store.views.get(name)
    if row is not None:
        return _from_row(row)
    generation = team.store.views.generation()
    from envlsp.service.deriving import derive  # loads the ledger's rules

    reading = derive(team, triple, dialect)
    team.store.views.put(name, generation, _to_row(reading))
    return reading


def demand_value(reading: Reading, name: str) -> SecretText:
    """Return the decoded value of one name.

    Raises:
        ConflictedName: two releases disagree about it; nothing is picked silently.
        NotFound: the environment does not have it.
    """
    key = SecretName(name)
    if key in reading.conflicts:
        raise conflict_error((key,))
    if key not in reading.values:
        raise NotFound(f"no {name} in {reading.release}", fix="envlsp list")
    return reading.values[key]


def demand_settled(reading: Reading) -> None:
    """Fail closed where names are in conflict.

    Raises:
        ConflictedName: with every such name.
    """
    if reading.conflicts:
        raise conflict_error(reading.conflicts)


def conflict_error(names: tuple[SecretName, ...]) -> ConflictedName:
    """Return the error for names whose releases disagree."""
    return ConflictedName(", ".join(names), fix=f"envlsp log, then: envlsp set {names[0]}")


def no_release(team: Team) -> NotFound | WaitingForKey:
    """Return why there is nothing to read."""
    if team.releases.has_closed():
        return WaitingForKey()
    return NotFound("no release of this environment yet", fix="envlsp push, or envlsp sync")


def value_mark(team: Team, value: SecretText) -> str:
    """Return four hex digits that are equal where values are, and say nothing else.

    Keyed by this device's local key, so they mean nothing to anybody who sees them.
    """
    from envlsp.crypto.labels import kdf

    return kdf(team.vault.open().lsk, "mark", value.reveal())[:MARK_BYTES].hex()


def file_mark(team: Team, data: bytes) -> bytes:
    """Return the keyed digest of a file's bytes."""
    from envlsp.crypto.labels import kdf

    return kdf(team.vault.open().lsk, "mark", b"file\0" + data)


def differs_on_disk(team: Team, reading: Reading, path: Path) -> bool:
    """Return whether the file holds something else than the newest release."""
    try:
        data = path.read_bytes()
    except OSError:
        return False  # no file, nothing to warn about
    return file_mark(team, data) != reading.rendering


def _to_row(reading: Reading) -> bytes:
    literals = _pack(reading.literals)
    return encode(
        [
            _ROW_VERSION,
            reading.release,
            literals,
            _pack(reading.values),
            list(reading.conflicts),
            reading.rendering,
        ]
    )


def _pack(entries: Mapping[SecretName, SecretText]) -> list[Value]:
    return [[name, text.reveal()] for name, text in entries.items()]


def _from_row(row: bytes) -> Reading:
    match decode_untrusted(row, limit_bytes=_ROW_MAX_BYTES):
        case [
            int(),
            str() as release,
            list() as literals,
            list() as values,
            list() as conflicts,
            bytes() as mark,
        ]:
            names = tuple(SecretName(name) for name in conflicts if isinstance(name, str))
            return Reading(release, dict(_unpack(literals)), dict(_unpack(values)), names, mark)
    raise StoreCorrupt("a cached row is not readable")


def _unpack(pairs: list[Value]) -> Iterator[tuple[SecretName, SecretText]]:
    for pair in pairs:
        match pair:
            case [str() as name, bytes() as text]:
                yield SecretName(name), SecretText(text)
