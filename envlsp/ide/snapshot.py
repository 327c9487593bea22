"""Everything a feature may look at, as it stood at one moment.

The service fills in the facts of the team, with fingerprints where values were; the
editor side puts in the open documents. Nothing in here changes, so a request that has
begun is not disturbed by one that comes after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property

from envlsp.code.languages import language_for
from envlsp.domain.environment import Triple
from envlsp.ide.envfile import EnvFile
from envlsp.ide.names import Names
from envlsp.ide.positions import Encoding
from envlsp.ide.results import Place
from envlsp.ide.settings import Settings
from envlsp.ide.source import usages_in
from envlsp.ide.text import Text
from envlsp.ide.usages import Usage, Usages

Fingerprint = Callable[[bytes], bytes]
"""16 bytes, keyed for this device: equal where the input is, and saying nothing else."""
MARK_HEX = 4
"""Hex digits of a fingerprint that people see."""


class Kind(Enum):
    """What kind of document it is, which decides which features it has."""

    ENV = auto()
    CODE = auto()
    CONFIG = auto()  # ev.yaml
    VIRTUAL = auto()  # envlsp://…
    OTHER = auto()


@dataclass(frozen=True)
class Document:
    """A document that is open in the editor; what is read out of it is kept with it."""

    place: Place
    uri: str
    """As the editor spells it."""
    language: str
    """The editor's language id."""
    version: int
    text: Text
    kind: Kind
    env: EnvFile | None = None
    """For `ENV`."""
    masked: EnvFile | None = None
    """For `VIRTUAL`: it is looked at and never edited, and its masks are not values."""

    @cached_property
    def usages(self) -> tuple[Usage, ...]:
        """Where it reads variables, in text order; for `CODE`."""
        language = language_for(self.place, self.language) if self.kind is Kind.CODE else None
        return () if language is None else usages_in(language, self.text, self.source)

    @cached_property
    def source(self) -> bytes:
        """Its text in UTF-8."""
        return self.text.to_bytes()


@dataclass(frozen=True, slots=True)
class NameFacts:
    """A name in the newest release of an environment."""

    literal: bytes
    """Fingerprint of the literal: what a line is compared with."""
    value: bytes
    """Fingerprint of the value, references resolved: what environments are compared by.
    Empty where it cannot be told."""
    is_empty: bool
    author: str
    """Who gave it the value it has."""
    ts: int
    """When they say they did, seconds since 1970."""
    release: str
    """In which release: `v3`."""


@dataclass(frozen=True, slots=True)
class CandidateFacts:
    """One side of a conflict."""

    release: str
    author: str
    ts: int
    literal: bytes | None
    """Fingerprint; None where that side took the name away."""


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """One release as people know it."""

    label: str
    id: str
    """64 hex digits."""
    author: str
    ts: int
    message: str
    kind: str
    added: int
    changed: int
    removed: int


@dataclass(frozen=True)
class EnvironmentFacts:
    """What the team's releases say of one environment."""

    triple: Triple
    file: Place
    """Its working copy, whether there is one or not."""
    names: Mapping[str, NameFacts] = field(default_factory=dict)
    conflicts: Mapping[str, tuple[CandidateFacts, ...]] = field(default_factory=dict)
    releases: tuple[ReleaseFacts, ...] = ()
    """Newest first, at most 20; those that count."""
    heads: tuple[str, ...] = ()
    """Labels of the newest releases: several where they were made at once."""
    base: Mapping[str, bytes] | None = None
    """Fingerprints of the literals the file was last in step with; None where nobody knows."""
    base_label: str = ""
    behind: int = 0
    """Releases that the file has not seen."""
    is_archived: bool = False
    role: str = ""
    """What we may do in it, as a word; empty: nobody says."""
    shut: str = ""
    """Why nothing is told of it here, in words; empty: all is told."""

    @cached_property
    def sorted_names(self) -> Names:
        """The names of the newest release, ready to be searched."""
        return Names.of(self.names)


@dataclass(frozen=True, slots=True)
class AppFacts:
    """An app of a project."""

    name: str
    folder: Place
    dialect: str
    files: Mapping[str, Place]
    """Environment -> its file, for every environment that is known: in `ev.yaml`, in the
    ledger, or as a `.env.NAME` in the folder. `default_env` is always one of them."""
    others: tuple[Place, ...] = ()
    """`.env.example` and the like: they describe names and are no environment."""
    is_missing: bool = False
    """`ev.yaml` names a folder that is not there."""


