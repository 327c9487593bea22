"""Source code in an editor: the reads of `envlsp.code`, in the editor's columns."""

from __future__ import annotations

import re

from envlsp.code.languages import Language
from envlsp.code.reads import Form, Point, Site
from envlsp.ide.positions import Position, Range, to_index, units_of
from envlsp.ide.results import Edit, Place
from envlsp.ide.text import Text
from envlsp.ide.usages import Usage

_IDENTIFIER_GOES_ON = re.compile(r"[\w$]")


def usages_in(language: Language, text: Text, source: bytes | None = None) -> tuple[Usage, ...]:
    """Return every read of a variable in a text.

    Args:
        language: as `language_for` gave it.
        text: the document.
        source: its bytes, where they are at hand already.
    """
    data = text.to_bytes() if source is None else source
    if not any(word in data for word in language.prefilter):
        return ()
    return tuple(
        Usage(read.name, _range(text, read.start, read.end), read.form, read.has_default, read.is_write)
        for read in language.reads(data)
    )


def site_in(
    language: Language, text: Text, position: Position, source: bytes | None = None
) -> tuple[Site, Range] | None:
    """Return where a name is being typed at a position, and the range it takes up.

    Args:
        language: as `language_for` gave it.
        text: the document.
        position: where in it.
        source: its bytes, where they are at hand already.
    """
    point = Point(position.line, text.offset_at(position))
    site = language.site_at(text.to_bytes() if source is None else source, point)
    return None if site is None else (site, _range(text, site.start, site.end))


def renamed(place: Place, usage: Usage, new: str, text: Text | None = None) -> Edit:
    """Return the edit that makes a read use another name; a local of the old name stays.

    Args:
        place: the file.
        usage: the read.
        new: the other name.
        text: the file's text, where it is at hand: then `{ OLD: local }` becomes
            `{ local }` when `local` is the new name, as it was before it was renamed.
    """
    if usage.form is Form.SHORTHAND:
        return Edit(place, usage.range, f"{new}: {usage.name}")
    if usage.form is Form.PROPERTY and text is not None and _has_local(text, usage, new):
        return Edit(place, _with_local(text, usage, new), new)
    return Edit(place, usage.range, new)


def _has_local(text: Text, usage: Usage, local: str) -> bool:
    """Return whether a read is `{ NAME: local }`, as a formatter writes it."""
    start, end = usage.range
    line = text.line(start.line)
    before = line[: to_index(line, start.column, text.encoding)].rstrip()
    after = line[to_index(line, end.column, text.encoding) :]
    if not before:
        before = "".join(text.lines[max(0, start.line - 1) : start.line]).rstrip()
    rest = after.removeprefix(f": {local}")
    return before.endswith(("{", ",")) and rest != after and not _IDENTIFIER_GOES_ON.match(rest)


def _with_local(text: Text, usage: Usage, local: str) -> Range:
    end = usage.range.end
    return Range(usage.range.start, Position(end.line, end.column + units_of(f": {local}", text.encoding)))


def _range(text: Text, start: Point, end: Point) -> Range:
    return Range(text.position_at(start.row, start.column), text.position_at(end.row, end.column))
