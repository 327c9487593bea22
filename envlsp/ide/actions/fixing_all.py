"""`source.fixAll.envlsp`: every fix that leaves all values what they are, in one action.

A fix is checked on its own statement first, which costs the same however long the file
is; then all of them together on the whole file, references resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from envlsp.domain.dotenv.blocks import cut
from envlsp.domain.dotenv.dialects import Budget, OverBudget, dialect_named
from envlsp.domain.dotenv.expand import decoded_pairs, evaluate
from envlsp.ide.actions.rewriting import around, quotes_for
from envlsp.ide.actions.trying import lines_range, tried
from envlsp.ide.envfile import EDITOR_UNITS, EnvFile
from envlsp.ide.problems import problems_on
from envlsp.ide.problems.characters import invisible_in
from envlsp.ide.results import Action, ActionKind, Edit, Place
from envlsp.ide.snapshot import Snapshot

Edits = Sequence[Edit]


def fix_all(snapshot: Snapshot, place: Place, env: EnvFile) -> Action | None:
    """Return the one action that makes all safe fixes of a file; None if there are none to make."""
    found: dict[int, tuple[str, Edits]] = {}
    for problem, block in problems_on(snapshot, place, 0, len(env.text.lines), SAFE.keys()):
        edits = () if block in found else SAFE[problem.code](place, env, block)
        if edits:
            found[block] = problem.code, edits
    # A line that does not count may still be what a reference further down was resolved with.
    for left_out in ("", "duplicate-name"):
        chosen = [edit for code, edits in found.values() if code != left_out for edit in edits]
        if chosen and _keeps_all(env, chosen):
            return Action("Fix all that is safe to fix", ActionKind.FIX_ALL, tuple(chosen))
    return None


def _quoted(place: Place, env: EnvFile, block: int) -> Edits:
    statement, data = env.blocks[block].statement, env.blocks[block].data
    start, end = statement.value_start, statement.value_end
    if statement.comment_start == end:  # which half was meant, only a person knows
        return ()
    for mark in quotes_for(env, block):
        sign = mark.encode()
        if _means_the_same(env, block, data[:start] + sign + data[start:end] + sign + data[end:]):
            return around(place, env.value_range(block), mark)
    return ()


def _without_duplicate(place: Place, env: EnvFile, block: int) -> Edits:
    return (Edit(place, lines_range(env, block), ""),)


def _without_invisible(place: Place, env: EnvFile, block: int) -> Edits:
    data, edits = env.blocks[block].data, []
    for char, at in reversed(list(invisible_in(env.blocks[block]))):
        end = at + len(char.encode())
        data = data[:at] + data[end:]
        edits.append(Edit(place, env.range_of(block, at, end), ""))
    return edits if _means_the_same(env, block, data) else ()


SAFE: Mapping[str, Callable[[Place, EnvFile, int], Edits]] = {
    "unsafe-unquoted-value": _quoted,
    "duplicate-name": _without_duplicate,
    "invisible-character": _without_invisible,
}
"""Code -> the edits that end the problem; none where they would change what the statement says."""


def _means_the_same(env: EnvFile, block: int, data: bytes) -> bool:
    """Return whether a statement, written otherwise, says what it said and has no faults."""
    old, new = env.blocks[block], cut(data, env.dialect)
    if len(new) != 1 or new[0].faults or not new[0].is_named:
        return False
    decode = dialect_named(env.dialect).decode
    return new[0].name == old.name and decode(new[0].literal) == decode(old.literal)


def _keeps_all(env: EnvFile, edits: Edits) -> bool:
    new = tried(env, edits)
    if new is None:
        return False
    before, after = env.document, new.document
    if decoded_pairs(before) == decoded_pairs(after):
        return True  # what is resolved is the same, and so is what it comes to
    try:
        old = evaluate(before, budget=Budget(EDITOR_UNITS))
        return evaluate(after, budget=Budget(EDITOR_UNITS)).values == old.values
    except OverBudget:
        return False
