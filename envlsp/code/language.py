"""A language made of a syntax and the engine: what `languages` hands out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from envlsp.code.reads import Point, Read, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from envlsp.code.looking import Look
    from envlsp.code.syntax import Syntax

LARGEST_BYTES = 1 << 20
"""Files over this are generated; people do not write a megabyte."""
KEPT_BYTES = 128 << 10
"""Trees of larger files are not kept: a tree is some twenty times its text."""
KEPT = 4
"""Texts whose trees are kept: the one being typed, before and after, and the background's."""


@dataclass(frozen=True)
class TreeLanguage:
    """A language read by its syntax tree. Safe to use from several threads."""

    name: str
    prefilter: tuple[bytes, ...]
    syntax: Syntax = field(repr=False)

    def reads(self, source: bytes) -> list[Read]:
        """Return every read of a variable by its name, in text order."""
        return [] if len(source) > LARGEST_BYTES else self._look(source).reads()

    def site_at(self, source: bytes, point: Point) -> Site | None:
        """Return the place where a name is being typed at `point`, if it is one."""
        if len(source) > LARGEST_BYTES or not any(word in source for word in self.prefilter):
            return None
        from envlsp.code.sites import site_at

        return site_at(self._look(source), point)

    def _look(self, source: bytes) -> Look:
        return self._kept(source) if len(source) <= KEPT_BYTES else self._looked(source)

    def _looked(self, source: bytes) -> Look:
        from envlsp.code.looking import look
        from envlsp.code.mending import mend

        found = look(self.syntax, source)
        mend(found)
        return found

    @cached_property
    def _kept(self) -> Callable[[bytes], Look]:
        # A text that comes again is found by its content: the hash of bytes is theirs to keep.
        return lru_cache(maxsize=KEPT)(self._looked)
