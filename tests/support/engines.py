"""An engine under a test's eyes: everything it publishes, and a way to wait for something."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from envlsp.crypto.memory import Key
from envlsp.ide.positions import Encoding
from envlsp.ide.snapshot import EnvironmentFacts, Facts, ProjectFacts, Standing
from envlsp.service.engine import Engine
from envlsp.service.holding import FOREVER, Hold
from tests.support.cast import Actor

WAIT_S = 60.0


class Watcher:
    """Collects facts as the server would."""

    def __init__(self, environ: Mapping[str, str], key_file: Path | None = None) -> None:
        self.published: list[Facts] = []
        self._changed = threading.Condition()
        self.hold = Hold(lasts=True)
        self.engine = Engine(self._take, Encoding.UTF16, environ=environ, key_file=key_file, hold=self.hold)

    def unlocked(self, kek: Key, for_s: float = FOREVER) -> None:
        """Let the engine have the key, as a command of the editor does."""
        self.hold.keep(kek, for_s)
        self.engine.hear()

    def _take(self, facts: Facts) -> None:
        with self._changed:
            self.published.append(facts)
            self._changed.notify_all()

    @property
    def facts(self) -> Facts:
        """What was published last."""
        return self.published[-1]

    def until(self, holds: Callable[[Facts], bool], within_s: float = WAIT_S) -> Facts:
        """Wait for facts of which something holds."""
        deadline = time.monotonic() + within_s
        with self._changed:
            while not (self.published and holds(self.published[-1])):
                left = deadline - time.monotonic()
                assert left > 0, self.published[-1:]
                self._changed.wait(left)
            return self.published[-1]

    def until_stands(self, standing: Standing) -> ProjectFacts:
        """Wait until the first project stands so."""
        return self.until(lambda facts: facts.projects[0].standing is standing).projects[0]

    def until_release(self, label: str, within_s: float = WAIT_S) -> EnvironmentFacts:
        """Wait until a release is the newest of the first project's only environment."""

        def is_there(facts: Facts) -> bool:
            found = facts.projects[0].environments.values()
            return any(label in environment.heads for environment in found)

        return next(iter(self.until(is_there, within_s).projects[0].environments.values()))

    def settle(self, quiet_s: float = 0.4) -> Facts:
        """Wait until nothing new has come for a while."""
        count = -1
        while count != len(self.published):
            count = len(self.published)
            time.sleep(quiet_s)
        return self.facts


@contextlib.contextmanager
def watching(actor: Actor, *folders: Path) -> Iterator[Watcher]:
    """Yield an engine as somebody's editor has it."""
    watcher = Watcher(actor.environ, actor.key_file)
    watcher.engine.start(str(folder) for folder in folders or (actor.root,))
    try:
        yield watcher
    finally:
        watcher.engine.close()


@contextlib.contextmanager
def watching_folder(folder: Path, home: Path) -> Iterator[Watcher]:
    """Yield an engine of a device that has no team."""
    watcher = Watcher({"ENVLSP_HOME": str(home)})
    watcher.engine.start([str(folder)])
    try:
        yield watcher
    finally:
        watcher.engine.close()
