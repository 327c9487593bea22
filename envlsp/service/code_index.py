"""The index of a workspace's code: where every variable is read, kept up to date.

One thread of its own looks at the files and publishes what it has found so far, as
immutable `Usages`. It lets go of the interpreter's lock every few milliseconds, because
requests are answered by another thread meanwhile. Files are read when the folder is set
and when somebody says they changed, or that some may have; watching is not its business.
"""

from __future__ import annotations

import codecs
import os
import stat
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Condition, Thread

from envlsp.code.language import LARGEST_BYTES
from envlsp.code.languages import Language, language_for
from envlsp.ide.positions import Encoding
from envlsp.ide.results import Place
from envlsp.ide.source import usages_in
from envlsp.ide.text import Text
from envlsp.ide.usages import Usage, Usages
from envlsp.service.walking import code_among, code_files

PUBLISH_S = 0.5
"""Time between two results of a long search: each one makes the editor ask again."""
SLICE_S = 0.008
"""Work between two pauses; a request waits no longer than this and one file."""
PAUSE_S = 0.0003
"""Long enough for a waiting thread to wake up and take the lock."""
CLOSE_S = 0.5
_UNREAD = 0
FEW = 32
"""Up to so many files are put into the index one by one, which copies it each time."""


class CodeIndex:
    """Where the code of some folders reads variables."""

    def __init__(self, publish: Callable[[Usages], None], encoding: Encoding) -> None:
        """Start the thread, which waits for folders.

        Args:
            publish: called in the index's thread with each new state; must be quick.
            encoding: what columns count.
        """
        self._publish = publish
        self._encoding = encoding
        self._changed = Condition()
        self._wanted: list[Place] | None = None
        self._places: dict[Place, None] = {}
        self._is_closed = False
        self._roots: list[Place] = []
        self._seen: dict[Place, int] = {}  # with the mark of what was read last
        self._is_to_sweep = False
        self._usages = Usages()
        self._last_pause = self._last_publish = 0.0
        self._thread = Thread(target=self._run, name="envlsp-index", daemon=True)
        self._thread.start()

    def set_folders(self, folders: Sequence[Place]) -> None:
        """Index these folders from now on, and forget others; what is known already stays."""
        with self._changed:
            self._wanted = list(folders)
            self._changed.notify()

    def look_again(self, places: Iterable[Place]) -> None:
        """Read files or folders again that came, changed or went."""
        with self._changed:
            self._places.update(dict.fromkeys(places))
            self._changed.notify()

    def sweep(self) -> None:
        """Look for files that came, changed or went unsaid; of those that are as they were, none is read."""
        with self._changed:
            self._is_to_sweep = True
            self._changed.notify()

    def close(self) -> None:
        """End the thread; what it does at the moment is given up."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work)
                if self._is_closed:
                    return
                wanted, self._wanted = self._wanted, None
                places, self._places = list(self._places), {}
                is_to_sweep, self._is_to_sweep = self._is_to_sweep, False
            if wanted is not None:
                self._follow(wanted)
            if places:
                self._refresh(places)
            if is_to_sweep:
                self._sweep()

    def _has_work(self) -> bool:
        return self._is_interrupted() or bool(self._places) or self._is_to_sweep

    def _is_interrupted(self) -> bool:
        return self._is_closed or self._wanted is not None

    def _follow(self, wanted: list[Place]) -> None:
        roots = _outermost(wanted)
        self._roots = [root for root in self._roots if root in roots]
        self._seen = {at: mark for at, mark in self._seen.items() if _is_below(at, self._roots)}
        for place in [place for place in self._usages.files if place not in self._seen]:
            self._usages = self._usages.with_file(place, ())
        for root in roots:
            if root in self._roots:
                continue
            if self._usages.is_complete:
                self._show(is_complete=False)
            places = code_files(root)
            self._seen.update(dict.fromkeys(places, _UNREAD))
            if not self._take(places, self._is_interrupted):
                return  # other folders are wanted, or none: what was seen of this one is not enough
            self._roots.append(root)
        self._show(is_complete=True)

    def _refresh(self, places: list[Place]) -> None:
        self._look_again_at(self._expanded(places))

    def _sweep(self) -> None:
        listed = dict.fromkeys(place for root in self._roots for place in code_files(root))
        changed: list[Place] = []
        for place in listed:
            if self._is_interrupted():
                self._is_to_sweep = True  # once that is done
                return
            if self._seen.get(place, _UNREAD) != _mark_at(place):
                changed.append(place)
            self._pause()
        gone = [place for place in self._seen if place not in listed and not os.path.lexists(place)]
        self._look_again_at([*changed, *gone])
        for place in gone:
            del self._seen[place]

    def _look_again_at(self, fresh: list[Place]) -> None:
        before = self._usages
        if len(fresh) <= FEW:
            for place in fresh:
                self._usages = self._usages.with_file(place, self._look_at(place))
        else:
            self._take(fresh, lambda: self._is_closed)
        if self._usages is not before:
            self._show(is_complete=before.is_complete)

    def _expanded(self, places: list[Place]) -> list[Place]:
        """Return the files among some places that are ours: known ones, new ones, those in folders."""
        known = [place for place in places if place in self._seen]
        others = [place for place in places if place not in self._seen and _is_below(place, self._roots)]
        for folder in [place for place in others if Path(place).is_dir()]:
            others += code_files(folder)
        for root in self._roots:
            known += code_among(root, [place for place in others if _is_below(place, [root])])
        gone = [place for place in others if not Path(place).exists()]
        known += [place for place in self._usages.files if gone and _is_below(place, gone)]
        for place in known:
            self._seen.setdefault(place, _UNREAD)
        return list(dict.fromkeys(known))

    def _take(self, places: Iterable[Place], is_interrupted: Callable[[], bool]) -> bool:
        """Look at many files; return whether it got to the end."""
        found = _Builder(self._usages)
        self._last_publish = time.monotonic()
        for place in places:
            found.put(place, self._look_at(place))
            if is_interrupted():
                self._usages = found.frozen(is_complete=False)
                return False
            if time.monotonic() - self._last_publish > PUBLISH_S:
                self._usages = found.frozen(is_complete=False)
                self._show(is_complete=False)
        self._usages = found.frozen(is_complete=False)
        return True

    def _look_at(self, place: Place) -> tuple[Usage, ...]:
        language = language_for(place)
        source, self._seen[place] = _read(place)
        usages = () if language is None else self._usages_of(language, source)
        self._pause()
        return usages

    def _pause(self) -> None:
        """Let others have the interpreter's lock, when it is time."""
        if time.monotonic() - self._last_pause > SLICE_S:
            time.sleep(PAUSE_S)
            self._last_pause = time.monotonic()

    def _usages_of(self, language: Language, source: bytes) -> tuple[Usage, ...]:
        if not any(word in source for word in language.prefilter):
            return ()
        source = source.removeprefix(codecs.BOM_UTF8)  # editors do not count it
        text = Text.of(source.decode("utf-8", "replace"), self._encoding)
        return usages_in(language, text)

    def _show(self, *, is_complete: bool) -> None:
        self._usages = replace(self._usages, is_complete=is_complete, folders=tuple(self._roots))
        self._publish(self._usages)
        self._last_publish = time.monotonic()


