"""Where code reads environment variables, by name and by file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from envlsp.code.reads import Form
from envlsp.ide.names import Names
from envlsp.ide.positions import Range
from envlsp.ide.results import Place, Target


class Usage(NamedTuple):
    """One read of a variable, its range in the editor's columns."""

    name: str
    range: Range
    form: Form
    has_default: bool
    is_write: bool


@dataclass(frozen=True)
class Usages:
    """The reads of all files that were looked at."""

    files: Mapping[Place, tuple[Usage, ...]] = field(default_factory=dict)
    by_name: Mapping[str, frozenset[Place]] = field(default_factory=dict)
    """Name -> the files that have it."""
    is_complete: bool = False
    """Whether every file of the workspace was looked at; before, nothing is called unused."""
    folders: tuple[Place, ...] = ("/",)
    """The folders that were looked at, with all below them."""

    @cached_property
    def sorted_names(self) -> Names:
        """The names that are read anywhere, ready to be searched."""
        return Names.of(self.by_name)

    def covers(self, folder: Place) -> bool:
        """Return whether a folder is one that was looked at, or is somewhere in one."""
        return any(folder == seen or folder.startswith(seen.rstrip("/") + "/") for seen in self.folders)

    def of(self, name: str) -> list[tuple[Target, Usage]]:
        """Return every read of a name, by file and then by place."""
        return [
            (Target(place, usage.range), usage)
            for place in sorted(self.by_name.get(name, ()))
            for usage in self.files[place]
            if usage.name == name
        ]

    def with_file(self, place: Place, usages: Iterable[Usage]) -> Usages:
        """Return the index with the reads of one file replaced."""
        found = tuple(usages)
        old = self.files.get(place, ())
        if found == old:
            return self
        files, by_name = dict(self.files), dict(self.by_name)
        for name in {usage.name for usage in old}:
            by_name[name] = by_name[name] - {place}
            if not by_name[name]:
                del by_name[name]
        files.pop(place, None)
        if found:
            files[place] = found
        for name in {usage.name for usage in found}:
            by_name[name] = by_name.get(name, frozenset()) | {place}
        new = Usages(files, by_name, self.is_complete, self.folders)
        if "sorted_names" in self.__dict__:
            gone = [usage.name for usage in old if usage.name not in by_name]
            come = [usage.name for usage in found if usage.name not in self.by_name]
            new.__dict__["sorted_names"] = self.sorted_names.changed(gone, come)
        return new
