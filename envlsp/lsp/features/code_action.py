"""`textDocument/codeAction`: what can be done about a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.actions import actions
from envlsp.lsp.convert import SOURCE, AnyAction, from_range, to_actions

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.CodeActionParams) -> list[AnyAction]:
    """Answer with fixes, and with what can be done to the environment."""
    session, context = server.session, params.context
    place = session.places.place(params.text_document.uri)
    codes = [str(problem.code) for problem in context.diagnostics if problem.source == SOURCE]
    only = None if context.only is None else tuple(str(getattr(kind, "value", kind)) for kind in context.only)
    found = actions(session.snapshot, place, from_range(params.range), codes, only)
    offered = to_actions(session, found)
    return offered if only is not None else [_anywhere(action) for action in offered]


def _anywhere(action: AnyAction) -> AnyAction:
    """Return what is offered where no kind was asked for: a lightbulb of VS Code hides `source`."""
    if isinstance(action, types.CodeAction) and action.kind == types.CodeActionKind.Source:
        action.kind = None
    return action
