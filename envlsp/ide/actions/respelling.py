"""Fixes for a name that is spelled almost like one that exists: "Change to …"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from envlsp.code.reads import Form
from envlsp.ide.actions.trying import tried
from envlsp.ide.names import is_identifier
from envlsp.ide.positions import Range
from envlsp.ide.problems import problems
from envlsp.ide.problems.look import Look
from envlsp.ide.results import Action, ActionKind, Edit, Place, Problem, Severity
from envlsp.ide.snapshot import Snapshot
from envlsp.ide.source import renamed


def in_code(snapshot: Snapshot, place: Place, problem: Problem) -> Iterator[Action]:
    """Offer names that exist for one that code reads and nobody defines."""
    document = snapshot.documents[place]
    usage = next((one for one in document.usages if one.range == problem.range), None)
    if usage is None:
        return
    fitting = [name for name in _suggestions(problem) if usage.form is Form.STRING or is_identifier(name)]
    # Code with a default may well read what nobody defined yet.
    is_sure = len(fitting) == 1 and problem.severity is not Severity.HINT
    for name in fitting:
        edit = renamed(place, usage, name, document.text)
        yield _change(name, [edit], problem, is_preferred=is_sure)


def in_reference(look: Look, block: int, problem: Problem) -> Iterator[Action]:
    """Offer names of the file for a reference to one that it does not give."""
    wanted, names = problem.data.get("name"), _suggestions(problem)
    places = [one.range for one in look.env.mentions(block) if one.name == wanted]
    for name in names if places else ():
        edits = [Edit(look.place, where, name) for where in places]
        if is_identifier(name) and tried(look.env, edits, [look.env.blocks[block].name]) is not None:
            yield _change(name, edits, problem, is_preferred=len(names) == 1)


def in_config(snapshot: Snapshot, place: Place, lines: Range) -> Iterator[Action]:
    """Offer the field of `ev.yaml` that a word was meant to be."""
    for problem in problems(snapshot, place):
        name = problem.data.get("suggestion")
        if isinstance(name, str) and problem.range.overlaps(lines):
            yield _change(name, [Edit(place, problem.range, name)], problem, is_preferred=True)


def _suggestions(problem: Problem) -> Sequence[str]:
    found = problem.data.get("suggestions")
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def _change(name: str, edits: Sequence[Edit], problem: Problem, *, is_preferred: bool) -> Action:
    kind = ActionKind.QUICK_FIX
    return Action(f"Change to {name}", kind, tuple(edits), fixes=problem, is_preferred=is_preferred)
