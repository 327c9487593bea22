"""Fixes that change how a line is written and not what it says, or take it away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from envlsp.domain.dotenv.tokens import Kind
from envlsp.ide.actions.trying import applied, line_end_of, lines_range, tried
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Range
from envlsp.ide.problems.characters import invisible_in
from envlsp.ide.problems.look import named
from envlsp.ide.results import Action, ActionKind, Edit, Place, Problem

Fix = Callable[[Place, EnvFile, int, Problem], Iterator[Action]]

_WORDS = {"'": "single", '"': "double"}
_OPENED = re.compile(r"""\s*(?:export\s+)?[\w.-]+\s*[=:]\s*(['"`])""")


def quote(place: Place, env: EnvFile, block: int, problem: Problem) -> Iterator[Action]:
    """Offer quotes around an unquoted value, of a kind that leaves it what it is."""
    statement = env.blocks[block].statement
    is_cut = statement.comment_start == statement.value_end  # which half was meant, only a person knows
    for mark in quotes_for(env, block):
        edits = around(place, env.value_range(block), mark)
        if _is_fixed(tried(env, edits), env, block):
            yield _quick(f"Put the value in {_WORDS[mark]} quotes", edits, problem, is_preferred=not is_cut)
            break
    if is_cut:
        whole = env.range_of(block, statement.value_start, statement.comment_end)
        for mark, word in _WORDS.items():
            edits = around(place, whole, mark)
            if _is_fixed(tried(env, edits, [env.blocks[block].name]), env, block):
                title = f"Put all of it in {word} quotes, with what follows the #"
                yield _quick(title, edits, problem)
                break


def close_quote(place: Place, env: EnvFile, block: int, problem: Problem) -> Iterator[Action]:
    """Offer to close a quote where its line ends, or its comment begins."""
    found, statement = env.blocks[block], env.blocks[block].statement
    first_line = found.data.decode("utf-8", "replace").splitlines()[0]
    opened = _OPENED.match(first_line.removeprefix("\ufeff"))
    if opened is None:
        return
    ends = [len(first_line.rstrip().encode())]
    if found.is_named:
        ends.insert(0, statement.value_end)
    for end in ends:
        at = env.position_of(block, end)
        edits = (Edit(place, Range(at, at), opened[1]),)
        new = tried(env, edits, [found.name] if found.is_named else _named_on(env, edits, block))
        if new is not None and block < len(new.blocks) and not new.blocks[block].faults:
            yield _quick("Close the quote", edits, problem, is_preferred=True)
            return


def remove_duplicate(place: Place, env: EnvFile, block: int, problem: Problem) -> Iterator[Action]:
    """Offer to take out an assignment that does not count."""
    edits = (Edit(place, lines_range(env, block), ""),)
    if tried(env, edits) is not None:
        last = env.name_range(env.by_name[env.blocks[block].name][-1]).start.line + 1
        yield _quick(f"Remove this assignment; line {last} counts", edits, problem, is_preferred=True)


def remove_unused(place: Place, env: EnvFile, block: int, problem: Problem) -> Iterator[Action]:
    """Offer to take out a name altogether."""
    name = env.blocks[block].name
    edits = tuple(Edit(place, lines_range(env, index), "") for index in env.by_name[name])
    if tried(env, edits, [name]) is not None:
        yield _quick(f"Remove {named(env.blocks[block])} from this file", edits, problem)


def remove_invisible(place: Place, env: EnvFile, block: int, problem: Problem) -> Iterator[Action]:
    """Offer to take out the characters that nobody can see."""
    edits = tuple(
        Edit(place, env.range_of(block, at, at + len(char.encode())), "")
        for char, at in invisible_in(env.blocks[block])
    )
    new = tried(env, edits, _named_on(env, edits, block)) if edits else None
    if new is not None and not _has_invisible(new, block):
        what = "the invisible character" if len(edits) == 1 else f"the {len(edits)} invisible characters"
        yield _quick(f"Remove {what}", edits, problem, is_preferred=True)


def reference_defined(place: Place, env: EnvFile, block: int, problem: Problem) -> Iterator[Action]:
    """Offer to add the name that a value refers to, above it, since some loaders read in file order."""
    at, name = env.position_of(block, 0), str(problem.data.get("name", ""))
    if name and name not in env.by_name:
        edits = (Edit(place, Range(at, at), f"{name}={line_end_of(env)}"),)
        new = tried(env, edits, [name])
        if new is not None and name in new.by_name:
            yield _quick(f"Add {name} above", edits, problem)


FIXES: Mapping[str, Fix] = {
    "unsafe-unquoted-value": quote,
    "unterminated-quote": close_quote,
    "duplicate-name": remove_duplicate,
    "unused-name": remove_unused,
    "invisible-character": remove_invisible,
    "undefined-reference": reference_defined,
}
"""Code -> what changes the text of its own file."""


def quotes_for(env: EnvFile, block: int) -> Sequence[str]:
    """Return the quotes to try; a shell resolves references in double ones and leaves single ones alone."""
    found = env.blocks[block]
    literal = found.literal
    if 0 < literal.count(b"$") <= len(found.references):
        return ('"', "'")
    return ("'", '"') if any(byte in literal for byte in b"$\\`") else ('"', "'")


def around(place: Place, where: Range, mark: str) -> tuple[Edit, ...]:
    """Return the edits that put a mark on both sides of a range."""
    return tuple(Edit(place, Range(at, at), mark) for at in where)


def _is_fixed(new: EnvFile | None, env: EnvFile, block: int) -> bool:
    """Return whether a block is one assignment of the same name, with nothing wrong in it."""
    if new is None or block >= len(new.blocks) or len(new.blocks) != len(env.blocks):
        return False
    found = new.blocks[block]
    return (
        not found.faults and found.statement.kind is Kind.ASSIGNMENT and found.name == env.blocks[block].name
    )


def _has_invisible(env: EnvFile, block: int) -> bool:
    """Return whether a block still has some; U+2028 is invisible, and ends a line for one loader."""
    return block < len(env.blocks) and any(True for _ in invisible_in(env.blocks[block]))


def _named_on(env: EnvFile, edits: Sequence[Edit], block: int) -> list[str]:
    """Return the names that a block gives before and after edits to it."""
    new = env.edited(applied(env.text, edits))
    after = new.blocks[block].name if block < len(new.blocks) else ""
    return [name for name in (env.blocks[block].name, after) if name]


def _quick(title: str, edits: Sequence[Edit], problem: Problem, *, is_preferred: bool = False) -> Action:
    return Action(title, ActionKind.QUICK_FIX, tuple(edits), fixes=problem, is_preferred=is_preferred)
