"""Two sides of a comparison as whole documents: every value masked, and marked where lines differ.

An editor lays them beside each other. Masks are all alike, so a line that the other side
does not have says by four hex digits which of its values are equal and which are not.
"""

from __future__ import annotations

from dataclasses import replace

from envlsp.domain.dotenv.covering import Covering
from envlsp.domain.dotenv.edit import apply
from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.tokens import BOM
from envlsp.domain.layout import render
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import MASK, SecretText
from envlsp.service.comparing import sides
from envlsp.service.context import Context
from envlsp.service.reading import value_mark
from envlsp.service.showing import repeatable
from envlsp.service.team import Team

_MASK = MASK.encode()


def side_by_side(team: Team, context: Context, words: str = "") -> tuple[str, str]:
    """Return both sides as documents, without any of their values.

    Args:
        team: opened.
        context: which environment.
        words: as of `comparing.diff`.

    Raises:
        EnvlspError: as `comparing.diff` does.
    """
    (_, old), (_, new) = sides(team, context, words)
    before, after = (_lines(team, one, context.dialect) for one in (old, new))
    return _text(before, after), _text(after, before)


_Lines = list[tuple[str, str]]
"""Each line as it is shown, and with its marks."""


def _lines(team: Team, snapshot: Snapshot, dialect: str) -> _Lines:
    data = render(snapshot, dialect).data
    edits = [*Covering(parse(data, dialect), repeatable(snapshot, dialect)).all_edits()]
    marked = [
        replace(edit, replacement=_MASK + b" " + value_mark(team, SecretText(covered)).encode())
        if edit.replacement == _MASK and (covered := data[edit.start : edit.end])
        else edit
        for edit in edits
    ]
    shown = (apply(data, one).removeprefix(BOM).decode("utf-8", "replace") for one in (edits, marked))
    return [*zip(*(text.split("\n") for text in shown), strict=True)]


def _text(mine: _Lines, other: _Lines) -> str:
    known = {marked for _, marked in other}
    return "\n".join(plain if marked in known else marked for plain, marked in mine)
