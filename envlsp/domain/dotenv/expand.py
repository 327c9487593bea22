"""What the variables of a file come to: references resolved as the loader does.

Nothing is ever executed: `$(...)` and backticks stay text. No process
environment is read here; the caller passes the one that counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from envlsp.domain.dotenv.dialects import Budget, Expansion, dialect_named
from envlsp.domain.dotenv.tokens import Document, Kind
from envlsp.domain.secret import SecretText

NO_ENV: Mapping[str, str] = MappingProxyType({})

Pairs = Sequence[tuple[str, str | None]]

_PER_REFERENCE = 40
_PER_DOLLAR = 8
_CHARS_SHIFT = 4
"""Units of a budget: for one reference, for a `$` that may begin one, and for each 16
characters of text that are made."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The variables a program would see, and what did not resolve."""

    values: Mapping[str, SecretText | None]
    """In the loader's order; None for a name without a value."""
    undefined: tuple[tuple[str, str], ...] = ()
    """(name of a variable, name it refers to)."""
    endless: tuple[str, ...] = ()


def evaluate(
    document: Document,
    env: Mapping[str, str] = NO_ENV,
    *,
    references: bool = True,
    budget: Budget | None = None,
) -> Evaluation:
    """Return what the file defines, as the program sees it after loading.

    Args:
        document: any file; its dialect's loader decides.
        env: the process environment of the program. Where the loader does not
            override it, its values win.
        references: False leaves references as written and `env` unread.
        budget: how much work may go into references; None for all that it takes.

    Raises:
        OverBudget: the budget does not suffice.
    """
    rules = dialect_named(document.dialect)
    pairs = decoded_pairs(document)
    expansion = rules.expand(pairs, env, budget) if references else Expansion(dict(pairs))
    return Evaluation(
        {name: None if value is None else _secret(value) for name, value in expansion.values.items()},
        tuple(expansion.undefined),
        tuple(expansion.endless),
    )


def _secret(value: str) -> SecretText:
    # Only a value of the process environment can hold bytes that are not UTF-8.
    return SecretText(value.encode("utf-8", "surrogateescape"))


def decoded_pairs(document: Document) -> list[tuple[str, str | None]]:
    """Return every assignment in file order with its decoded value, references as written."""
    decode, name_of, literal_of = (
        dialect_named(document.dialect).decode,
        document.name_of,
        document.literal_of,
    )
    return [
        (name_of(statement), decode(literal_of(statement)) if statement.kind is Kind.ASSIGNMENT else None)
        for statement in document.statements
        if statement.kind is Kind.ASSIGNMENT or statement.kind is Kind.BARE
    ]


# python-dotenv

PYTHON_REFERENCE = re.compile(r"\$\{([^}:]*)(?::-([^}]*))?\}")


def expand_python(pairs: Pairs, env: Mapping[str, str], budget: Budget | None = None) -> Expansion:
    """Resolve `${NAME}` and `${NAME:-default}` once, in file order, `env` before the file."""
    seen: dict[str, str | None] = {}
    undefined: list[tuple[str, str]] = []
    for name, value in pairs:
        if value is None or "${" not in value:
            seen[name] = value
            continue
        if budget is not None:
            budget.spend(_size(value, seen, env))
        seen[name] = _resolve(name, value, seen, env, undefined)
    return Expansion({name: env.get(name, value) for name, value in seen.items()}, undefined)


def _size(value: str, seen: Mapping[str, str | None], env: Mapping[str, str]) -> int:
    """Return what it takes to resolve a value, in units of a budget; told before any of it is made."""
    names = [match[1] for match in PYTHON_REFERENCE.finditer(value)]
    size = sum(len(env[name] if name in env else seen.get(name) or "") for name in names)
    return _PER_REFERENCE * len(names) + (size + len(value) >> _CHARS_SHIFT)


