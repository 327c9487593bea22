"""What is wrong with open documents: asked for by the editor, or told to it.

Editors that ask get an answer with a result id, and "unchanged" when it would be the same;
of a document that they changed they ask by themselves, of the others when they are told to.
Other editors are told: at once after a quiet moment, and in a burst of keystrokes only when
it pauses, so that a burst ends in a few messages of which the last is right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from envlsp.ide.results import Place, Problem
from envlsp.ide.snapshot import Kind
from envlsp.lsp.convert import Ready, to_many_diagnostics

if TYPE_CHECKING:
    from envlsp.lsp.server import Server

PAUSE_S = 0.1
"""A pause of this length ends a burst."""
PATIENCE_S = 0.5
"""A burst that does not end is told of this often."""


@dataclass(slots=True)
class _Told:
    """What the editor knows of a document."""

    problems: tuple[Problem, ...]
    identity: str


class Diagnostics:
    """The problems of open documents, as far as the editor knows them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._told: dict[Place, _Told] = {}
        self._count = 0
        self._changed: set[Place] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._last = self._first = float("-inf")

    def report(self, place: Place, known: str | None) -> Ready:
        """Return the problems of a document for an editor that knows those of `known`."""
        found = self._problems(place)
        told = self._told.get(place)
        if told is not None and told.problems == found:
            if known == told.identity:
                return Ready({"kind": "unchanged", "resultId": told.identity})
        else:
            told = self._remember(place, found)
        items = to_many_diagnostics(self._server.session, found)
        return Ready({"kind": "full", "items": items, "resultId": told.identity})

    def changed(self, place: Place) -> None:
        """Note that a document has changed."""
        if self._server.client.pull_diagnostics and not self._concerns_others(place):
            return
        now = asyncio.get_running_loop().time()
        was_quiet = now - self._last > PAUSE_S
        self._last = now
        self._changed.add(place)
        if was_quiet and self._timer is None:
            self._first = now
            self._arm(0.0)
        else:
            self._arm(max(0.0, min(PAUSE_S, self._first + PATIENCE_S - now)))

    def _concerns_others(self, place: Place) -> bool:
        """Return whether what an editor knows of other documents hangs on this one."""
        document = self._server.session.document(place)
        is_env = document is not None and document.kind is Kind.ENV
        return is_env and any(other != place for other in self._told)

    def closed(self, place: Place, uri: str) -> None:
        """Forget a document; what the editor shows of it goes away."""
        told = self._told.pop(place, None)
        self._changed.discard(place)
        if not self._server.client.pull_diagnostics and told is not None and told.problems:
            self._publish(uri, ())

    def all_changed(self) -> None:
        """Note that something has changed on which every document's problems depend."""
        if not self._server.client.pull_diagnostics and self._timer is None:
            self._arm(0.0)

    def _arm(self, delay_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._tell)

    def _tell(self) -> None:
        """Publish what changed, and what follows from it in other documents."""
        self._timer = None
        changed, self._changed = self._changed, set()
        self._first = asyncio.get_running_loop().time()
        if self._server.client.pull_diagnostics:
            others = [(place, told) for place, told in self._told.items() if place not in changed]
            if any(self._problems(place) != told.problems for place, told in others):
                self._server.notify.problems_changed()
            return
        session = self._server.session
        for place in [*changed, *(place for place in session.open_places if place not in changed)]:
            document = session.document(place)
            if document is None:
                continue
            found = self._problems(place)
            told = self._told.get(place)
            if place not in changed and (told.problems if told else ()) == found:
                continue
            self._remember(place, found)
            version = document.version if self._server.client.diagnostic_versions else None
            self._publish(document.uri, found, version)

    def _problems(self, place: Place) -> tuple[Problem, ...]:
        snapshot = self._server.session.snapshot
        document = snapshot.documents.get(place)
        if document is None or document.kind in (Kind.OTHER, Kind.VIRTUAL):
            return ()
        from envlsp.ide.problems import problems

        return tuple(problems(snapshot, place))

    def _remember(self, place: Place, found: tuple[Problem, ...]) -> _Told:
        self._count += 1
        told = self._told[place] = _Told(found, str(self._count))
        return told

    def _publish(self, uri: str, found: Iterable[Problem], version: int | None = None) -> None:
        params: dict[str, Any] = {"uri": uri, "diagnostics": to_many_diagnostics(self._server.session, found)}
        if version is not None:
            params["version"] = version
        self._server.protocol.tell(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)
