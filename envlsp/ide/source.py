"""Source code in an editor: the reads of `envlsp.code`, in the editor's columns."""

from __future__ import annotations

from envlsp.code.languages import Language
from envlsp.code.reads import Form, Point, Site
from envlsp.ide.positions import Position, Range
from envlsp.ide.results import Edit, Place
from envlsp.ide.text import Text
from envlsp.ide.usages import Usage


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


def renamed(place: Place, usage: Usage, new: str) -> Edit:
    """Return the edit that makes a read use another name; a local of the old name stays."""
    text = f"{new}: {usage.name}" if usage.form is Form.SHORTHAND else new
    return Edit(place, usage.range, text)


def _range(text: Text, start: Point, end: Point) -> Range:
    return Range(text.position_at(start.row, start.column), text.position_at(end.row, end.column))
