"""What the names are for: who needs them, who sees them, and those that nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envlsp.ide.envfile import EnvFile
from envlsp.ide.problems.codes import CODES
from envlsp.ide.problems.look import Finding, Look, is_example, named
from envlsp.ide.problems.wellknown import is_given, public_prefix
from envlsp.ide.words import file_name

_REQUIRED = re.compile(r"\brequired\b", re.IGNORECASE)
_NOT_REQUIRED = re.compile(r"\b(?:not|never|n't)\s+required\b", re.IGNORECASE)


def public_secrets(look: Look) -> Iterator[Finding]:
    """Yield secrets that a build tool hands to every visitor."""
    code = "public-secret"
    for index, note in look.noted:
        if note.is_public_secret:
            name = look.env.blocks[index].name
            prefix = public_prefix(name)
            message = f"names that begin with {prefix} go to every visitor; a secret needs another name"
            yield Finding(code, index, message, CODES[code].severity)


def empty(look: Look) -> Iterator[Finding]:
    """Yield names without a value that code, the example or the team wants to have one."""
    code = "empty-required-value"
    if not look.is_environment:
        return
    for index, note in look.noted:
        if note.is_empty:
            name = look.env.blocks[index].name
            if look.env.by_name[name][-1] == index and (reason := _reason(look, name)):
                message = f"{named(look.env.blocks[index])} is empty, and {reason}"
                yield Finding(code, index, message, CODES[code].severity)


def unused(look: Look) -> Iterator[Finding]:
    """Yield names that no code reads and no value refers to, once all code was looked at."""
    code = "unused-name"
    snapshot = look.snapshot
    if not (snapshot.settings.unused and snapshot.usages.is_complete and look.is_environment):
        return
    read = snapshot.usages.by_name
    folder = look.where.app.folder if look.where is not None else look.place.rpartition("/")[0]
    if not (snapshot.usages.covers(folder) and _has_readers(look)):
        return
    mentioned = {one.name for _, note in look.noted for one in note.mentions}
    for name, places in look.names():
        if name not in read and name not in mentioned and not is_given(name):
            message = f"no code reads {named(look.env.blocks[places[-1]])}"
            yield Finding(code, places[-1], message, CODES[code].severity, (), is_unnecessary=True)


def example_of(look: Look) -> tuple[str, EnvFile] | None:
    """Return the file that describes the names of the app, and its place."""
    if look.where is None:
        return None
    for place in sorted(look.where.app.others, key=lambda place: (not place.endswith(".example"), place)):
        env = look.snapshot.env_file(place)
        if env is not None and is_example(place):
            return place, env
    return None


def _has_readers(look: Look) -> bool:
    """Return whether any code of the project reads a variable at all."""
    root = "" if look.where is None else look.where.project.root.rstrip("/") + "/"
    return any(place.startswith(root) for place in look.snapshot.usages.files)


def _reason(look: Look, name: str) -> str:
    """Return why a name needs a value; empty if nothing says so."""
    for target, usage in look.snapshot.usages.of(name):
        if not (usage.has_default or usage.is_write) and _is_of_app(look, target.place):
            return f"{file_name(target.place)} reads it without a default"
    example = example_of(look)
    if example is not None and (places := example[1].by_name.get(name)):
        comment = " ".join(example[1].comment_above(places[-1]))
        if _REQUIRED.search(comment) and not _NOT_REQUIRED.search(comment):
            return f"{file_name(example[0])} says that it is required"
    facts = None if look.drift is None else look.drift.facts.names.get(name)
    if facts is not None and not facts.is_empty:
        return f"it has a value in {facts.release}"
    return ""


def _is_of_app(look: Look, place: str) -> bool:
    if look.where is None:
        return True
    where = look.snapshot.where(place)
    return where is not None and where.app == look.where.app
