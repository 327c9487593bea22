"""The engine inside the language server: keeps what is known of the workspace up to date.

One thread owns the store and every key; others ask it to look and go on at once. What
it finds is published as a new `Facts`, whole and immutable, and only when something
changed. A look goes from what is near to what is slow, and publishes after each step:
env files and apps, then the team's releases, then folders nobody has visited, then git.

Refuses to know editors and requests. Rules: no value of a secret leaves this thread,
nothing is asked of a person, and no failure ends the thread. Importing this module
loads neither SQLite nor cryptography: the thread does.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envlsp.ide.positions import Encoding
from envlsp.ide.results import Place
from envlsp.ide.snapshot import Facts

if TYPE_CHECKING:
    from envlsp.service.holding import Hold
    from envlsp.service.looking import Looking

log = logging.getLogger(__name__)

CLOSE_S = 2.0
"""How long `close` waits; what is not done by then dies with the process, and nothing is lost."""


LOCK_LOOK_S = 2.0
"""How often it is looked whether the time is over for which a passphrase is good."""


@dataclass(slots=True)
class _Wish:
    """What a look is about; several become one."""

    folders: tuple[str, ...] | None = None
    beside: tuple[str, ...] | None = None
    places: set[Place] | None = None
    """These files first, and no others: None for a look that is not about files."""
    everything: bool = False
    """Every file, folder and question to git."""
    network: bool | None = None
    end: bool = False

    def add(self, other: _Wish) -> None:
        """Wish for both."""
        self.folders = self.folders if other.folders is None else other.folders
        self.beside = self.beside if other.beside is None else other.beside
        if other.places is not None:
            self.places = (self.places or set()) | other.places
        self.everything |= other.everything
        self.network = self.network if other.network is None else other.network
        self.end |= other.end


class Engine:
    """Keeps `Facts` up to date, in a thread of its own.

    Args:
        publish: called with new facts, in the engine's thread; must be quick.
        encoding: how the editor counts columns.
        environ: where `ENVLSP_HOME` and its like are looked up.
        key_file: opens this device's key, where it does not say so itself.
        hold: what opens this device, where others in this process have it too.
    """

    def __init__(
        self,
        publish: Callable[[Facts], None],
        encoding: Encoding,
        *,
        environ: Mapping[str, str] = os.environ,
        key_file: Path | None = None,
        hold: Hold | None = None,
    ) -> None:
        self._publish = publish
        self._encoding = encoding
        self._environ = environ
        self._key_file = key_file
        self._hold = hold
        self._wishes: queue.SimpleQueue[_Wish] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="envlsp-engine", daemon=True)
        self._closed = threading.Event()
        self._looking: Looking | None = None

    def start(self, folders: Iterable[str]) -> None:
        """Begin, with the folders that are open in the editor."""
        self.set_folders(folders)
        self._thread.start()

    def set_folders(self, folders: Iterable[str]) -> None:
        """Look at other folders from now on."""
        self._wishes.put(_Wish(folders=tuple(folders), everything=True))

    def set_beside(self, folders: Iterable[str]) -> None:
        """Look at the projects of other folders too: a file is open in each, and nothing else is."""
        self._wishes.put(_Wish(beside=tuple(folders)))

    def look_again(self, places: Collection[Place] = ()) -> None:
        """Say that something may have changed, on disk or in the ledger.

        Args:
            places: only these files did, as far as anybody knows; without any, all is
                looked at again.
        """
        self._wishes.put(_Wish(places=set(places), everything=not places))

    def hear(self) -> None:
        """Say that something came over the network or from another process, and no file changed."""
        self._wishes.put(_Wish())

    def join_network(self) -> None:
        """Be this device's node as soon and as long as no other process is."""
        self._wishes.put(_Wish(network=True))

    def leave_network(self) -> None:
        """Leave being the node to others, as long as nothing else is said."""
        self._wishes.put(_Wish(network=False))

    def close(self) -> None:
        """End, within two seconds; call it as often as you like."""
        if self._closed.is_set():
            return
        self._closed.set()
        deadline = time.monotonic() + CLOSE_S
        self._wishes.put(_Wish(end=True))
        if self._looking is not None:
            self._looking.hang_up()  # saying goodbye takes longest
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(max(0.0, deadline - time.monotonic()))

    # --- the engine's thread ---------------------------------------------------------------------

    def _run(self) -> None:
        from envlsp.service.holding import Hold
        from envlsp.service.looking import Looking

        hold = self._hold or Hold(lasts=True)
        looking = Looking(self._tell, self._encoding, self._environ, self._key_file, self.hear, hold=hold)
        self._looking = looking
        try:
            while not (wish := self._next(hold)).end:
                self._grant(wish, looking)
        finally:
            with _surviving():
                looking.close(CLOSE_S)

    def _grant(self, wish: _Wish, looking: Looking) -> None:
        """Take the steps of a look; one that fails takes no other along."""
        is_about_files = wish.everything or wish.beside is not None or looking.is_about(wish.places or ())
        steps: tuple[tuple[bool, Callable[[], None]], ...] = (
            (wish.folders is not None, lambda: looking.set_folders(wish.folders or ())),
            (wish.beside is not None, lambda: looking.set_beside(wish.beside or ())),
            (is_about_files, lambda: looking.at_files(wish.places or ())),
            (True, looking.at_teams),
            (wish.everything, looking.everywhere),
            (is_about_files, looking.at_git),
            (wish.network is not None, lambda: looking.use_network(wanted=bool(wish.network))),
        )
        for is_wanted, step in steps:
            if is_wanted and not self._closed.is_set():
                with _surviving():
                    step()

    def _tell(self, facts: Facts) -> None:
        if not self._closed.is_set():
            self._publish(facts)

    def _next(self, hold: Hold) -> _Wish:
        """Wait for a wish, or until the device is locked; return it with all that were made meanwhile."""
        turn = hold.turn
        while True:
            try:
                # Only who holds a key for a time has to look at the clock.
                wish = self._wishes.get(timeout=LOCK_LOOK_S if 0 < hold.left_s() < math.inf else None)
            except queue.Empty:
                if hold.turn == turn:
                    continue
                wish = _Wish()
            break
        with contextlib.suppress(queue.Empty):
            while True:
                wish.add(self._wishes.get_nowait())
        return wish


@contextlib.contextmanager
def _surviving() -> Iterator[None]:
    """Go on whatever happens: the next look may be luckier. No text of an exception is kept."""
    try:
        yield
    except Exception as exc:  # noqa: BLE001 - this thread must not end
        log.warning("a look at the workspace failed: %s", type(exc).__name__)
