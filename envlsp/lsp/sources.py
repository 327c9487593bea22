"""Where the facts come from: the engine, the index of code, and our own watcher.

Each has a thread of its own and hands over finished values. They are loaded in a thread
too, and only when the first answers are out: until then the processor belongs to whoever
waits for a hover.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from envlsp.ide.results import Place
from envlsp.ide.snapshot import Facts
from envlsp.ide.usages import Usages
from envlsp.lsp import guard

if TYPE_CHECKING:
    from envlsp.lsp.server import Server
    from envlsp.service.code_index import CodeIndex
    from envlsp.service.engine import Engine
    from envlsp.service.holding import Hold
    from envlsp.service.watching import Watcher

T = TypeVar("T")

QUIET_S = 0.03
"""No message for so long means that the first answers are out."""
START_S = 0.05
"""Start anyway after so long."""
IDLE_S = 1.5
"""No message for so long means that the network's libraries can be loaded unnoticed."""
JOIN_S = 15.0
"""Join anyway after so long."""
GIT_S = 0.3
"""A checkout ends with git's index, a rebase writes it for each commit: those are waited for together."""
CLOSE_S = 2.0


class Source(Protocol):
    """What the engine, the index and the watcher have in common."""

    def close(self) -> None:
        """End, soon."""


class Sources:
    """What fills the snapshot, from the moment the editor is ready to its end."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.engine: Engine | None = None
        self._index: CodeIndex | None = None
        self._watcher: Watcher | None = None
        self._watched: set[Place] = set()
        self._git_timer: asyncio.TimerHandle | None = None
        self._beside: frozenset[Place] = frozenset()
        self._all: list[Source] = []
        self._lock = threading.Lock()
        self._is_closed = False
        self._is_time_for_network = False
        self._hold: Hold | None = None
        self._loop: asyncio.AbstractEventLoop

    @property
    def hold(self) -> Hold:
        """What opens this device, for all threads of the server: a passphrase is typed once."""
        from envlsp.service.holding import Hold

        with self._lock:
            self._hold = self._hold or Hold(lasts=True)
            return self._hold

    def start_when_quiet(self) -> None:
        """Begin as soon as the editor's first questions are answered."""
        self._loop = asyncio.get_running_loop()
        self._when_quiet(QUIET_S, self._loop.time() + START_S, self._start)

    def set_folders(self) -> None:
        """Follow the workspace's folders."""
        folders = self._server.session.folders
        for source in (self.engine, self._index):
            if source is not None:
                source.set_folders(folders)
        self.look_beside()
        self._watch()

    def look_beside(self) -> None:
        """Follow the projects of files that are open and in no folder of the workspace."""
        beside = self._server.session.beside
        if beside != self._beside and self.engine is not None:
            self._beside = beside
            self.engine.set_beside(sorted(beside))

    def look_again(self, places: Sequence[Place] = ()) -> None:
        """Say that files or releases may have changed."""
        if self.engine is not None:
            self.engine.look_again(places)
        if self._index is not None and places:
            self._index.look_again(places)

    def settings_changed(self) -> None:
        """Join the network or leave it, as the person wants it now."""
        if self._is_time_for_network:
            self._join()

    async def close(self) -> None:
        """End all of them within two seconds."""
        with self._lock:
            self._is_closed = True
            found, self._all = self._all, []
            self.engine = self._index = self._watcher = None
        if not found:
            return
        loop = asyncio.get_running_loop()
        closed = asyncio.Event()

        def close_all() -> None:
            threads = [threading.Thread(target=_closing, args=(source,), daemon=True) for source in found]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            with suppress(RuntimeError):  # we did not wait for it, and the loop is closed
                loop.call_soon_threadsafe(closed.set)

        threading.Thread(target=close_all, daemon=True).start()
        with suppress(TimeoutError):
            await asyncio.wait_for(closed.wait(), CLOSE_S)

    def _when_quiet(self, quiet_s: float, latest: float, then: Callable[[], None]) -> None:
        now = self._loop.time()
        wait_s = self._server.protocol.last_heard + quiet_s - now
        if wait_s <= 0 or now >= latest:
            then()
        else:
            self._loop.call_later(min(wait_s, latest - now), self._when_quiet, quiet_s, latest, then)

    def _start(self) -> None:
        threading.Thread(target=self._load, name="envlsp-start", daemon=True).start()

    def _load(self) -> None:
        """Load and start what there is; in a thread, because importing takes a while."""
        from envlsp.service.engine import Engine

        folders = list(self._server.session.folders)
        encoding = self._server.client.encoding
        environ = self._server.environ
        engine = Engine(self._in_loop(self._on_facts), encoding, environ=environ, hold=self.hold)
        if not self._add(engine):
            return
        self.engine = engine
        if not self._server.client.watch_files:
            self._load_watcher(engine, folders)  # first, or what changes after it was read is missed
        engine.start(folders)
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.look_beside)
            self._loop.call_soon_threadsafe(self._join_when_idle)
        self._load_index(folders)

    def _load_index(self, folders: list[Place]) -> None:
        from envlsp.service.code_index import CodeIndex

        index = CodeIndex(self._in_loop(self._on_usages), self._server.client.encoding)
        if self._add(index):
            self._index = index
            index.set_folders(folders)

    def _load_watcher(self, engine: Engine, folders: list[Place]) -> None:
        from envlsp.service.watching import Watcher

        changed = self._in_loop(self._on_disk)

        def tell(places: list[Place]) -> None:
            engine.look_again(places)
            changed(places)

        watcher = Watcher(tell, also=(".gitignore",))
        if self._add(watcher):
            watcher.set_folders(folders)
            self._watcher = watcher
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._watch)

    def _watch(self) -> None:
        """Watch the folders that have env files, or may get one."""
        if self._watcher is None:
            return
        facts, folders = self._server.session.snapshot.facts, set(self._server.session.folders)
        folders.update(place.rpartition("/")[0] for place in facts.disk)
        folders.update(project.root for project in facts.projects)
        folders.update(app.folder for project in facts.projects for app in project.apps)
        if folders != self._watched:
            self._watched = folders
            self._watcher.set_folders(sorted(folders))

    def _add(self, source: Source) -> bool:
        with self._lock:
            if not self._is_closed:
                self._all.append(source)
            return not self._is_closed

    def _join_when_idle(self) -> None:
        self._when_quiet(IDLE_S, self._loop.time() + JOIN_S, self._join)

    def _join(self) -> None:
        """Become this device's node, if the person lets us and nobody else is."""
        self._is_time_for_network = True
        if self.engine is None:
            return
        if self._server.session.snapshot.settings.network:
            self.engine.join_network()
        else:
            self.engine.leave_network()

    def _in_loop(self, then: Callable[[T], None]) -> Callable[[T], None]:
        def publish(found: T) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody is interested any more
                self._loop.call_soon_threadsafe(then, found)

        return publish

    def _on_disk(self, places: list[Place]) -> None:
        """Have code looked through when git has changed files; nobody watches those for us."""
        from envlsp.service.finding import INDEX

        if self._git_timer is None and any(place.endswith(f"/{INDEX}") for place in places):
            self._git_timer = self._loop.call_later(GIT_S, self._sweep)

    def _sweep(self) -> None:
        self._git_timer = None
        if self._index is not None:
            self._index.sweep()

    def _on_facts(self, facts: Facts) -> None:
        self._server.session.set_facts(facts)
        self._watch()
        self._server.notify.facts_changed()

    def _on_usages(self, usages: Usages) -> None:
        self._server.session.set_usages(usages)
        self._server.notify.usages_changed()


def _closing(source: Source) -> None:
    try:
        source.close()
    except Exception as exc:  # noqa: BLE001  (we are leaving, and the others leave too)
        guard.note(exc, "closing failed")
