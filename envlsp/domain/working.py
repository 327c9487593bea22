"""The working copy against the releases: three-way, name by name.

Pure: the file has been read and parsed, the releases opened and merged. Literals
are compared, so a change of quoting is a change (PROTOCOL A3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from envlsp.domain.secret import SecretName, SecretText

Entries = Mapping[SecretName, SecretText]


@dataclass(frozen=True, slots=True)
class Difference:
    """How one set of entries becomes another; names in byte order."""

    added: tuple[SecretName, ...] = ()
    changed: tuple[SecretName, ...] = ()
    removed: tuple[SecretName, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __len__(self) -> int:
        return len(self.added) + len(self.changed) + len(self.removed)

    def names(self) -> tuple[SecretName, ...]:
        """Return every name that differs, in byte order."""
        return tuple(sorted((*self.added, *self.changed, *self.removed)))


def difference(old: Entries, new: Entries) -> Difference:
    """Return what happened between `old` and `new`."""
    return Difference(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name])),
        removed=tuple(sorted(old.keys() - new.keys())),
    )


@dataclass(frozen=True, slots=True)
class Merged:
    """A working copy brought along: what the file should hold, or why it cannot."""

    entries: Entries
    conflicts: tuple[SecretName, ...]


def merge_working(base: Entries | None, ours: Entries, theirs: Entries) -> Merged:
    """Bring local edits along to a newer release.

    Args:
        base: the release the file was last in step with; None where nobody knows,
            and then only names that one side lacks, or both sides agree on, merge.
        ours: the entries of the file.
        theirs: the entries of the newest release.

    Returns:
        The merged entries; a name that changed on both sides keeps ours and is
        listed as a conflict. Nothing is ever picked silently.
    """
    merged: dict[SecretName, SecretText] = {}
    conflicts: list[SecretName] = []
    for name in sorted(ours.keys() | theirs.keys() | (base or {}).keys()):
        mine, yours = ours.get(name), theirs.get(name)
        if base is None:
            before = None if mine is None or yours is None else mine if mine == yours else _UNKNOWN
        else:
            before = base.get(name)
        value = yours if mine == before else mine
        if mine not in (before, yours) and yours != before:
            conflicts.append(name)
        if value is not None:
            merged[name] = value
    return Merged(merged, tuple(conflicts))


_UNKNOWN = SecretText(b"\x00")
"""A base no literal equals, since a literal holds no NUL."""
