"""The one translator between the editor's messages and `ide`: copies, and decides nothing.

Columns are counted alike on both sides (docs/adr/0018), so numbers are copied. What an
editor cannot take is left out or put more plainly, by what it said of itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from lsprotocol import types

from envlsp.ide import results
from envlsp.ide.positions import Position, Range
from envlsp.ide.results import Place
from envlsp.lsp.session import Session

SOURCE = "envlsp"

T = TypeVar("T")

AnyAction: TypeAlias = types.CodeAction | types.Command
Changes: TypeAlias = list[tuple[Range | None, str]]

_NAMESPACE = types.SymbolKind.Namespace.value
_VARIABLE = types.SymbolKind.Variable.value
_UNNECESSARY = types.DiagnosticTag.Unnecessary.value
_CODE = re.compile(
    r"^(?P<fence>`{3,})[^`\n]*\n(?P<block>.*?)\n?^(?P=fence)[ \t]*$"
    r"|(?<!\\)(?P<ticks>`+) ?(?P<span>[^`\n](?:.*?[^`\n])??) ?(?P=ticks)(?!`)",
    re.MULTILINE | re.DOTALL,
)
"""A block between fences, or a span between ticks."""
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


# ------------------------------------------------------------------- what comes in


def from_position(position: types.Position) -> Position:
    """Return a place in a text."""
    return Position(position.line, position.character)


def from_range(place: types.Range) -> Range:
    """Return a stretch of a text."""
    return Range(from_position(place.start), from_position(place.end))


def from_changes(changes: Iterable[types.TextDocumentContentChangeEvent]) -> Changes:
    """Return the edits of a notification; None in place of a range is the whole text."""
    return [
        (
            from_range(change.range) if isinstance(change, types.TextDocumentContentChangePartial) else None,
            change.text,
        )
        for change in changes
    ]


# ------------------------------------------------------------------- what goes out


def to_position(position: Position) -> types.Position:
    """Return a place in a text."""
    return types.Position(position.line, position.column)


def to_range(place: Range) -> types.Range:
    """Return a stretch of a text."""
    return types.Range(to_position(place.start), to_position(place.end))


def to_location(session: Session, target: results.Target) -> types.Location:
    """Return a place in a document."""
    return types.Location(session.places.uri(target.place), to_range(target.range))


def to_markup(text: str, *, markdown: bool) -> types.MarkupContent:
    """Return a text for people; without its marks where the editor shows none."""
    if markdown:
        return types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.MarkupContent(types.MarkupKind.PlainText, to_plain(text))


def to_plain(markdown: str) -> str:
    """Return what a text in Markdown says; what stands in code stays as it is."""
    parts: list[str] = []
    at = 0
    for code in _CODE.finditer(markdown):
        parts += (_without_marks(markdown[at : code.start()]), code["block"] or code["span"] or "")
        at = code.end()
    return "".join((*parts, _without_marks(markdown[at:])))


def _without_marks(markdown: str) -> str:
    text = re.sub(r"(?<!\\)\[([^\]\\]*)\]\([^)\s]*\)", r"\1", markdown)
    text = re.sub(r"(?<!\\)\*\*", "", text.replace("  \n", "\n"))
    return _ESCAPED.sub(r"\1", text)


def to_hover(session: Session, hover: results.Hover) -> types.Hover:
    """Return what is shown over a range."""
    contents = to_markup(hover.markdown, markdown=session.client.markdown_hover)
    return types.Hover(contents, to_range(hover.range))


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer as it is sent, past the library's classes.

    Lists of a hundred items go out on every keystroke; making objects of them and
    converting those takes longer than to find what is in them.
    """

    json: Any


def to_completion(session: Session, completion: results.Completion) -> Ready:
    """Return a `CompletionList` of what may be typed."""
    client, items = session.client, completion.items
    edit_range = _shared([item.edit.range for item in items]) if client.item_defaults else None
    data = _shared([item.data for item in items]) if client.item_default_data else None
    found: dict[str, Any] = {
        "isIncomplete": completion.is_incomplete,
        "items": [_to_item(session, item, edit_range, data) for item in items],
    }
    if edit_range is not None or data:
        defaults = found["itemDefaults"] = {}
        if edit_range is not None:
            defaults["editRange"] = _range_json(edit_range)
        if data:
            defaults["data"] = dict(data)
    return Ready(found)


def _shared(values: Sequence[T]) -> T | None:
    """Return what all of some values are; None where they differ, or there are none."""
    return values[0] if values and values.count(values[0]) == len(values) else None


