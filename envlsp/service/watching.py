"""Our own watcher, for editors that cannot watch files: a few folders, a few names.

On Linux by `inotify`, which sleeps while nothing happens. watchfiles would wake up once
for each step of its latency, twenty times a second for 50 ms, and an editor left open
over night should not; so it serves other systems only, with a longer step.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Protocol

from envlsp.ide.results import Place
from envlsp.service.config import FILE_NAME
from envlsp.service.finding import INDEX, git_folder, holds_variables

QUIET_S = 0.01
"""A write is seldom one event: what belongs together comes within this."""
STEP_S = 0.5
"""How often watchfiles looks: two wake-ups a second."""
CLOSE_S = 1.0


class Source(Protocol):
    """What tells of changes."""

    def follow(self, folders: Iterable[Place]) -> None:
        """Watch these folders from now on."""

    def wait(self, quiet_s: float) -> set[Place] | None:
        """Return what changed; None once stopped."""

    def stop(self) -> None:
        """Make `wait` return None."""


class Watcher:
    """Tells when env files or an `ev.yaml` change in some folders, not below them.

    Tells of git's index too, in which a file may begin to be tracked.
    """

    def __init__(self, changed: Callable[[list[Place]], None], also: Collection[str] = ()) -> None:
        """Say whom to tell; nothing is watched yet.

        Args:
            changed: called in the watcher's thread with files that came, changed or went,
                or with a folder that is gone itself.
            also: names of other files to tell of.
        """
        self._changed = changed
        self._also = frozenset(also)
        self._source = _source()
        self._folders: frozenset[Place] = frozenset()
        self._git: frozenset[Place] = frozenset()
        self._thread = Thread(target=self._run, name="envlsp-watch", daemon=True)
        self._thread.start()

    def set_folders(self, folders: Sequence[Place]) -> None:
        """Watch these folders from now on; again, where one was made anew."""
        self._folders = frozenset(folders)
        self._git = frozenset(filter(None, map(git_folder, folders)))
        self._source.follow([*folders, *self._git])

    def close(self) -> None:
        """End the thread."""
        self._source.stop()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while (places := self._source.wait(QUIET_S)) is not None:
            if told := sorted(place for place in places if self._is_meant(place)):
                self._changed(told)

    def _is_meant(self, place: Place) -> bool:
        folder, _, name = place.rpartition("/")
        if folder in self._git:
            return name == INDEX
        return holds_variables(name) or name == FILE_NAME or name in self._also or place in self._folders


class WatchFiles:
    """watchfiles, for systems without inotify."""

    def __init__(self, *, polls: bool = False) -> None:
        """Wait for folders.

        Args:
            polls: whether to look at the files themselves, where the system's own way is
                not to be had.
        """
        self._polls = polls
        self._folders: list[Place] = []
        self._is_new = Event()
        self._is_stopped = False

    def follow(self, folders: Iterable[Place]) -> None:
        """Watch these from now on; those that are not there are left out."""
        self._folders = [folder for folder in folders if Path(folder).is_dir()]
        self._is_new.set()

    def wait(self, quiet_s: float) -> set[Place] | None:
        """Return what changed; None once stopped."""
        from watchfiles._rust_notify import RustNotify

        while not self._is_stopped:
            self._is_new.clear()
            folders = self._folders
            if not folders:
                self._is_new.wait()
                continue
            with RustNotify(folders, False, self._polls, int(STEP_S * 1000), False, True) as notify:
                found = notify.watch(int(quiet_s * 1000), int(STEP_S * 1000), 0, self._is_new)
            if isinstance(found, set):
                return {place for _, place in found}
        return None

    def stop(self) -> None:
        """Make `wait` return None, within a step."""
        self._is_stopped = True
        self._is_new.set()


def _source() -> Source:
    if sys.platform != "linux":
        return WatchFiles()
    from envlsp.service.inotify import Inotify

    try:
        return Inotify()
    except OSError:  # each user has so many, and editors take them
        return WatchFiles(polls=True)
