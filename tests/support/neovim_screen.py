"""What a Neovim draws, frame by frame, from the events that it sends to its screens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Screen:
    """The grid as it stands, and every frame that it ever was."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        """The rows of each frame, one after the other without a break, as a long line wraps."""
        self._cells: list[list[str]] = []

    def redraw(self, events: Sequence[Sequence[Any]]) -> None:
        """Take the events of one message."""
        for name, *many in events:
            for one in many:
                self._take(name, one)

    def now(self) -> str:
        """Return the newest frame."""
        return self.frames[-1] if self.frames else ""

    def _take(self, name: str, of: Sequence[Any]) -> None:
        if name == "grid_resize":
            self._cells = [[" "] * of[1] for _ in range(of[2])]
        elif name == "grid_clear":
            self._cells = [[" "] * len(row) for row in self._cells]
        elif name == "grid_line":
            self._line(of[1], of[2], of[3])
        elif name == "grid_scroll":
            self._scroll(*of[1:6])
        elif name == "flush":
            self.frames.append("".join("".join(row) for row in self._cells))

    def _line(self, row: int, column: int, cells: Sequence[Sequence[Any]]) -> None:
        for text, *more in cells:
            count = more[1] if len(more) > 1 else 1
            self._cells[row][column : column + count] = [text] * count
            column += count

    def _scroll(self, top: int, bottom: int, left: int, right: int, by: int) -> None:
        before = [list(row) for row in self._cells]
        for row in range(max(top, top - by), min(bottom, bottom - by)):
            self._cells[row][left:right] = before[row + by][left:right]
