"""News for the editor: what to ask again for, which files are env files, where the team stands.

News come in bursts (a sync brings ten releases), so they are held for a moment and told
once; and an editor that has not answered the last refresh is not asked again before it has,
unless it never will.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from envlsp.ide.named import unusual
from envlsp.ide.snapshot import EnvironmentFacts, Kind, ProjectFacts

if TYPE_CHECKING:
    from envlsp.lsp.server import Server

HOLD_S = 0.03
"""Long enough for news that come together, too short to see."""
ANSWER_S = 5.0
"""An editor that is slow with a refresh has answered by then; one that forgets them never does."""
STATUS = "envlsp/status"
FILES = "envlsp/files"

_REFRESH = {
    "codeLens": types.WORKSPACE_CODE_LENS_REFRESH,
    "inlayHint": types.WORKSPACE_INLAY_HINT_REFRESH,
    "diagnostics": types.WORKSPACE_DIAGNOSTIC_REFRESH,
    "semanticTokens": types.WORKSPACE_SEMANTIC_TOKENS_REFRESH,
}


class Notify:
    """What the editor is to be told, as soon as it is a good moment."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._wanted: set[str] = set()
        self._asked: dict[str, Future[Any]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._status: Any = None
        self._files: list[str] | None = None
        self._warned: set[str] = set()

    def facts_changed(self) -> None:
        """Note that the service knows something new; what it is to cover, an editor hears at once."""
        self._tell_files()
        self._want("codeLens", "inlayHint", "diagnostics")

    def usages_changed(self) -> None:
        """Note that code reads other variables than before."""
        self._want("codeLens", "diagnostics")

    def problems_changed(self) -> None:
        """Note that documents have other problems, for an edit elsewhere."""
        self._want("diagnostics")

    def settings_changed(self) -> None:
        """Note that the person wants to see other things."""
        self._want(*_REFRESH)

    def _want(self, *names: str) -> None:
        self._wanted.update(names)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HOLD_S, self._tell)

    def _tell(self) -> None:
        self._timer = None
        wanted, self._wanted = self._wanted, set()
        for name in sorted(wanted & self._server.client.refresh):
            if name in self._asked:
                self._wanted.add(name)
            else:
                self._ask(name)
        if "diagnostics" in wanted:
            self._server.masks.all_changed()
            self._server.diagnostics.all_changed()
            self._refresh_contents()
        self._warn()
        self._tell_status()

    def _warn(self) -> None:
        """Show what somebody should look into, each once."""
        for project in self._server.session.snapshot.facts.projects:
            for line in project.warnings:
                if line not in self._warned:
                    self._warned.add(line)
                    self._server.show(types.MessageType.Warning, line)

    def _ask(self, name: str) -> None:
        asked = self._asked[name] = self._server.protocol.send_request(_REFRESH[name])
        timer = asyncio.get_running_loop().call_later(ANSWER_S, self._settle, name, asked)

        def answered(_future: Future[Any]) -> None:
            timer.cancel()
            self._settle(name, asked)

        asked.add_done_callback(answered)

    def _settle(self, name: str, asked: Future[Any]) -> None:
        """Ask again where that is wanted: an answer has come, or is not waited for any more."""
        if self._asked.get(name) is not asked:
            return
        del self._asked[name]
        if name in self._wanted:
            self._want(name)

    def _refresh_contents(self) -> None:
        """Let the editor fetch our own documents again."""
        if not self._server.client.text_content:
            return
        for document in self._server.session.snapshot.documents.values():
            if document.kind is Kind.VIRTUAL:
                params = types.TextDocumentContentRefreshParams(document.uri)
                self._server.protocol.send_request(types.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH, params)

    def _tell_files(self) -> None:
        """Say which files are env files though their names do not, before any mask of theirs."""
        if "files" not in self._server.client.extensions:
            return
        session = self._server.session
        found = [session.places.uri(place) for place in unusual(session.snapshot.facts)]
        if found != self._files:
            self._files = found
            self._server.protocol.tell(FILES, {"uris": found})

    def _tell_status(self) -> None:
        if "status" not in self._server.client.extensions:
            return
        found = status(self._server)
        if found != self._status:
            self._status = found
            self._server.protocol.tell(STATUS, found)


def status(server: Server) -> dict[str, Any]:
    """Return where every project of the workspace stands, as docs/lsp-extensions.md has it."""
    facts = server.session.snapshot.facts
    return {
        "peers": facts.peers,
        "masked": server.session.is_masked,
        "presenting": server.session.is_presenting,
        "projects": [_project(server, project) for project in facts.projects],
    }


def _project(server: Server, project: ProjectFacts) -> dict[str, Any]:
    return {
        "uri": server.session.places.uri(project.root),
        "name": project.name,
        "team": project.team,
        "standing": project.standing.name.lower().replace("_", "-"),
        "detail": project.detail,
        "role": project.role,
        "members": list(project.members),
        "alarms": list(project.alarms),
        "environments": [
            _environment(server, app, env, facts) for (app, env), facts in project.environments.items()
        ],
    }


def _environment(server: Server, app: str, env: str, facts: EnvironmentFacts) -> dict[str, Any]:
    return {
        "app": app,
        "env": env,
        "uri": server.session.places.uri(facts.file),
        "releases": list(facts.heads),
        "base": facts.base_label,
        "behind": facts.behind,
        "conflicts": sorted(facts.conflicts),
    }
