"""The newest values of an environment as they were last derived, in a sealed row.

Any record that arrives makes the row stale; then `deriving` makes it anew. `run` and
`get` look here first, so nothing heavier than the store is imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from envlsp.crypto.labels import kdf
from envlsp.crypto.memory import Key
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import ConflictedName, NoAccess, NotFound, StoreCorrupt, StoreError, WaitingForKey
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import MIB

if TYPE_CHECKING:
    from os import PathLike

    from envlsp.domain.environment import Triple
    from envlsp.service.team import Team
    from envlsp.store.views import Views

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
    """Names that nothing is said about: releases disagree; at the end, those that refer to such."""
    rendering: bytes
    """A keyed digest of the file these releases give, to compare the working copy with."""


def known_reading(views: Views, triple: str, dialect: str) -> Reading | None:
    """Return what was derived last; None where that was never, or records have come since.

    Args:
        views: of the team's store.
        triple: `project/app/env`.
        dialect: the loader whose rules give the values.
    """
    row = views.get(_row_name(triple, dialect))
    return None if row is None else _from_row(row)


def keep_reading(views: Views, generation: int, triple: str, dialect: str, reading: Reading) -> None:
    """Keep what was derived from the records of `generation`."""
    views.put(_row_name(triple, dialect), generation, _to_row(reading))


def _row_name(triple: str, dialect: str) -> bytes:
    return encode(["reading", _ROW_VERSION, triple, dialect])


def demand_value(reading: Reading, name: str) -> SecretText:
    """Return the decoded value of one name.

    Raises:
        ConflictedName: two releases disagree about it; nothing is picked silently.
        NotFound: the environment does not have it.
    """
    key = SecretName(name)
    if key in reading.conflicts:
        raise conflict_error(reading.conflicts)
    if key not in reading.values:
        raise NotFound(f"there is no {name} in {reading.release}", fix="envlsp list")
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
    return ConflictedName(", ".join(names), fix=f"envlsp status, then: envlsp resolve {names[0]}")


def no_release(team: Team, triple: Triple) -> NotFound | WaitingForKey | NoAccess | StoreError:
    """Return why there is nothing to read of an environment."""
    from envlsp.service.access.removal import is_removed, removed  # loads the ledger's rules
    from envlsp.service.access.rights import not_in_scope

    if team.store.records.is_rolled_back():  # asked first: of an empty store, nothing else can be said
        return StoreError("the history on this device is older than it was", fix="envlsp sync")
    if is_removed(team.replica):
        return removed(team.replica)
    scope = team.releases.scope_of(triple)
    if team.releases.waits(triple):
        return WaitingForKey()
    if team.releases.is_shut(scope):
        return not_in_scope(team.releases.scopes, triple)
    if team.releases.scopes.is_doubtful(triple):
        text = "there is no release of this environment that you can read; it may be restricted"
        where = f"{triple.app}:{triple.env}"
        return NotFound(text, fix=f"envlsp sync, or ask an admin: envlsp access grant YOU --env {where}")
    return NotFound("there is no release of this environment yet", fix="envlsp push, or envlsp sync")


def is_unreadable(team: Team, triple: Triple) -> bool:
    """Return whether an environment of which no release is here may have some for others."""
    releases = team.releases
    return releases.is_shut(releases.scope_of(triple)) or releases.scopes.is_doubtful(triple)


def value_mark(team: Team, value: SecretText) -> str:
    """Return four hex digits that are equal where values are, and say nothing else.

    Keyed by this device's local key, so they mean nothing to anybody who sees them.
    """
    return kdf(team.vault.open().lsk, "mark", value.reveal())[:MARK_BYTES].hex()


def file_mark(lsk: Key, data: bytes) -> bytes:
    """Return the digest of a file's bytes, keyed by the local store's key."""
    return kdf(lsk, "mark", b"file\0" + data)


def differs_on_disk(lsk: Key, reading: Reading, path: str | PathLike[str]) -> bool:
    """Return whether there is a file and it holds something else than the newest release.

    Args:
        lsk: the local store's key.
        reading: the newest release.
        path: the working copy.
    """
    if reading.conflicts:
        return False  # there is no one file to compare with
    try:
        if not os.path.isfile(path):  # noqa: PTH113  (pathlib is slow; a pipe would keep us waiting)
            return False
        with open(path, "rb") as file:  # noqa: PTH123  (pathlib is slow to load)
            data = file.read()
    except OSError:
        return False
    return file_mark(lsk, data) != reading.rendering


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