class Standing(Enum):
    """How this device stands to the project's team."""

    LOADING = auto()  # the team's store was not read yet: say nothing about it
    NO_PROJECT = auto()  # a folder without ev.yaml
    BAD_CONFIG = auto()  # an ev.yaml that is not valid
    NOT_JOINED = auto()
    LOCKED = auto()  # a passphrase is needed
    UNOPENABLE = auto()  # what protects this device's key is gone, damaged, or open to others
    WAITING = auto()  # joined, and nobody has delivered the key yet
    REMOVED = auto()
    READY = auto()


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """A folder with an `ev.yaml`, or a workspace folder without one."""

    root: Place
    name: str
    standing: Standing
    apps: tuple[AppFacts, ...]
    default_env: str = "dev"
    team: str = ""
    """The text form: `tm1…`."""
    role: str = ""
    members: tuple[str, ...] = ()
    """Names of people, for `ev.yaml` and messages."""
    alarms: tuple[str, ...] = ()
    """What looks like a copied key, a flood or a leaked link in the team, a sentence each."""
    warnings: tuple[str, ...] = ()
    """Those of them that were news to this device; shown once."""
    environments: Mapping[tuple[str, str], EnvironmentFacts] = field(default_factory=dict)
    """(app, environment) -> what the releases say; only those that have a release or exist in the ledger."""
    detail: str = ""
    """What is wrong, where the standing says that something is: a sentence, and its fix."""


@dataclass(frozen=True, slots=True)
class GitFacts:
    """How git sees an env file."""

    is_tracked: bool = False
    is_exposed: bool = False
    """In a work tree, neither tracked nor ignored: the next `git add .` takes it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the service knows; replaced as a whole when something changes."""

    projects: tuple[ProjectFacts, ...] = ()
    """Deepest root first, so that the first one that holds a place is its project."""
    fingerprint: Fingerprint | None = None
    """None while the device is locked or in no team."""
    git: Mapping[Place, GitFacts] = field(default_factory=dict)
    """For every env file on disk."""
    disk: Mapping[Place, EnvFile] = field(default_factory=dict)
    """Every env file on disk, as it was read last."""
    peers: int = 0
    """Devices of teammates that are online now."""

    @property
    def is_unread(self) -> bool:
        """Whether the service has not handed over anything yet."""
        return self == Facts()


_READ_ONLY = ("viewer", "guest", "nobody")
"""Roles, as words, in which nobody releases."""


@dataclass(frozen=True, slots=True)
class Where:
    """What a place belongs to."""

    project: ProjectFacts
    app: AppFacts
    env: str | None
    """The environment whose file it is; None for code, and for `.env.example`."""
    facts: EnvironmentFacts | None
    """Of that environment, where it has any."""

    @property
    def may_push(self) -> bool:
        """Whether we may release here, as far as anybody has said what we may do."""
        if self.facts is not None and self.facts.shut:
            return False
        role = self.facts.role if self.facts is not None and self.facts.role else self.project.role
        return role not in _READ_ONLY


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a request is answered from."""

    encoding: Encoding = Encoding.UTF16
    documents: Mapping[Place, Document] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    usages: Usages = field(default_factory=Usages)
    """Where code reads variables: of all indexed files, open ones as they are in the editor."""
    settings: Settings = field(default_factory=Settings)
    now: int = 0
    """Seconds since 1970, for ages; nothing is decided by it."""

    def env_file(self, place: Place) -> EnvFile | None:
        """Return an env file as the editor has it, else as it is on disk."""
        document = self.documents.get(place)
        return document.env if document is not None else self.facts.disk.get(place)

    def readable(self, place: Place) -> EnvFile | None:
        """Return an env file to look at: as `env_file`, or what a document of ours shows."""
        document = self.documents.get(place)
        return self.env_file(place) if document is None or document.masked is None else document.masked

    def where(self, place: Place) -> Where | None:
        """Return the project, app and environment that a place belongs to."""
        for project in self.facts.projects:
            if not holds(project.root, place):
                continue
            for app in project.apps:
                for env, file in app.files.items():
                    if file == place:
                        return Where(project, app, env, project.environments.get((app.name, env)))
            holding = [app for app in project.apps if holds(app.folder, place)]
            if holding:
                return Where(project, max(holding, key=lambda app: len(app.folder)), None, None)
            if len(project.apps) == 1:
                return Where(project, project.apps[0], None, None)
        return None

    def with_document(self, document: Document) -> Snapshot:
        """Return a snapshot in which a document is as given."""
        return replace(self, documents={**self.documents, document.place: document})

    def with_source(self, document: Document) -> Snapshot:
        """Return a snapshot in which a document is as given, and what its code reads too."""
        usages = self.usages.with_file(document.place, document.usages)
        return replace(self.with_document(document), usages=usages)

    def without_document(self, place: Place) -> Snapshot:
        """Return a snapshot in which a document is not open."""
        return replace(self, documents={key: doc for key, doc in self.documents.items() if key != place})


def holds(folder: Place, place: Place) -> bool:
    """Return whether a place is a folder, or is somewhere in it."""
    return place == folder or place.startswith(folder.rstrip("/") + "/")
