"""Scenes for language features: files, caret, marks and releases out of one string.

    # Where the API lives.
    API_URL=https://api.test
    #- app.ts
    fetch(process.env.API_U<|>RL)
    #                 ^^^^^^^ hover
    #- dev v1 by Alice
    API_URL=https://old.test

The first file is `.env`; `#- NAME` begins another one, `#- ENV vN by PERSON` a release of
an environment (oldest first). `<|>` is the caret. A line of carets marks a range of the
line above it and says what for. Marker lines are taken out before anything is parsed,
because a comment above a name is its documentation.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from envlsp.code.languages import language_for
from envlsp.domain.dotenv.expand import evaluate
from envlsp.domain.dotenv.parse import entries, parse
from envlsp.domain.environment import Triple
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Encoding, Position, Range, line_range, units_of
from envlsp.ide.snapshot import (
    AppFacts,
    Document,
    EnvironmentFacts,
    Facts,
    Kind,
    NameFacts,
    ProjectFacts,
    ReleaseFacts,
    Snapshot,
    Standing,
)
from envlsp.ide.source import usages_in
from envlsp.ide.text import Text
from envlsp.ide.usages import Usages

ROOT = "/shop"
NOW = 1_750_000_000
"""When scenes happen; releases are an hour apart, the newest one an hour ago."""
CARET = "<|>"

_HEADER = re.compile(r"#- (.+)")
_RELEASE = re.compile(r"(\S+) (v\d+(?:-\w+)?) by (.+)")
_MARK = re.compile(r"\s*(?:#|//)\s*(\^+)\s?(.*)")


class Mark(NamedTuple):
    """A range that a scene points at, and what for."""

    place: str
    range: Range
    label: str


@dataclass
class Scene:
    """What a string described."""

    snapshot: Snapshot
    place: str = f"{ROOT}/.env"
    caret: Position = field(default=Position(0, 0))
    marks: list[Mark] = field(default_factory=list)

    def text(self, place: str) -> str:
        """Return a file as it is in the editor."""
        return str(self.snapshot.documents[place].text)


def fingerprint(data: bytes) -> bytes:
    """Stand in for the service's keyed one."""
    return hashlib.blake2b(data, digest_size=16, key=b"scene").digest()


def read_scene(text: str, *, encoding: Encoding = Encoding.UTF16, dialect: str = "node") -> Scene:
    """Return the scene that a string describes, every file open in the editor."""
    scene = Scene(Snapshot(encoding=encoding, now=NOW))
    documents: dict[str, Document] = {}
    releases: dict[str, list[tuple[str, str, str]]] = {}
    usages = Usages(is_complete=True)
    for name, lines in _sections(text.removeprefix("\n")):
        if found := _RELEASE.fullmatch(name):
            releases.setdefault(found[1], []).append((found[2], found[3], "".join(lines)))
            continue
        place = f"{ROOT}/{name}"
        content = Text.of("".join(_read_lines(scene, place, lines)), encoding)
        documents[place] = make_document(place, content, dialect)
        if (language := language_for(place)) is not None:
            usages = usages.with_file(place, usages_in(language, content))
    project = _project(documents, releases, dialect)
    facts = Facts(projects=(project,), fingerprint=fingerprint)
    scene.snapshot = replace(scene.snapshot, documents=documents, usages=usages, facts=facts)
    return scene


def make_document(place: str, text: Text, dialect: str = "node", version: int = 1) -> Document:
    """Return a document as the editor would have opened it."""
    name = place.rpartition("/")[2]
    kind = Kind.CODE if language_for(place) else Kind.CONFIG if name == "ev.yaml" else Kind.OTHER
    env = None
    if name.endswith(".env") or name.startswith(".env."):
        kind, env = Kind.ENV, EnvFile.of(text, dialect)
    return Document(place, f"file://{place}", "", version, text, kind, env)


def _sections(text: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = [(".env", [])]
    for line in text.splitlines(keepends=True):
        header = _HEADER.fullmatch(line.strip())
        if header:
            found.append((header[1], []))
        else:
            found[-1][1].append(line)
    return [(name, lines) for name, lines in found if lines or name != ".env"]


def _read_lines(scene: Scene, place: str, lines: list[str]) -> list[str]:
    kept: list[str] = []
    encoding = scene.snapshot.encoding
    for raw in lines:
        line = raw
        mark = _MARK.fullmatch(line.rstrip("\r\n"))
        if mark:
            above = kept[-1] if kept else ""
            start, end = (units_of(above[:column], encoding) for column in mark.span(1))
            scene.marks.append(Mark(place, line_range(len(kept) - 1, start, end), mark[2]))
            continue
        if CARET in line:
            before, _, after = line.partition(CARET)
            scene.place, scene.caret = place, Position(len(kept), units_of(before, encoding))
            line = before + after
        kept.append(line)
    return kept


def _project(
    documents: dict[str, Document], releases: dict[str, list[tuple[str, str, str]]], dialect: str
) -> ProjectFacts:
    files, others = {"dev": f"{ROOT}/.env"}, []
    for place, document in documents.items():
        suffix = place.rpartition("/.env.")[2] if document.kind is Kind.ENV else ""
        if suffix == "example":
            others.append(place)
        elif suffix and suffix != place:
            files[suffix] = place
    for env in releases:
        files.setdefault(env, f"{ROOT}/.env.{env}")
    environments = {
        ("web", env): _environment(env, files[env], made, dialect) for env, made in releases.items()
    }
    app = AppFacts("web", ROOT, dialect, files, tuple(others))
    standing = Standing.READY if releases else Standing.NO_PROJECT
    members = tuple(sorted({author for made in releases.values() for _, author, _ in made}))
    return ProjectFacts(ROOT, "shop", standing, (app,), members=members, environments=environments)


def _environment(env: str, file: str, made: list[tuple[str, str, str]], dialect: str) -> EnvironmentFacts:
    names: dict[str, NameFacts] = {}
    found: list[ReleaseFacts] = []
    for number, (label, author, text) in enumerate(made):
        ts = NOW - 3600 * (len(made) - number)
        document = parse(text.encode(), dialect)
        literals = {str(name): literal.reveal() for name, literal in entries(document).items()}
        values = evaluate(document).values
        before, names = names, {}
        for name, literal in literals.items():
            value = values.get(name)
            facts = NameFacts(
                literal=fingerprint(literal),
                value=fingerprint(value.reveal()) if value is not None else b"",
                is_empty=not value,
                author=author,
                ts=ts,
                release=label,
            )
            same = name in before and before[name].literal == facts.literal
            names[name] = before[name] if same else facts
        changed = sum(1 for name in names if name in before and names[name] is not before[name])
        added, removed = len(names.keys() - before.keys()), len(before.keys() - names.keys())
        identity = hashlib.sha256(f"{env} {label} {author}".encode()).hexdigest()
        found.append(ReleaseFacts(label, identity, author, ts, "", "push", added, changed, removed))
    return EnvironmentFacts(
        triple=Triple("shop", "web", env),
        file=file,
        names=names,
        releases=tuple(reversed(found)),
        heads=(found[-1].label,),
        base={name: facts.literal for name, facts in names.items()},
        base_label=found[-1].label,
    )
