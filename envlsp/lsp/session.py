"""The one thing that changes: what is open, what is known, and the snapshot of both.

A request takes `snapshot` and answers from it. A keystroke only changes a text; what
follows from it (the parsed file, the reads of variables) is worked out when somebody
asks, so that a burst of keystrokes costs one parse.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from envlsp.domain.secret import SecretText
from envlsp.ide.envfile import EnvFile
from envlsp.ide.looks import Looks
from envlsp.ide.named import is_usual
from envlsp.ide.positions import Position, Range
from envlsp.ide.results import Place
from envlsp.ide.settings import Settings
from envlsp.ide.snapshot import Document, Facts, Kind, Snapshot, holds
from envlsp.ide.text import Text
from envlsp.ide.usages import Usage, Usages
from envlsp.lsp.client import Client
from envlsp.lsp.uris import VIRTUAL_SCHEME, Places

REVEAL_S = 10
"""How long a reveal lets the next hover show a value."""
DEFAULT_DIALECT = "node"
ENV_LANGUAGES = ("dotenv", "env")
"""What editors call the language of env files, whatever a file's name is."""
FULL_TEXT = None
"""In place of a range: the whole document."""


class Session:
    """One editor, as far as answers depend on it."""

    def __init__(self, client: Client, looks: Looks | None = None) -> None:
        self.client = client
        self.looks = looks or Looks()
        self._given = Settings()
        self.places = Places()
        self.folders: list[Place] = []
        self._snapshot = Snapshot(encoding=client.encoding)
        self.set_settings(self._given)
        self._indexed = Usages()
        self._reads: dict[Place, tuple[Usage, ...]] = {}  # of open code
        self._stale: set[Place] = set()
        self._reveals: dict[tuple[Place, str], tuple[SecretText, float]] = {}
        self.set_folders(client.folders)

    @property
    def snapshot(self) -> Snapshot:
        """What a request is answered from."""
        if self._stale:
            self._work_out()
        now = int(time.time())
        if self._snapshot.now != now:
            self._snapshot = replace(self._snapshot, now=now)
        return self._snapshot

    @property
    def open_places(self) -> Iterable[Place]:
        """The places of the open documents."""
        return self._snapshot.documents.keys()

    @property
    def beside(self) -> frozenset[Place]:
        """The folders of open files that are in no folder of the workspace."""
        files = (
            Path(place) for place in self.open_places if not any(holds(at, place) for at in self.folders)
        )
        return frozenset(str(file.parent) for file in files if file.is_absolute())

    def document(self, place: Place) -> Document | None:
        """Return an open document; its parsed form may lag behind its text."""
        return self._snapshot.documents.get(place)

    def set_folders(self, uris: tuple[str, ...]) -> None:
        """Take over the workspace folders."""
        self.folders = self.places.set_roots(uris)

    def set_facts(self, facts: Facts) -> None:
        """Take over what the service knows now."""
        self._snapshot = replace(self._snapshot, facts=facts)
        for document in self._snapshot.documents.values():  # who is an env file, and in which dialect
            kind = self._kind(document.place, document.language)
            dialect = self._dialect(document.place)
            was = document.env.dialect if document.env is not None else dialect
            if (kind, dialect) != (document.kind, was):
                self._put(replace(document, kind=kind, env=None))

    def set_usages(self, usages: Usages) -> None:
        """Take over what the index found; open documents stay as they are in the editor."""
        self._indexed = usages
        self._overlay()

    def set_settings(self, settings: Settings) -> None:
        """Take over what the person set."""
        self._given = settings
        self._snapshot = replace(self._snapshot, settings=self.looks.applied(settings))

    def set_looks(self, looks: Looks) -> None:
        """Take over how much this window shows."""
        self.looks = looks
        self.set_settings(self._given)

    @property
    def is_presenting(self) -> bool:
        """Whether nothing may be revealed or copied."""
        return self.looks.is_presenting(self._given)

    @property
    def is_masked(self) -> bool:
        """Whether masks are drawn."""
        return self.looks.is_masked(self._given)

    def open(self, uri: str, language: str, version: int, text: str) -> Document:
        """Take over a document from the editor."""
        place = self.places.opened(uri)
        content = Text.of(text, self.client.encoding)
        document = Document(place, uri, language, version, content, self._kind(place, language))
        self._put(document)
        return document

    def change(self, uri: str, version: int, changes: Iterable[tuple[Range | None, str]]) -> Document | None:
        """Apply edits to a document; None when it is not open."""
        document = self._snapshot.documents.get(self.places.place(uri))
        if document is None:
            return None
        text = document.text
        for place, new in changes:
            text = Text.of(new, text.encoding) if place is FULL_TEXT else text.replaced(_in_order(place), new)
        document = replace(document, version=version, text=text)
        self._put(document)
        return document

    def close(self, uri: str) -> Place:
        """Let a document go: from here on the disk is what counts."""
        place = self.places.place(uri)
        self.places.closed(place)
        self._snapshot = self._snapshot.without_document(place)
        self._stale.discard(place)
        if self._reads.pop(place, None) is not None:
            self._overlay()
        return place

    @property
    def has_grants(self) -> bool:
        """Whether any hover may show a value now."""
        now = time.monotonic()
        self._reveals = {key: found for key, found in self._reveals.items() if found[1] >= now}
        return bool(self._reveals)

    def grant(self, place: Place, name: str, value: SecretText) -> None:
        """Let the next hover over a name in a document show its value, once and for a short time."""
        self._reveals[place, name] = value, time.monotonic() + REVEAL_S

    def take_grant(self, place: Place, name: str) -> SecretText | None:
        """Return the value that a hover may show now; it may not a second time."""
        found = self._reveals.pop((place, name), None) if self.has_grants else None
        return None if found is None else found[0]

    def _put(self, document: Document) -> None:
        self._snapshot = self._snapshot.with_document(document)
        if document.kind in (Kind.ENV, Kind.CODE, Kind.VIRTUAL):
            self._stale.add(document.place)

    def _work_out(self) -> None:
        """Parse what has changed since somebody asked last."""
        for place in self._stale:
            document = self._snapshot.documents[place]
            if document.kind is Kind.ENV:
                env = self._parsed(document)
                self._snapshot = self._snapshot.with_document(replace(document, env=env))
            elif document.kind is Kind.VIRTUAL:
                masked = EnvFile.of(document.text, DEFAULT_DIALECT)
                self._snapshot = self._snapshot.with_document(replace(document, masked=masked))
            elif document.kind is Kind.CODE:
                self._read(document)
        self._stale.clear()

    def _parsed(self, document: Document) -> EnvFile:
        dialect = self._dialect(document.place)
        # What an editor opens is nearly always what is on disk, and that was parsed already.
        known = document.env or self._snapshot.facts.disk.get(document.place)
        if known is not None and known.dialect == dialect:
            return known.edited(document.text)
        return EnvFile.of(document.text, dialect)

    def _read(self, document: Document) -> None:
        reads = document.usages
        self._reads[document.place] = reads
        usages = self._snapshot.usages.with_file(document.place, reads)
        if usages is not self._snapshot.usages:
            self._snapshot = replace(self._snapshot, usages=usages)

    def _overlay(self) -> None:
        usages = self._indexed
        for place, reads in self._reads.items():
            usages = usages.with_file(place, reads)
        self._snapshot = replace(self._snapshot, usages=usages)

    def _kind(self, place: Place, language: str) -> Kind:
        if place.startswith(f"{VIRTUAL_SCHEME}:"):
            return Kind.VIRTUAL
        name = place.replace("\\", "/").rpartition("/")[2]
        if is_usual(name) or language in ENV_LANGUAGES or self._is_mapped(place):
            return Kind.ENV
        if name == "ev.yaml":
            return Kind.CONFIG
        return Kind.CODE if _is_code(place, language) else Kind.OTHER

    def _is_mapped(self, place: Place) -> bool:
        """Return whether `ev.yaml` calls a file the working copy of an environment."""
        where = self._snapshot.where(place)
        return where is not None and where.env is not None

    def _dialect(self, place: Place) -> str:
        where = self._snapshot.where(place)
        return where.app.dialect if where is not None else DEFAULT_DIALECT


def _is_code(place: Place, language: str) -> bool:
    from envlsp.code.languages import language_for

    return language_for(place, language) is not None


def _in_order(place: Range) -> Range:
    """Return a range whose start is not after its end, and nothing before the first line."""
    start, end = (Position(max(at.line, 0), max(at.column, 0)) for at in place)
    return Range(min(start, end), max(start, end))
