"""Files around an env file: the example that describes its names, and git."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from envlsp.domain.secret import is_secret_name
from envlsp.ide.envfile import EnvFile
from envlsp.ide.problems.codes import CODES
from envlsp.ide.problems.look import FILE, Finding, Look, named
from envlsp.ide.problems.names import example_of
from envlsp.ide.words import file_name, listed, names_counted

_OPTIONAL = re.compile(r"\boptional\b|\b(?:not|n't)\s+required\b", re.IGNORECASE)


def missing(look: Look) -> Iterator[Finding]:
    """Yield one problem for all names that the example has and the file lacks."""
    code = "missing-name"
    names, example = missing_names(look)
    if names:
        message = f"{names_counted(len(names))} of {example} missing here: {listed(names)}"
        yield Finding(code, FILE, message, CODES[code].severity)


def missing_names(look: Look) -> tuple[list[str], str]:
    """Return the names of the example that the file lacks, and the example's own name."""
    example = example_of(look)
    if example is None or not look.is_environment:
        return [], ""
    place, env = example
    names = [
        name
        for name in env.by_name
        if name not in look.env.by_name and is_secret_name(name) and not _is_optional(env, name)
    ]
    return names, file_name(place)


def extra(look: Look) -> Iterator[Finding]:
    """Yield names that the example lacks."""
    code = "not-in-example"
    example = example_of(look)
    if example is None or not look.is_environment:
        return
    place, env = example
    for name, places in look.names():
        if name not in env.by_name and (shown := named(look.env.blocks[places[-1]])) == name:
            message = f"{shown} is not in {file_name(place)}"
            yield Finding(code, places[-1], message, CODES[code].severity)


def git(look: Look) -> Iterator[Finding]:
    """Yield what would carry the file into everybody's clone."""
    facts = look.snapshot.facts.git.get(look.place)
    if facts is None or not look.is_environment:
        return
    name = file_name(look.place)
    if facts.is_tracked:
        code = "git-tracked"
        command = f"git rm --cached {shlex.quote(name)}"
        message = f"git tracks {name}: run `{command}`, then change the secrets that were in it"
        yield Finding(code, FILE, message, CODES[code].severity)
    if facts.is_exposed:
        code = "git-exposed"
        message = f"git does not ignore {name}; the next `git add .` would take it"
        yield Finding(code, FILE, message, CODES[code].severity)


def _is_optional(env: EnvFile, name: str) -> bool:
    return _OPTIONAL.search(" ".join(env.comment_above(env.by_name[name][-1]))) is not None