def _resolve(
    owner: str,
    value: str,
    seen: Mapping[str, str | None],
    env: Mapping[str, str],
    undefined: list[tuple[str, str]],
) -> str:
    def one(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        if name in env:
            return env[name]
        if name in seen:
            return seen[name] or ""
        if default is None:
            undefined.append((owner, name))
        return default or ""

    return PYTHON_REFERENCE.sub(one, value)


# dotenv-expand

_NODE_REFERENCE = re.compile(r"(?<!\\)\$\{([^{}]+)\}|(?<!\\)\$([A-Za-z_][A-Za-z0-9_]*)")
_OPERATOR = re.compile(r":\+|\+|:-|-")
_JS_PATTERN = re.compile(r"\$([$&`'])")
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_INDEX_MAX = 2**32 - 2

NODE_WORK_CHARS = 2 * 1024 * 1024
"""How many characters of text may be rewritten, plus `_WORK_FACTOR` for each one
in the file. The loader itself has no bound, and some files keep it busy for ever."""
_WORK_FACTOR = 16


class _Endless(Exception):
    """The references of a value never come to an end."""


@dataclass(slots=True)
class _NodeRun:
    """One run of dotenv-expand over a file."""

    process: dict[str, str] = field(repr=False)
    work: int
    budget: Budget | None = None
    running: dict[str, str] = field(default_factory=dict, repr=False)
    undefined: list[tuple[str, str]] = field(default_factory=list)
    endless: list[str] = field(default_factory=list)

    def look_up(self, name: str) -> str:
        """Return the value, empty where there is none: the loader does not tell them apart."""
        return self.process[name] if name in self.process else self.running.get(name, "")


def expand_node(pairs: Pairs, env: Mapping[str, str], budget: Budget | None = None) -> Expansion:
    """Resolve references as `expand(dotenv.config())`.

    That call has the file's own raw values in the process environment before it
    expands. Where it would never return, the file is expanded without that, and
    a value that is endless even then stays as written.
    """
    parsed = _js_order({name: value or "" for name, value in pairs})
    work = NODE_WORK_CHARS + _WORK_FACTOR * sum(map(len, parsed.values()))
    run = _NodeRun({**parsed, **env}, work, budget)
    values = _run_node(parsed, run)
    if run.endless:
        run = _NodeRun(dict(env), work, budget)
        values = _run_node(parsed, run)
    return Expansion(dict(values), run.undefined, run.endless)


def _js_order(parsed: dict[str, str]) -> dict[str, str]:
    """Put names that are array indexes first, in order, as every JavaScript object does."""
    numbers = [n for n in parsed if _ARRAY_INDEX.fullmatch(n) and int(n) <= _INDEX_MAX]
    if not numbers:
        return parsed
    return {name: parsed[name] for name in [*sorted(numbers, key=int), *parsed]}


def _run_node(parsed: Mapping[str, str], run: _NodeRun) -> dict[str, str]:
    for name, raw in parsed.items():
        outer = run.process.get(name)
        if outer and outer != raw:
            value = outer
        elif "$" in raw:
            value = _expand_value(name, raw, run)
        else:
            value = raw
        run.running[name] = value.replace("\\$", "$")
    return run.running


def _expand_value(owner: str, raw: str, run: _NodeRun) -> str:
    try:
        return _expand_until_still(owner, raw, run)
    except _Endless:
        run.endless.append(owner)
        return raw


def _expand_until_still(owner: str, raw: str, run: _NodeRun) -> str:
    """Replace one reference after the other, each time from the start of the text."""
    result = raw
    seen: set[str] = set()
    again = 0
    while (match := _next_reference(result, run.budget)) is not None:
        again = again + 1 if result in seen else 0
        run.work -= len(result)
        if again > len(seen) or run.work < 0:
            raise _Endless
        seen.add(result)
        name, replacement = _replacement(owner, match[1] or match[2], seen, run)
        if run.budget is not None:
            run.budget.spend(_PER_REFERENCE + (len(result) + len(replacement) >> _CHARS_SHIFT))
        result = _js_replace(result, match[0], replacement)
        if result == run.running.get(name):
            break
    return result


def _next_reference(text: str, budget: Budget | None) -> re.Match[str] | None:
    # From `$` to `$`: the pattern alone would try every character.
    start = text.find("$")
    while start >= 0:
        if budget is not None:
            budget.spend(_PER_DOLLAR)
        found = _NODE_REFERENCE.match(text, start)
        if found is not None:
            return found
        start = text.find("$", start + 1)
    return None


def _replacement(owner: str, expression: str, seen: set[str], run: _NodeRun) -> tuple[str, str]:
    """Return the name that an expression asks for, and the text to put in its place."""
    operator = _OPERATOR.search(expression)
    # Without an operator the loader splits at `null`, which JavaScript reads as the word.
    splitter = "null" if operator is None else operator[0]
    name, _, default = expression.partition(splitter)
    value = run.look_up(name)
    if splitter in (":+", "+"):
        return name, default if value else ""
    if value:
        return name, default if value in seen else value
    if operator is None and name not in run.running and name not in run.process:
        run.undefined.append((owner, name))
    return name, default


def _js_replace(text: str, template: str, replacement: str) -> str:
    """Replace the first `template`; `$$`, `$&`, `` $` `` and `$'` in the replacement are patterns."""
    if "$" in replacement:
        before, _, after = text.partition(template)
        known = {"$": "$", "&": template, "`": before, "'": after}
        replacement = _JS_PATTERN.sub(lambda match: known[match[1]], replacement)
    return text.replace(template, replacement, 1)
