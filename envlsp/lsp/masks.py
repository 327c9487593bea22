"""`envlsp/masks`: what of an env file the editor covers, told as soon as the text has changed.

Told as a change of lines against what was told last, so that a keystroke in a file of ten
thousand lines costs one line; an editor that was told nothing of a document yet shows no
more of it than `ide.masks.SEEN_AT_MOST` allows.

Spec: docs/lsp-extensions.md, "envlsp/masks".
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from envlsp.ide.results import Place

if TYPE_CHECKING:
    from envlsp.ide.masks import Changes, Line
    from envlsp.lsp.server import Server

MASKS = "envlsp/masks"


class _Told(NamedTuple):
    """What the editor knows of a document."""

    version: int
    lines: list[Line]
    changes: Changes


class Masks:
    """The masks of open documents, as far as the editor knows them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._told: dict[Place, _Told] = {}
        self._changed: set[Place] = set()
        self._timer: asyncio.Handle | None = None

    def changed(self, place: Place) -> None:
        """Note that a document has changed; what else has come by then is told with it."""
        self._changed.add(place)
        self._arm()

    def all_changed(self) -> None:
        """Note that something has changed on which every document's masks depend."""
        self._changed.update(self._server.session.open_places)
        self._arm()

    def opened(self, place: Place) -> None:
        """Note that the editor has a document anew and knows nothing of it."""
        self._told.pop(place, None)
        self.changed(place)

    def closed(self, place: Place) -> None:
        """Forget a document."""
        self._told.pop(place, None)
        self._changed.discard(place)

    def _arm(self) -> None:
        if self._timer is None and "masks" in self._server.client.extensions:
            self._timer = asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._timer = None
        changed, self._changed = self._changed, set()
        for place in changed:
            self._tell_one(place)

    def _tell_one(self, place: Place) -> None:
        from envlsp.ide.masks import changes, masks

        session = self._server.session
        document = session.document(place)
        lines = None if document is None else masks(session.snapshot, place)
        if document is None or lines is None:
            return
        if not session.is_masked:
            lines = [()] * len(lines)
        told = self._told.get(place)
        now = self._told[place] = _Told(document.version, lines, changes(session.snapshot, place))
        if told != now:
            self._server.protocol.tell(MASKS, _message(document.uri, told, now))


def _message(uri: str, told: _Told | None, now: _Told) -> dict[str, Any]:
    """Return what has changed since the editor was told last."""
    before = [] if told is None else told.lines
    first, same = _common(before, now.lines)
    lines = now.lines[first : len(now.lines) - same]
    return {
        "uri": uri,
        "version": now.version,
        "start": first,
        "end": None if told is None else len(before) - same,
        "lines": [[[start, end] for start, end in line] for line in lines],
        "changes": [{"line": line, "change": change} for line, change in now.changes.lines],
        "removed": list(now.changes.removed),
    }


def _common(old: Sequence[Line], new: Sequence[Line]) -> tuple[int, int]:
    """Return how many lines are the same at the start, and how many of the others at the end."""
    limit = min(len(old), len(new))
    head = next((at for at in range(limit) if old[at] != new[at]), limit)
    limit -= head
    tail = next((at for at in range(limit) if old[-1 - at] != new[-1 - at]), limit)
    return head, tail