def _to_item(
    session: Session, item: results.Item, edit_range: Range | None, data: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return an item, without the range and the data that are given once for all."""
    label, edit, kind, detail, sort, documentation, own = item
    found: dict[str, Any] = {"label": label, "kind": int(kind)}
    if detail:
        found["detail"] = detail
    if sort:
        found["sortText"] = sort
    if own and data is None:
        found["data"] = dict(own)
    if documentation:
        is_markdown = session.client.markdown_completion
        found["documentation"] = (
            {"kind": "markdown", "value": documentation} if is_markdown else to_plain(documentation)
        )
    if edit_range is None:
        found["textEdit"] = {"range": _range_json(edit.range), "newText": edit.new_text}
    elif edit.new_text != label:
        found["textEditText"] = edit.new_text
    return found


def to_locations(session: Session, targets: Iterable[results.Target]) -> Ready:
    """Return a list of `Location`: places in documents."""
    return Ready([_location_json(session, target) for target in targets])


def _location_json(session: Session, target: results.Target) -> dict[str, Any]:
    return {"uri": session.places.uri(target.place), "range": _range_json(target.range)}


def to_many_edits(session: Session, edits: Iterable[results.Edit]) -> Ready:
    """Return what `to_workspace_edit` does, for edits in many documents."""
    by_place: dict[Place, list[dict[str, Any]]] = {}
    for edit in edits:
        edited = {"range": _range_json(edit.range), "newText": edit.new_text}
        by_place.setdefault(edit.place, []).append(edited)
    uri = session.places.uri
    if not session.client.document_changes:
        return Ready({"changes": {uri(place): found for place, found in by_place.items()}})
    changes = []
    for place, found in by_place.items():
        document = session.document(place)
        item = {"uri": uri(place), "version": None if document is None else document.version}
        changes.append({"textDocument": item, "edits": found})
    return Ready({"documentChanges": changes})


def _range_json(place: Range) -> dict[str, Any]:
    start, end = place
    return {
        "start": {"line": start.line, "character": start.column},
        "end": {"line": end.line, "character": end.column},
    }


def to_edit(edit: results.Edit) -> types.TextEdit:
    """Return a replacement of a range."""
    return types.TextEdit(to_range(edit.range), edit.new_text)


def to_workspace_edit(
    session: Session, edits: Iterable[results.Edit], creates: Iterable[Place] = ()
) -> types.WorkspaceEdit:
    """Return edits by document; where versions are understood, for the versions we saw.

    Args:
        session: whose documents.
        edits: what to change.
        creates: files to make first; only for an editor that can (`Client.create_files`).
    """
    by_place: dict[Place, list[types.TextEdit]] = {}
    for edit in edits:
        by_place.setdefault(edit.place, []).append(to_edit(edit))
    makes = [session.places.uri(place) for place in creates]
    if not session.client.document_changes and not makes:
        return types.WorkspaceEdit(
            changes={session.places.uri(place): found for place, found in by_place.items()}
        )
    as_is = types.CreateFileOptions(ignore_if_exists=True)
    return types.WorkspaceEdit(
        document_changes=[
            *(types.CreateFile(uri, options=as_is) for uri in makes),
            *(types.TextDocumentEdit(_versioned(session, place), found) for place, found in by_place.items()),
        ]
    )


def _versioned(session: Session, place: Place) -> types.OptionalVersionedTextDocumentIdentifier:
    document = session.document(place)
    version = None if document is None else document.version
    return types.OptionalVersionedTextDocumentIdentifier(session.places.uri(place), version)


def to_diagnostic(session: Session, problem: results.Problem) -> types.Diagnostic:
    """Return something that is wrong."""
    client = session.client
    found = types.Diagnostic(
        to_range(problem.range),
        problem.message,
        severity=types.DiagnosticSeverity(problem.severity),
        code=problem.code,
        source=SOURCE,
    )
    if problem.is_unnecessary and client.diagnostic_tags:
        found.tags = [types.DiagnosticTag.Unnecessary]
    if problem.related and client.related_information:
        found.related_information = [
            types.DiagnosticRelatedInformation(to_location(session, target), message)
            for target, message in problem.related
        ]
    if problem.data and client.diagnostic_data:
        found.data = dict(problem.data)
    return found


def to_many_diagnostics(session: Session, problems: Iterable[results.Problem]) -> list[dict[str, Any]]:
    """Return as JSON what `to_diagnostic` does, for a whole document."""
    return [_diagnostic_json(session, problem) for problem in problems]


def _diagnostic_json(session: Session, problem: results.Problem) -> dict[str, Any]:
    client = session.client
    found: dict[str, Any] = {
        "range": _range_json(problem.range),
        "message": problem.message,
        "severity": int(problem.severity),
        "code": problem.code,
        "source": SOURCE,
    }
    if problem.is_unnecessary and client.diagnostic_tags:
        found["tags"] = [_UNNECESSARY]
    if problem.related and client.related_information:
        found["relatedInformation"] = [
            {"location": _location_json(session, target), "message": message}
            for target, message in problem.related
        ]
    if problem.data and client.diagnostic_data:
        found["data"] = dict(problem.data)
    return found


def to_command(session: Session, command: results.Command) -> types.Command:
    """Return something for the server to do; a place in its argument becomes a URI."""
    if not command.name:
        return types.Command(command.title, "")
    return types.Command(command.title, command.name, arguments=[to_argument(session, command.argument)])


def to_argument(session: Session, argument: Mapping[str, Any]) -> dict[str, Any]:
    """Return the argument of a command, `place` put as `uri`."""
    found = dict(argument)
    if isinstance(place := found.pop("place", None), str):
        found.setdefault("uri", session.places.uri(place))
    return found


def to_actions(session: Session, actions: Iterable[results.Action]) -> list[AnyAction]:
    """Return what is offered, as far as the editor can do it: make files, or only call commands."""
    if session.client.action_literals:
        can_create = session.client.create_files
        return [_to_action(session, action) for action in actions if can_create or not action.creates]
    return [
        to_command(session, action.command)
        for action in actions
        if action.command is not None and not action.edits
    ]


def _to_action(session: Session, action: results.Action) -> types.CodeAction:
    found = types.CodeAction(action.title, kind=action.kind.value)
    if action.edits:
        found.edit = to_workspace_edit(session, action.edits, action.creates)
    if action.command is not None:
        found.command = to_command(session, action.command)
    if action.fixes is not None:
        found.diagnostics = [to_diagnostic(session, action.fixes)]
    if action.is_preferred and session.client.preferred_actions:
        found.is_preferred = True
    return found


def to_lenses(session: Session, lenses: Iterable[results.Lens]) -> list[types.CodeLens]:
    """Return lines above lines."""
    return [types.CodeLens(to_range(lens.range), to_command(session, lens.command)) for lens in lenses]


def to_hints(hints: Iterable[results.Hint]) -> list[types.InlayHint]:
    """Return words behind lines."""
    return [
        types.InlayHint(
            to_position(hint.position), hint.label, tooltip=hint.tooltip or None, padding_left=True
        )
        for hint in hints
    ]


def to_symbols(session: Session, place: Place, symbols: Iterable[results.Symbol]) -> Ready:
    """Return the outline of a document: `DocumentSymbol`s, or a list where the editor knows no trees."""
    if session.client.hierarchical_symbols:
        return Ready([_to_symbol(symbol) for symbol in symbols])
    return Ready(list(_to_flat(session.places.uri(place), symbols, None)))


def _to_symbol(symbol: results.Symbol) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": symbol.name,
        "kind": _symbol_kind(symbol),
        "range": _range_json(symbol.range),
        "selectionRange": _range_json(symbol.selection),
    }
    if symbol.detail:
        found["detail"] = symbol.detail
    if symbol.children:
        found["children"] = [_to_symbol(child) for child in symbol.children]
    return found


def _to_flat(uri: str, symbols: Iterable[results.Symbol], container: str | None) -> Iterable[dict[str, Any]]:
    for symbol in symbols:
        location = {"uri": uri, "range": _range_json(symbol.range)}
        found = {"name": symbol.name, "kind": _symbol_kind(symbol), "location": location}
        yield found if container is None else found | {"containerName": container}
        yield from _to_flat(uri, symbol.children, symbol.name)


def _symbol_kind(symbol: results.Symbol) -> int:
    return _NAMESPACE if symbol.children else _VARIABLE


def to_folds(folds: Iterable[results.Fold]) -> list[types.FoldingRange]:
    """Return lines that can be folded away; only whole ones, which every editor can."""
    return [
        types.FoldingRange(
            fold.start_line,
            fold.end_line,
            kind=types.FoldingRangeKind.Comment if fold.is_comment else types.FoldingRangeKind.Region,
        )
        for fold in folds
    ]


def to_tokens(tokens: Iterable[results.Token]) -> types.SemanticTokens:
    """Return coloured stretches, each counted from the one before it."""
    data: list[int] = []
    line = column = 0
    for token in tokens:
        start = token.column - column if token.line == line else token.column
        data += (token.line - line, start, token.length, int(token.kind), 0)
        line, column = token.line, token.column
    return types.SemanticTokens(data)


def to_selection(caret: Position, around: Sequence[Range]) -> types.SelectionRange:
    """Return ranges, the smallest first, each inside the next; the caret alone where there are none."""
    found: types.SelectionRange | None = None
    for place in reversed(around):
        found = types.SelectionRange(to_range(place), parent=found)
    return found or types.SelectionRange(to_range(Range(caret, caret)))
