"""What a Neovim draws, with its colours, as a page: the cells it sends to a screen, and how each looks."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from tests.support.neovim_screen import Screen

_PAGE = """
<!doctype html><meta charset="utf-8"><style>
  body {{ margin: 0 }}
  main {{
    display: inline-block; padding: 14px 18px; background: {back}; color: {front};
    font: 15px/21px 'DejaVu Sans Mono', monospace; white-space: pre;
  }}
  div {{ height: 21px }}
  span {{ display: inline-block; height: 21px; vertical-align: top }}
</style><main>{rows}</main>
"""


class PaintedScreen(Screen):
    """The grid as it stands, and the look of each of its cells."""

    def __init__(self) -> None:
        super().__init__()
        self._looks: list[list[int]] = []
        self._table: dict[int, Mapping[str, Any]] = {0: {}}
        self._front, self._back = 0xFFFFFF, 0
        self._cursor = (-1, -1)

    def page(self) -> str:
        """Return the newest frame as a page whose element `main` it is."""
        rows = "".join(f"<div>{''.join(self._row(number))}</div>" for number in range(len(self._cells)))
        return _PAGE.format(front=_colour(self._front), back=_colour(self._back), rows=rows)

    def _take(self, name: str, of: Sequence[Any]) -> None:
        if name == "grid_resize":
            self._looks = [[0] * of[1] for _ in range(of[2])]
        elif name == "grid_clear":
            self._looks = [[0] * len(row) for row in self._looks]
        elif name == "default_colors_set":
            self._front, self._back = of[0], of[1]
        elif name == "hl_attr_define":
            self._table[of[0]] = of[1]
        elif name == "grid_cursor_goto":
            self._cursor = (of[1], of[2])
        super()._take(name, of)

    def _line(self, row: int, column: int, cells: Sequence[Sequence[Any]]) -> None:
        look, at = 0, column
        for _, *more in cells:
            look = more[0] if more else look
            count = more[1] if len(more) > 1 else 1
            self._looks[row][at : at + count] = [look] * count
            at += count
        super()._line(row, column, cells)

    def _scroll(self, top: int, bottom: int, left: int, right: int, by: int) -> None:
        before = [list(row) for row in self._looks]
        for row in range(max(top, top - by), min(bottom, bottom - by)):
            self._looks[row][left:right] = before[row + by][left:right]
        super()._scroll(top, bottom, left, right, by)

    def _row(self, number: int) -> Iterator[str]:
        """Return a row as pieces that look alike, each as wide as its cells."""
        cells = enumerate(zip(self._cells[number], self._looks[number], strict=True))
        alike = groupby(cells, lambda cell: (cell[1][1], (number, cell[0]) == self._cursor))
        for (look, is_cursor), piece in alike:
            texts = [text for _, (text, _) in piece]
            style = self._style(self._table.get(look, {}), is_cursor=is_cursor)
            yield f'<span style="width:{len(texts)}ch;{style}">{html.escape("".join(texts))}</span>'

    def _style(self, look: Mapping[str, Any], *, is_cursor: bool) -> str:
        front, back = look.get("foreground", self._front), look.get("background", self._back)
        if bool(look.get("reverse")) != is_cursor:
            front, back = back, front
        found = [f"color:{_colour(front)}", f"background:{_colour(back)}"]
        found += ["font-weight:bold"] * bool(look.get("bold")) + ["font-style:italic"] * bool(
            look.get("italic")
        )
        for name, line in (("underline", "solid"), ("undercurl", "wavy"), ("underdotted", "dotted")):
            if look.get(name):
                found.append(f"text-decoration:underline {line} {_colour(look.get('special', front))}")
        return ";".join(found)


def _colour(number: int) -> str:
    return f"#{number:06x}"
