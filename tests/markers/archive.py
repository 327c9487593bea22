"""Scenes in files: one English sentence, files, questions at marks, and the answers.

    Bob points at a name in code and sees who changed it.
    #- .env
    API_URL=https://api.test
    #- app.ts
    fetch(process.env.API_URL)
    //                ^^^^^^^ hover one
    #- hover one
    `API_URL` ••••••

A mark asks: its first word says what, the whole label is the name of the answer's section.
`hover` asks at the start of the mark, `complete` at its end, `rename NAME` renames to NAME.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from envlsp.errors import EnvlspError
from envlsp.ide.completion import complete
from envlsp.ide.hover import hover
from envlsp.ide.navigate import definition, highlights, references
from envlsp.ide.positions import Range
from envlsp.ide.rename import rename
from envlsp.ide.results import Target
from envlsp.ide.snapshot import Snapshot
from tests.support.cursor import ROOT, Mark, read_scene

_ITEMS_SHOWN = 12
"""Of a long list the first ones say enough."""


def _hover(snapshot: Snapshot, mark: Mark) -> list[str]:
    found = hover(snapshot, mark.place, mark.range.start)
    return ["nothing"] if found is None else [f"over {_range(found.range)}", *found.markdown.split("\n")]


def _complete(snapshot: Snapshot, mark: Mark) -> list[str]:
    found = complete(snapshot, mark.place, mark.range.end)
    rows = [
        f"{item.label} ({item.detail}) puts {item.edit.new_text} at {_range(item.edit.range)}"
        for item in found.items
    ]
    left = len(rows) - _ITEMS_SHOWN
    more = [f"and {left} more{', and there are others' if found.is_incomplete else ''}"] if left > 0 else []
    return [*rows[:_ITEMS_SHOWN], *more] or ["nothing"]


def _definition(snapshot: Snapshot, mark: Mark) -> list[str]:
    return _targets(definition(snapshot, mark.place, mark.range.start))


def _references(snapshot: Snapshot, mark: Mark) -> list[str]:
    return _targets(references(snapshot, mark.place, mark.range.start, include_declaration=True))


def _highlights(snapshot: Snapshot, mark: Mark) -> list[str]:
    return _targets([Target(mark.place, at) for at in highlights(snapshot, mark.place, mark.range.start)])


def _rename(snapshot: Snapshot, mark: Mark) -> list[str]:
    new = mark.label.split()[1]
    try:
        edits = rename(snapshot, mark.place, mark.range.start, new).edits
    except EnvlspError as refused:
        return [f"refused: {refused}", f"fix: {refused.fix}"]
    return [f"{edit.new_text} at {_target(edit.place, edit.range)}" for edit in edits]


_ANSWERS: dict[str, Callable[[Snapshot, Mark], list[str]]] = {
    "hover": _hover,
    "complete": _complete,
    "definition": _definition,
    "references": _references,
    "highlights": _highlights,
    "rename": _rename,
}
_ANSWER = re.compile(rf"^#- ((?:{'|'.join(_ANSWERS)})(?: .*)?)\n", re.MULTILINE)


@dataclass(frozen=True)
class Archive:
    """A scene file, cut in two: what is asked, and what was answered."""

    path: Path
    scene: str
    """With its sentence."""
    answers: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> Archive:
        """Return the archive in a file."""
        scene, *rest = _ANSWER.split(path.read_bytes().decode())
        return cls(path, scene, dict(zip(rest[::2], rest[1::2], strict=True)))

    def answered(self) -> dict[str, str]:
        """Return what the features answer today, a section for each mark."""
        sentence, _, scene = self.scene.partition("\n")
        assert sentence.endswith("."), "a scene begins with a sentence"
        found = read_scene(scene)
        return {
            mark.label: "".join(f"{row}\n" for row in _ANSWERS[mark.label.split()[0]](found.snapshot, mark))
            for mark in found.marks
        }

    def write(self, answers: dict[str, str]) -> None:
        """Put new answers into the file."""
        sections = "".join(f"#- {label}\n{answer}" for label, answer in answers.items())
        self.path.write_bytes((self.scene + sections).encode())


def _targets(targets: list[Target]) -> list[str]:
    return [_target(*target) for target in targets] or ["nowhere"]


def _target(place: str, at: Range) -> str:
    return f"{place.removeprefix(ROOT + '/')} {_range(at)}"


def _range(at: Range) -> str:
    """Return a range as `line:column-column`, or over several lines with both."""
    start, end = at
    return (
        f"{start.line}:{start.column}-" + (f"{end.line}:" if end.line > start.line else "") + str(end.column)
    )
