"""Names to type, in any document. A value is never offered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from envlsp.code.languages import language_for
from envlsp.code.reads import Form
from envlsp.ide.completion_env import in_env_file
from envlsp.ide.hover import describe
from envlsp.ide.names import is_identifier
from envlsp.ide.offers import Blank, Source, offer
from envlsp.ide.positions import Position, Range
from envlsp.ide.results import Completion, Json, Place
from envlsp.ide.scope import Scope, scope_of
from envlsp.ide.snapshot import Document, Kind, Snapshot
from envlsp.ide.source import site_in

_NOTHING = Completion()


def complete(snapshot: Snapshot, place: Place, position: Position) -> Completion:
    """Return the names that may stand at a position of any document."""
    document = snapshot.documents.get(place)
    if document is None:
        return _NOTHING
    if document.kind is Kind.CONFIG:
        from envlsp.ide import evyaml

        return evyaml.complete(snapshot, document, position)
    position = document.text.nearest(position)
    if document.kind is Kind.CODE:
        return _in_code(snapshot, document, position)
    if document.env is not None:
        return in_env_file(snapshot, document, document.env, position)
    return _NOTHING


def resolve(snapshot: Snapshot, label: str, item_data: Mapping[str, Json]) -> str:
    """Return the documentation of an item, in Markdown: what a hover over the name would say."""
    place = item_data.get("place")
    return describe(snapshot, place, label) if isinstance(place, str) else ""


def _in_code(snapshot: Snapshot, document: Document, position: Position) -> Completion:
    language = language_for(document.place, document.language)
    if language is None or not any(word in document.source for word in language.prefilter):
        return _NOTHING
    found = site_in(language, document.text, position, document.source)
    if found is None:
        return _NOTHING
    site, where = found
    typed = document.text.between(Range(where.start, min(position, where.end)))
    blank = Blank(document.place, typed, where, taken=site.taken)
    is_fit = None if site.form is Form.STRING else is_identifier
    sources = _of_app(scope_of(snapshot, document.place))
    return offer(blank, [source._replace(is_fit=is_fit) for source in sources])


def _of_app(scope: Scope) -> Iterable[Source]:
    """Yield every name there is: of env files and of the newest releases."""
    seen = set()
    for slot in scope.slots():
        seen.add(slot.place)
        if slot.file is not None:
            yield Source(slot.label, slot.file.sorted_names)
        if slot.facts is not None:
            yield Source(slot.label, slot.facts.sorted_names)
    for place, file in (*scope.files(), *scope.above()):
        if place not in seen:
            yield Source(scope.shown(place), file.sorted_names)
