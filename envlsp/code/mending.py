"""Reads in the parts of a text that the parser could not make sense of.

While a line is being typed, the parser may give up on those after it: `def f(` before
`url = os.environ["URL"]`. Their names must not come and go with every keystroke, so
where the tree is broken, the line is read as it is when a name is being typed. How the
value is used is not known there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envlsp.code.looking import Look, Spot, identifiers
from envlsp.code.reads import Form, Point
from envlsp.code.sites import typed_at
from envlsp.code.syntax import Flags
from envlsp.code.trees import places_of, way_to

if TYPE_CHECKING:
    from envlsp.code.trees import Node

PLACES_MAX = 200
"""A text that is broken in more places is in another language."""

_OPENING = re.compile(rb"(?:\.\w+)?(?:\?\.)?[\[(]\s*[bBrRuU]?[\"'`]|!?\??\.")


def mend(found: Look) -> None:
    """Add the reads that the broken parts of a text have."""
    if not found.tree.root_node.has_error:
        return
    places = {*places_of(found.syntax.words, found.source)}
    places.update(identifiers(found.bindings.of_ours(), found.source))
    row = counted = 0
    for start, end in sorted(places)[:PLACES_MAX]:
        opening = _OPENING.match(found.source, end)
        if opening is not None and _is_lost(found, start):
            row, counted = row + found.source.count(b"\n", counted, opening.end()), opening.end()
            _note(found, counted, row)


def _is_lost(found: Look, place: int) -> bool:
    """Return whether a place is in a broken part, and neither in a string nor in a comment."""
    is_lost = False
    for node in way_to(found.tree, place):
        if _is_text(found, node):
            return False
        is_lost = is_lost or node.is_error
    return is_lost


def _is_text(found: Look, node: Node) -> bool:
    return node.type in found.syntax.strings or "comment" in node.type


def _note(found: Look, place: int, row: int) -> None:
    line = found.source.rfind(b"\n", 0, place) + 1
    site = typed_at(found, place, Point(row, place - line))
    if site is None:
        return
    start, end = line + site.start.column, line + site.end.column
    text = found.source[start:end]
    is_closed = site.form is not Form.STRING or found.source[start - 1 : start] == found.source[end : end + 1]
    if text and is_closed:
        found.spots.setdefault(start, Spot(text, site.start, site.end, site.form, Flags()))
