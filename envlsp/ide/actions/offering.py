"""All actions at a place: by its lines, whatever problems the editor happens to know of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from envlsp.ide.actions import adding, releases, respelling, rewriting
from envlsp.ide.actions.fixing_all import SAFE, fix_all
from envlsp.ide.positions import Position, Range
from envlsp.ide.problems import problems, problems_on
from envlsp.ide.problems.look import Look
from envlsp.ide.results import Action, ActionKind, Command, Place, Problem
from envlsp.ide.snapshot import Kind, Snapshot
from envlsp.ide.words import file_name

_OF_CODE = ("undefined-name", "missing-in-environment")
_RELEASES = ("differs-from-release", "not-released", "behind-release", "missing-here", "conflict")
_PROMPT_BLOCKS = 2_000
"""In longer files, fixing everything is worked out only when it is asked for by its kind."""
_PROBLEMS_MAX = 100
"""Of a selection, as many problems have their fixes worked out: each is tried, and nobody reads more."""
_LINE_END = 1 << 30
"""A column past the end of every line."""


def actions(
    snapshot: Snapshot,
    place: Place,
    where: Range,
    codes: Sequence[str] | None = None,
    only: Collection[ActionKind | str] | None = None,
) -> list[Action]:
    """Return what is offered at a range, fixes first.

    Args:
        snapshot: where to look.
        place: the document.
        where: its lines count, not its columns.
        codes: problems the editor asks about; their fixes come before others.
        only: kinds as LSP spells them, each with the kinds under it; None for all.
    """
    document = snapshot.documents.get(place)
    if document is None:
        return []
    lines = Range(Position(where.start.line, 0), Position(where.end.line, _LINE_END))
    if document.kind is Kind.CODE:
        found = list(_for_code(snapshot, place, lines))
    elif document.kind is Kind.ENV and document.env is not None:
        found = list(_for_env(snapshot, Look.at(snapshot, place, document.env), lines, only))
    elif document.kind is Kind.CONFIG:
        found = list(respelling.in_config(snapshot, place, lines))
    else:
        return []
    wanted = [action for action in found if _is_wanted(action.kind, only)]
    return sorted(_once_each(wanted), key=lambda action: _rank(action, codes or ()))


def _for_code(snapshot: Snapshot, place: Place, lines: Range) -> Iterator[Action]:
    for problem in problems(snapshot, place):
        if problem.code in _OF_CODE and problem.range.overlaps(lines):
            yield from respelling.in_code(snapshot, place, problem)
            yield from adding.to_env_files(snapshot, place, problem)


def _for_env(
    snapshot: Snapshot, look: Look, lines: Range, only: Collection[ActionKind | str] | None
) -> Iterator[Action]:
    has_safe = False
    if _is_wanted(ActionKind.QUICK_FIX, only):
        found = problems_on(snapshot, look.place, lines.start.line, lines.end.line)
        for problem, block in islice(found, _PROBLEMS_MAX):
            for action in _for_problem(look, problem, block):
                has_safe = has_safe or problem.code in SAFE
                yield action
    is_prompt = has_safe and len(look.env.blocks) <= _PROMPT_BLOCKS
    if is_prompt if only is None else _is_wanted(ActionKind.FIX_ALL, only):
        everything = fix_all(snapshot, look.place, look.env)
        if everything is not None:
            yield everything
    if _is_wanted(ActionKind.SOURCE, only):
        yield from releases.for_file(look)


def _for_problem(look: Look, problem: Problem, block: int) -> Iterator[Action]:
    code = problem.code
    if code in rewriting.FIXES:
        if code == "undefined-reference":
            yield from respelling.in_reference(look, block, problem)
        yield from rewriting.FIXES[code](look.place, look.env, block, problem)
    elif code in _RELEASES:
        yield from releases.for_problem(look, problem)
    elif code == "missing-name":
        yield from adding.from_example(look, problem)
    elif code == "not-in-example":
        yield from adding.to_example(look, block, problem)
    elif code == "git-exposed":
        title = f"Add {file_name(look.place)} to .gitignore"
        command = Command(title, "envlsp.git.ignore", {"place": look.place})
        yield Action(title, ActionKind.QUICK_FIX, (), command, problem, is_preferred=True)


def _is_wanted(kind: ActionKind, only: Collection[ActionKind | str] | None) -> bool:
    if only is None:
        return True
    names = [one.value if isinstance(one, ActionKind) else one for one in only]
    return any(name in ("", kind.value) or kind.value.startswith(f"{name}.") for name in names)


def _once_each(found: Sequence[Action]) -> list[Action]:
    """Return actions without those that do the same as an earlier one."""
    seen: dict[tuple[str, object], Action] = {}
    for action in found:
        seen.setdefault((action.title, action.edits or (action.command and action.command.name)), action)
    return list(seen.values())


def _rank(action: Action, codes: Sequence[str]) -> tuple[bool, bool]:
    asked = action.fixes is not None and action.fixes.code in codes
    return (not asked, not action.is_preferred)