class _Builder:
    """Usages that grow: what is frozen is copied once, not once for each file."""

    def __init__(self, usages: Usages) -> None:
        self._files = dict(usages.files)
        self._by_name = {name: set(places) for name, places in usages.by_name.items()}

    def put(self, place: Place, usages: tuple[Usage, ...]) -> None:
        """Replace the usages of a file."""
        for usage in self._files.pop(place, ()):
            self._by_name[usage.name].discard(place)
        if usages:
            self._files[place] = usages
        for usage in usages:
            self._by_name.setdefault(usage.name, set()).add(place)

    def frozen(self, *, is_complete: bool) -> Usages:
        """Return a copy that stays as it is."""
        by_name = {name: frozenset(places) for name, places in self._by_name.items() if places}
        return Usages(dict(self._files), by_name, is_complete)


def _read(place: Place) -> tuple[bytes, int]:
    """Return a plain file's content and mark; nothing of a link, a large file, or one that is gone."""
    try:
        # A pipe would block the thread for ever.
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b"", _UNREAD
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_BYTES:
            return b"", _mark(found)
        return os.read(handle, LARGEST_BYTES), _mark(found)
    except OSError:
        return b"", _UNREAD
    finally:
        os.close(handle)


def _mark_at(place: Place) -> int:
    try:
        return _mark(os.lstat(place))
    except OSError:
        return _UNREAD


def _mark(found: os.stat_result) -> int:
    """Return what becomes another when a file is written; a number, since there are so many files."""
    return hash((found.st_size, found.st_mtime_ns)) if stat.S_ISREG(found.st_mode) else _UNREAD


def _outermost(folders: Iterable[Place]) -> list[Place]:
    """Return the folders that are in none of the others."""
    plain = list(dict.fromkeys(folder.rstrip("/") or "/" for folder in folders))
    return [
        folder for folder in plain if not _is_below(folder, [other for other in plain if other != folder])
    ]


def _is_below(place: Place, folders: Iterable[Place]) -> bool:
    return any(place.startswith(folder.rstrip("/") + "/") for folder in folders)
